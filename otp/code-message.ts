import { currencyExponent } from '../schemas/currencies.ts'
import type { SealedContent } from './code-keys.ts'

const MINUTE_MS = 60_000

/** What the payer is told: the payment beside the code, so that a code is not given away for another one. */
export function codeMessage(
  { code, receiverAccountId, amountMinor, currency }: SealedContent,
  endsInMs: number,
): string {
  const minutes = Math.max(1, Math.floor(endsInMs / MINUTE_MS))
  return (
    `${code} is your code to pay ${amountText(amountMinor, currency)} to ${receiverAccountId}. ` +
    `It is good for ${minutes} min and once. If this is not your payment, tell your bank; never tell anybody the code.`
  )
}

function amountText(amountMinor: number, currency: string): string {
  const places = currencyExponent(currency) ?? 0
  const digits = String(amountMinor).padStart(places + 1, '0')
  const major = digits.slice(0, digits.length - places)
  return `${places === 0 ? major : `${major}.${digits.slice(-places)}`} ${currency}`
}
