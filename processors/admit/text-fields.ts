import { afterLong } from '../../schemas/avro/bytes.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { isAscii, isUtf8 } from './byte-classes.ts'

/** The longest optional string but the memo, and the longest memo, in bytes. */
const TEXT_BYTES_MAX = 256
const MEMO_BYTES_MAX = 4_096
/** An optional string's branch and length take at most this much when they are in their shortest form. */
const HEAD_BYTES = 3
const FIELD_BYTES_MAX = TEXT_BYTES_MAX + HEAD_BYTES

type Place = (payment: PaymentSubmittedReader) => number

/** The optional strings in the schema's order: name, where the field starts, where it ends. */
const TEXT_FIELDS: readonly (readonly [name: string, start: Place, end: Place])[] = [
  ['merchant_id', (payment) => payment.merchantIdField, (payment) => payment.merchantCategoryField],
  ['merchant_category', (payment) => payment.merchantCategoryField, (payment) => payment.terminalIdField],
  ['terminal_id', (payment) => payment.terminalIdField, (payment) => payment.regionField],
  ['region', (payment) => payment.regionField, (payment) => payment.latitudeField],
  ['device_id', (payment) => payment.deviceIdField, (payment) => payment.panField],
  ['pan', (payment) => payment.panField, (payment) => payment.expiryField],
  ['expiry', (payment) => payment.expiryField, (payment) => payment.cvvField],
  ['cvv', (payment) => payment.cvvField, (payment) => payment.cardholderNameField],
  ['cardholder_name', (payment) => payment.cardholderNameField, (payment) => payment.emailField],
  ['email', (payment) => payment.emailField, (payment) => payment.ipField],
  ['ip', (payment) => payment.ipField, (payment) => payment.maskKeyIdField],
  ['mask_key_id', (payment) => payment.maskKeyIdField, (payment) => payment.cardMaskedField],
  ['card_masked', (payment) => payment.cardMaskedField, (payment) => payment.cardTokenField],
  ['card_token', (payment) => payment.cardTokenField, (payment) => payment.expiryMaskedField],
  ['expiry_masked', (payment) => payment.expiryMaskedField, (payment) => payment.cvvMaskedField],
  ['cvv_masked', (payment) => payment.cvvMaskedField, (payment) => payment.cardholderNameMaskedField],
  [
    'cardholder_name_masked',
    (payment) => payment.cardholderNameMaskedField,
    (payment) => payment.cardholderNameTokenField,
  ],
  ['cardholder_name_token', (payment) => payment.cardholderNameTokenField, (payment) => payment.emailMaskedField],
  ['email_masked', (payment) => payment.emailMaskedField, (payment) => payment.emailTokenField],
  ['email_token', (payment) => payment.emailTokenField, (payment) => payment.ipMaskedField],
  ['ip_masked', (payment) => payment.ipMaskedField, (payment) => payment.ipTokenField],
  ['ip_token', (payment) => payment.ipTokenField, (payment) => payment.memoField],
  ['memo', (payment) => payment.memoField, (payment) => payment.end],
]

/** The first optional string that is too long, or null. */
export function findTooLong(payment: PaymentSubmittedReader): string | null {
  // Whole stretches of fields are shorter than one may be: nearly always enough to know.
  if (
    payment.latitudeField - payment.merchantIdField <= FIELD_BYTES_MAX &&
    payment.maskKeyIdField - payment.deviceIdField <= FIELD_BYTES_MAX &&
    payment.expiryMaskedField - payment.maskKeyIdField <= FIELD_BYTES_MAX &&
    payment.emailMaskedField - payment.expiryMaskedField <= FIELD_BYTES_MAX &&
    payment.memoField - payment.emailMaskedField <= FIELD_BYTES_MAX &&
    payment.end - payment.memoField <= MEMO_BYTES_MAX
  ) {
    return null
  }
  for (const [name, start, end] of TEXT_FIELDS) {
    if (textLength(payment, start(payment), end(payment)) > (name === 'memo' ? MEMO_BYTES_MAX : TEXT_BYTES_MAX))
      return name
  }
  return null
}

/** The first optional string that is not UTF-8, or null. */
export function findBadText(payment: PaymentSubmittedReader): string | null {
  if (isAllAscii(payment)) return null
  for (const [name, start, end] of TEXT_FIELDS) {
    if (!isUtf8(payment.buffer, textAt(payment, start(payment), end(payment)), end(payment))) return name
  }
  return null
}

/**
 * Whether all optional strings are ASCII. A string's head is ASCII too while the string is short, so short fields are
 * looked at as one stretch, heads and all, and those that are long by nature one by one.
 */
function isAllAscii(payment: PaymentSubmittedReader): boolean {
  const { view } = payment
  return (
    isAscii(view, payment.merchantIdField, payment.latitudeField) &&
    isAscii(view, payment.deviceIdField, payment.cardTokenField) &&
    isAscii(view, payment.cardTokenAt, payment.cardTokenEnd) &&
    isAscii(view, payment.expiryMaskedField, payment.cardholderNameTokenField) &&
    isAscii(view, payment.cardholderNameTokenAt, payment.cardholderNameTokenEnd) &&
    isAscii(view, payment.emailMaskedField, payment.emailTokenField) &&
    isAscii(view, payment.emailTokenAt, payment.emailTokenEnd) &&
    isAscii(view, payment.ipMaskedField, payment.ipTokenField) &&
    isAscii(view, payment.ipTokenAt, payment.ipTokenEnd) &&
    isAscii(view, payment.memoAt, payment.memoEnd)
  )
}

/** Where the text of the optional field in `[start, end)` begins: at its end when it is null. */
function textAt(payment: PaymentSubmittedReader, start: number, end: number): number {
  return payment.buffer[start] === 0 ? end : afterLong(payment.buffer, start + 1)
}

function textLength(payment: PaymentSubmittedReader, start: number, end: number): number {
  return end - textAt(payment, start, end)
}
