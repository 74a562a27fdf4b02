import { MaskedFieldOrdinal as Field, DeadLetterReasonOrdinal as Reason } from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { TOKEN_DIGITS } from '../../streams/hash/index.ts'
import { areAll, LOWER_HEX_BYTE } from '../admit/byte-classes.ts'
import { AT_PRODUCER_BIT, type PaymentDraft } from '../payment-draft.ts'
import type { CardNumberScan } from './card-number-scan.ts'
import { type KeyRing, startsWith } from './key-ring.ts'
import { isDigit, isMonth } from './masked-form.ts'

const SIX_NULLS = 6
const SHOWN_DIGITS = 4
const CARD_PREFIX = ascii('XXXX-XXXX-XXXX-')
const UNKNOWN_EXPIRY = ascii('XX/XX')
const EXPIRY_SUFFIX = ascii('/XX')
const CVV = ascii('XXX')
const IPV4_SUFFIX = ascii('.x.x')
const IPV6_SUFFIX = ascii('::x')
const ANY_IP = ascii('X')
const STARS = ascii('***')
const STARS_AT = ascii('***@')

/**
 * Holds a payment that its producer masked against the shapes of SPEC M2, and notes key, last four digits and what was
 * masked; or refuses it as `BAD_MASK`.
 */
export function verifyMasked(
  payment: PaymentSubmittedReader,
  draft: PaymentDraft,
  keys: KeyRing,
  scan: CardNumberScan,
): void {
  const key = keys.find(payment.buffer, payment.maskKeyIdAt, payment.maskKeyIdEnd)
  const broken = brokenRule(payment, key < 0 ? null : keys.tokenPrefix(key), scan)
  if (broken !== null) {
    draft.refuse(Reason.BAD_MASK, broken)
    return
  }
  draft.maskKey = key
  noteMaskings(payment, draft)
}

/** The rule that the payment breaks, or null. `prefix` is what its tokens begin with, null when its key is not known. */
function brokenRule(payment: PaymentSubmittedReader, prefix: Uint8Array | null, scan: CardNumberScan): string | null {
  if (payment.maskKeyIdField - payment.panField > SIX_NULLS) return 'a raw field beside mask_key_id'
  if (prefix === null) return 'mask_key_id is not in the key ring'
  if (!isCardWhole(payment, prefix)) return 'card_masked or card_token has the wrong shape'
  if (!isNameWhole(payment, prefix, scan)) return 'cardholder_name_masked or its token has the wrong shape'
  if (!isEmailWhole(payment, prefix, scan)) return 'email_masked or email_token has the wrong shape'
  if (!isIpWhole(payment, prefix, scan)) return 'ip_masked or ip_token has the wrong shape'
  if (!isExpiryWhole(payment)) return 'expiry_masked has the wrong shape'
  return isCvvWhole(payment) ? null : 'cvv_masked is not XXX'
}

function noteMaskings(payment: PaymentSubmittedReader, draft: PaymentDraft): void {
  let maskings = AT_PRODUCER_BIT
  if (payment.hasCardMasked) {
    maskings |= 1 << Field.pan
    draft.cardLastFour = fourDigits(payment.buffer, payment.cardMaskedEnd - SHOWN_DIGITS)
  }
  if (payment.hasExpiryMasked) maskings |= 1 << Field.expiry
  if (payment.hasCvvMasked) maskings |= 1 << Field.cvv
  if (payment.hasCardholderNameMasked) maskings |= 1 << Field.cardholder_name
  if (payment.hasEmailMasked) maskings |= 1 << Field.email
  if (payment.hasIpMasked) maskings |= 1 << Field.ip
  draft.maskings = maskings
}

function isCardWhole(payment: PaymentSubmittedReader, prefix: Uint8Array): boolean {
  if (!payment.hasCardMasked) return !payment.hasCardToken
  const { buffer } = payment
  const at = payment.cardMaskedAt
  const end = payment.cardMaskedEnd
  if (end - at !== CARD_PREFIX.length + SHOWN_DIGITS || !startsWith(buffer, at, CARD_PREFIX)) return false
  for (let i = end - SHOWN_DIGITS; i < end; i++) if (!isDigit(buffer[i]!)) return false
  return isToken(buffer, payment.cardTokenAt, payment.cardTokenEnd, prefix)
}

function isNameWhole(payment: PaymentSubmittedReader, prefix: Uint8Array, scan: CardNumberScan): boolean {
  if (!payment.hasCardholderNameMasked) return !payment.hasCardholderNameToken
  const { buffer } = payment
  const at = payment.cardholderNameMaskedAt
  const end = payment.cardholderNameMaskedEnd
  if (!holdsText(buffer, at, end, STARS) || scan.holds(buffer, at, end)) return false
  return isToken(buffer, payment.cardholderNameTokenAt, payment.cardholderNameTokenEnd, prefix)
}

function isEmailWhole(payment: PaymentSubmittedReader, prefix: Uint8Array, scan: CardNumberScan): boolean {
  if (!payment.hasEmailMasked) return !payment.hasEmailToken
  const { buffer } = payment
  const at = payment.emailMaskedAt
  const end = payment.emailMaskedEnd
  if (!holdsText(buffer, at, end, STARS_AT) || scan.holds(buffer, at, end)) return false
  return isToken(buffer, payment.emailTokenAt, payment.emailTokenEnd, prefix)
}

function isIpWhole(payment: PaymentSubmittedReader, prefix: Uint8Array, scan: CardNumberScan): boolean {
  if (!payment.hasIpMasked) return !payment.hasIpToken
  const { buffer } = payment
  const at = payment.ipMaskedAt
  const end = payment.ipMaskedEnd
  const known = endsWith(buffer, at, end, IPV4_SUFFIX) || endsWith(buffer, at, end, IPV6_SUFFIX)
  if (!known && !isText(buffer, at, end, ANY_IP)) return false
  return !scan.holds(buffer, at, end) && isToken(buffer, payment.ipTokenAt, payment.ipTokenEnd, prefix)
}

function isExpiryWhole(payment: PaymentSubmittedReader): boolean {
  if (!payment.hasExpiryMasked) return true
  const { buffer } = payment
  const at = payment.expiryMaskedAt
  const end = payment.expiryMaskedEnd
  if (isText(buffer, at, end, UNKNOWN_EXPIRY)) return true
  return end - at === UNKNOWN_EXPIRY.length && isMonth(buffer, at) && endsWith(buffer, at, end, EXPIRY_SUFFIX)
}

/** `v1:<key id>:` and 64 lower-case hexadecimal digits. */
function isToken(bytes: Uint8Array, at: number, end: number, prefix: Uint8Array): boolean {
  if (end - at !== prefix.length + TOKEN_DIGITS || !startsWith(bytes, at, prefix)) return false
  return areAll(bytes, at + prefix.length, end, LOWER_HEX_BYTE)
}

function isText(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  return end - at === text.length && startsWith(bytes, at, text)
}

function endsWith(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  return end - at >= text.length && startsWith(bytes, end - text.length, text)
}

function holdsText(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  for (let i = at; i + text.length <= end; i++) if (startsWith(bytes, i, text)) return true
  return false
}

function fourDigits(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let i = at; i < at + SHOWN_DIGITS; i++) value = value * 10 + bytes[i]! - 0x30
  return value
}

function isCvvWhole(payment: PaymentSubmittedReader): boolean {
  return !payment.hasCvvMasked || isText(payment.buffer, payment.cvvMaskedAt, payment.cvvMaskedEnd, CVV)
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
