import { expect } from 'vitest'
import type { MaskContext } from '../../processors/mask/mask-context.ts'
import { MaskedFields } from '../../processors/mask/masked-fields.ts'
import type { PaymentDraft } from '../../processors/payment-draft.ts'
import { SLACK_BYTES } from '../../schemas/avro/bytes.ts'
import { OK } from '../../schemas/avro/scan.ts'
import { type PaymentSubmitted, PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'

const out = new Uint8Array(32_768 + SLACK_BYTES)
const view = new DataView(out.buffer)
/** `pan` to `ip`, none of which a decision has. */
const RAW_NULLS = 6

/** What `MaskedFields` writes of a payment, read as the payment that its own producer would have masked. */
export function maskedPayment(
  payment: PaymentSubmittedReader,
  draft: PaymentDraft,
  context: MaskContext,
): PaymentSubmitted {
  const fields = new MaskedFields(payment, draft, context)
  const rawAt = fields.putTransactionIdThroughDeviceId(out, view, 0)
  out.fill(0, rawAt, rawAt + RAW_NULLS)
  const end = fields.putMaskKeyIdThroughMemo(out, view, rawAt + RAW_NULLS)
  const masked = new PaymentSubmittedReader()
  expect(masked.wrap(out, view, 0, end)).toBe(OK)
  return masked.toObject()
}
