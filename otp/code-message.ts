import { majorUnits } from '../schemas/decimal.ts'
import type { SealedContent } from './code-keys.ts'

const MINUTE_MS = 60_000

/** What the payer is told: the payment beside the code, so that a code is not given away for another one. */
export function codeMessage(
  { code, receiverAccountId, amountMinor, currency }: SealedContent,
  endsInMs: number,
): string {
  const minutes = Math.max(1, Math.floor(endsInMs / MINUTE_MS))
  return (
    `${code} is your code to pay ${majorUnits(amountMinor, currency)} ${currency} to ${receiverAccountId}. ` +
    `It is good for ${minutes} min and once. If this is not your payment, tell your bank; never tell anybody the code.`
  )
}
