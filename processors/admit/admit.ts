import { CURRENCIES } from '../../schemas/currencies.ts'
import { PaymentKindOrdinal, DeadLetterReasonOrdinal as Reason } from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { REGIONS } from '../../schemas/regions.ts'
import { partitionOf } from '../../streams/record/partitioner.ts'
import type { MaskContext, MaskStores } from '../mask/mask-context.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import { ACCOUNT_BYTE, areAll, areEqual, ID_BYTE, VISIBLE_BYTE } from './byte-classes.ts'
import { findBadText, findTooLong } from './text-fields.ts'

const ID_BYTES_MAX = 64
const IDEMPOTENCY_KEY_BYTES_MAX = 255
/** 2000-01-01: an earlier time is a time in another unit. */
const EVENT_TIME_MS_MIN = 946_684_800_000
/** SPEC V5: how far a payer's clock may be ahead of the log's. */
const AHEAD_MS_MAX = 60_000

/**
 * Refuses a payment that breaks a rule of its record (SPEC R1, R3, V5); the first broken rule names the reason.
 *
 * In:    a payment whose bytes read as its schema says; where its key stands and when the log took it.
 * Out:   a dead letter in the draft, or nothing. Personal data and card numbers are the mask's business.
 * Store: none.
 */
export function admit(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: MaskStores): void {
  if (!admitIds(payment, draft)) return
  if (!admitParties(payment, draft)) return
  if (!admitKey(payment, draft, stores.masking)) return
  if (!admitMoney(payment, draft)) return
  if (!admitTime(payment, draft)) return
  if (!admitPlace(payment, draft)) return
  admitTexts(payment, draft)
}

function admitIds(payment: PaymentSubmittedReader, draft: PaymentDraft): boolean {
  const { buffer } = payment
  if (!isName(buffer, payment.transactionIdAt, payment.transactionIdEnd, ID_BYTE)) {
    return refuse(draft, Reason.BAD_ID, 'transaction_id is not 1 to 64 of [A-Za-z0-9._-]')
  }
  if (!payment.hasIdempotencyKey) return true
  const at = payment.idempotencyKeyAt
  const end = payment.idempotencyKeyEnd
  if (end > at && end - at <= IDEMPOTENCY_KEY_BYTES_MAX && areAll(buffer, at, end, VISIBLE_BYTE)) return true
  return refuse(draft, Reason.BAD_ID, 'idempotency_key is not 1 to 255 of visible ASCII')
}

function admitParties(payment: PaymentSubmittedReader, draft: PaymentDraft): boolean {
  const { buffer } = payment
  const senderAt = payment.senderAccountIdAt
  const senderEnd = payment.senderAccountIdEnd
  if (!isName(buffer, senderAt, senderEnd, ACCOUNT_BYTE)) {
    return refuse(draft, Reason.BAD_PARTIES, 'sender_account_id is not 1 to 64 of [A-Za-z0-9._:-]')
  }
  const receiverAt = payment.receiverAccountIdAt
  const receiverEnd = payment.receiverAccountIdEnd
  if (!isName(buffer, receiverAt, receiverEnd, ACCOUNT_BYTE)) {
    return refuse(draft, Reason.BAD_PARTIES, 'receiver_account_id is not 1 to 64 of [A-Za-z0-9._:-]')
  }
  const sameLength = senderEnd - senderAt === receiverEnd - receiverAt
  if (!sameLength || !areEqual(buffer, senderAt, senderEnd, buffer, receiverAt)) return true
  return refuse(draft, Reason.BAD_PARTIES, 'receiver_account_id is the sender')
}

function admitKey(payment: PaymentSubmittedReader, draft: PaymentDraft, context: MaskContext): boolean {
  const at = payment.senderAccountIdAt
  const end = payment.senderAccountIdEnd
  const sameLength = draft.keyLength === end - at
  if (!sameLength || !areEqual(payment.buffer, at, end, context.input, draft.keyAt)) {
    return refuse(draft, Reason.WRONG_PARTITION, 'record key is not sender_account_id')
  }
  if (partitionOf(payment.buffer, at, end, context.partitionCount) === draft.partition) return true
  return refuse(draft, Reason.WRONG_PARTITION, 'sender_account_id belongs to another partition')
}

function admitMoney(payment: PaymentSubmittedReader, draft: PaymentDraft): boolean {
  const amount = payment.amountMinor
  if (!(amount >= 0 && amount <= Number.MAX_SAFE_INTEGER)) {
    return refuse(draft, Reason.BAD_AMOUNT, 'amount_minor is not 0 to 2^53 - 1')
  }
  if (amount === 0 && payment.kind !== PaymentKindOrdinal.card) {
    return refuse(draft, Reason.BAD_AMOUNT, 'amount_minor is 0 and kind is not card')
  }
  if (CURRENCIES.findAnyCase(payment.buffer, payment.currencyAt, payment.currencyEnd) >= 0) return true
  return refuse(draft, Reason.BAD_CURRENCY, 'currency is not an active one of ISO 4217')
}

function admitTime(payment: PaymentSubmittedReader, draft: PaymentDraft): boolean {
  const t = payment.eventTime
  if (t < EVENT_TIME_MS_MIN) return refuse(draft, Reason.BAD_TIME, 'event_time is before 2000 in epoch ms')
  if (t <= draft.appendTimeMs + AHEAD_MS_MAX) return true
  return refuse(draft, Reason.FUTURE_EVENT, 'event_time is over 60 s ahead of the append time')
}

function admitPlace(payment: PaymentSubmittedReader, draft: PaymentDraft): boolean {
  if (payment.hasRegion && REGIONS.find(payment.buffer, payment.regionAt, payment.regionEnd) < 0) {
    return refuse(draft, Reason.BAD_REGION, 'region is not a code of ISO 3166-1 alpha-2')
  }
  if (!payment.hasLatitude && !payment.hasLongitude) return true
  // One that is missing reads as NaN; written so that NaN fails.
  const inRange = Math.abs(payment.latitude) <= 90 && Math.abs(payment.longitude) <= 180
  return (
    inRange ||
    refuse(draft, Reason.BAD_POSITION, 'latitude is not -90 to 90, longitude not -180 to 180, or one is missing')
  )
}

function admitTexts(payment: PaymentSubmittedReader, draft: PaymentDraft): void {
  const tooLong = findTooLong(payment)
  const badText = tooLong === null ? findBadText(payment) : null
  if (tooLong !== null) draft.refuse(Reason.TOO_LARGE, `${tooLong} is too long`)
  else if (badText !== null) draft.refuse(Reason.BAD_TEXT, `${badText} is not UTF-8`)
}

/** 1 to 64 bytes of the class. */
function isName(bytes: Uint8Array, at: number, end: number, byteClass: number): boolean {
  return end > at && end - at <= ID_BYTES_MAX && areAll(bytes, at, end, byteClass)
}

function refuse(draft: PaymentDraft, reason: number, detail: string): false {
  draft.refuse(reason, detail)
  return false
}
