import { MaskedFieldOrdinal } from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import type { PaymentTools } from '../stores/payment-tools.ts'

const NUMBERS_BYTES = 20
const MERCHANT_BIT = 1 << 8

/**
 * The 32-bit keyed fingerprint of what makes two payments of one id the same payment (SPEC D2): sender, receiver, amount, currency,
 * kind, merchant after redaction, the card's last four digits. Not event time, ip, device, schema or key id.
 */
export function contentFingerprint(payment: PaymentSubmittedReader, draft: PaymentDraft, tools: PaymentTools): number {
  const { hash, arenaView, scratchAt } = tools
  arenaView.setFloat64(scratchAt, draft.amountMinor)
  arenaView.setInt32(scratchAt + 8, draft.currency)
  // An empty merchant is another content than none.
  arenaView.setInt32(scratchAt + 12, payment.hasMerchantId ? payment.kind | MERCHANT_BIT : payment.kind)
  arenaView.setInt32(scratchAt + 16, draft.cardLastFour)
  hash.begin()
  hash.range(scratchAt, NUMBERS_BYTES)
  hash.range(payment.senderAccountIdAt, payment.senderAccountIdLength)
  hash.range(payment.receiverAccountIdAt, payment.receiverAccountIdLength)
  if (draft.isMasked(MaskedFieldOrdinal.merchant_id)) {
    const { merchantIdRedacted } = draft
    tools.arena.set(merchantIdRedacted, scratchAt + NUMBERS_BYTES)
    hash.range(scratchAt + NUMBERS_BYTES, merchantIdRedacted.length)
  } else {
    hash.range(payment.merchantIdAt, payment.merchantIdLength)
  }
  return hash.finish()
}
