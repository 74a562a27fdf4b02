import { MaskedFieldOrdinal as Field, DeadLetterReasonOrdinal as Reason } from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { PENDING } from '../../streams/disposition.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import { CardNumberScan } from './card-number-scan.ts'
import type { MaskContext, MaskStores } from './mask-context.ts'
import { Pan } from './pan.ts'
import { verifyMasked } from './verify-masked.ts'

/** Bytes of six optional fields, or ten, that are all null. */
const SIX_NULLS = 6
const TEN_NULLS = 10

// Scratch space, not state: nothing of a payment is looked at after the call.
const scan = new CardNumberScan()
const pan = new Pan()

/**
 * Verifies a masked payment, or asks for the tokens of a raw one, and redacts card numbers in free text (SPEC M1 to M4).
 *
 * In:    an admitted payment.
 * Out:   tickets, key, last four digits, redacted texts and what was masked; or a dead letter. The raw values stay in
 *        the input and are read again only to write their masked forms.
 * Store: reads which key is in force.
 */
export function mask(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: MaskStores): void {
  const { masking } = stores
  draft.resetMask()
  if (payment.hasMaskKeyId) verifyMasked(payment, draft, masking.keys, scan)
  else verifyRaw(payment, draft)
  if (draft.disposition !== PENDING) return
  if (holdsCardNumberInId(payment, draft)) return
  redactTexts(payment, draft)
  if (draft.maskKey < 0 && holdsRaw(payment)) requestTokens(payment, draft, masking)
}

function holdsRaw(payment: PaymentSubmittedReader): boolean {
  return payment.maskKeyIdField - payment.panField > SIX_NULLS
}

function verifyRaw(payment: PaymentSubmittedReader, draft: PaymentDraft): void {
  if (payment.memoField - payment.cardMaskedField > TEN_NULLS) {
    draft.refuse(Reason.BAD_MASK, 'a masked form or token without mask_key_id')
  } else if (payment.hasPan) {
    if (pan.read(payment.buffer, payment.panAt, payment.panEnd)) draft.cardLastFour = pan.lastFour()
    else draft.refuse(Reason.BAD_PAN, 'pan is not a card number')
  }
}

/** Ids are never rewritten, so one that holds a card number ends the payment. */
function holdsCardNumberInId(payment: PaymentSubmittedReader, draft: PaymentDraft): boolean {
  const { buffer } = payment
  let detail = ''
  if (scan.holds(buffer, payment.transactionIdAt, payment.transactionIdEnd)) detail = 'transaction_id'
  else if (scan.holds(buffer, payment.idempotencyKeyAt, payment.idempotencyKeyEnd)) detail = 'idempotency_key'
  else if (scan.holds(buffer, payment.senderAccountIdAt, payment.senderAccountIdEnd)) detail = 'sender_account_id'
  else if (scan.holds(buffer, payment.receiverAccountIdAt, payment.receiverAccountIdEnd)) detail = 'receiver_account_id'
  else return false
  draft.refuse(Reason.PAN_IN_ID, `${detail} holds a card number`)
  return true
}

function redactTexts(payment: PaymentSubmittedReader, draft: PaymentDraft): void {
  const { buffer } = payment
  const merchantId = scan.redact(buffer, payment.merchantIdAt, payment.merchantIdEnd)
  if (merchantId !== null) {
    draft.merchantIdRedacted = merchantId
    draft.maskings |= 1 << Field.merchant_id
  }
  const merchantCategory = scan.redact(buffer, payment.merchantCategoryAt, payment.merchantCategoryEnd)
  if (merchantCategory !== null) {
    draft.merchantCategoryRedacted = merchantCategory
    draft.maskings |= 1 << Field.merchant_category
  }
  const terminalId = scan.redact(buffer, payment.terminalIdAt, payment.terminalIdEnd)
  if (terminalId !== null) {
    draft.terminalIdRedacted = terminalId
    draft.maskings |= 1 << Field.terminal_id
  }
  const deviceId = scan.redact(buffer, payment.deviceIdAt, payment.deviceIdEnd)
  if (deviceId !== null) {
    draft.deviceIdRedacted = deviceId
    draft.maskings |= 1 << Field.device_id
  }
  const memo = scan.redact(buffer, payment.memoAt, payment.memoEnd)
  if (memo !== null) {
    draft.memoRedacted = memo
    draft.maskings |= 1 << Field.memo
  }
}

function requestTokens(payment: PaymentSubmittedReader, draft: PaymentDraft, { tokens, activeKey }: MaskContext): void {
  const { buffer } = payment
  draft.maskKey = activeKey
  let maskings = 0
  if (payment.hasPan) {
    maskings |= 1 << Field.pan
    // Read by this very call, in verifyRaw.
    const { isBare, length } = pan
    const digits = isBare ? buffer : pan.ascii()
    draft.panTicket = tokens.request(activeKey, digits, isBare ? payment.panAt : 0, length)
  }
  if (payment.hasCardholderName) {
    maskings |= 1 << Field.cardholder_name
    draft.nameTicket = tokens.request(activeKey, buffer, payment.cardholderNameAt, payment.cardholderNameLength)
  }
  if (payment.hasEmail) {
    maskings |= 1 << Field.email
    draft.emailTicket = tokens.request(activeKey, buffer, payment.emailAt, payment.emailLength)
  }
  if (payment.hasIp) {
    maskings |= 1 << Field.ip
    draft.ipTicket = tokens.request(activeKey, buffer, payment.ipAt, payment.ipLength)
  }
  if (payment.hasExpiry) maskings |= 1 << Field.expiry
  if (payment.hasCvv) maskings |= 1 << Field.cvv
  draft.maskings |= maskings
}
