import { CURRENCIES } from '../../schemas/currencies.ts'
import type { PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { REGIONS } from '../../schemas/regions.ts'
import { type HmacTokens, TOKEN_DIGITS } from '../../streams/hash/index.ts'
import { brokenMaskedField } from './broken-masked-field.ts'
import { CardNumberScan } from './card-number-scan.ts'
import { maskedBytesMax, putMaskedEmail, putMaskedExpiry, putMaskedIp, putMaskedName } from './masked-form.ts'
import { Pan } from './pan.ts'
import { TextBytes, textOf } from './text-bytes.ts'

/** By the names of the chain's dead letters. */
type MaskErrorReason = 'BAD_PAN' | 'BAD_MASK' | 'PAN_IN_ID' | 'BAD_CURRENCY' | 'BAD_REGION'

/** Why a payment cannot be masked, and so must not be sent. Names the field and the rule, never the value. */
export class MaskError extends Error {
  readonly reason: MaskErrorReason
  readonly field: string

  constructor(reason: MaskErrorReason, field: string, rule: string) {
    super(`${field} ${rule}; the payment was not sent`)
    this.name = 'MaskError'
    this.reason = reason
    this.field = field
  }
}

/** The keyed hash of a message as 64 lowercase hexadecimal digits: HMAC-SHA-256 under the key in force. */
export type HmacHex = (message: Uint8Array) => string

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const scan = new CardNumberScan()
const pan = new Pan()
const raw = new TextBytes()
let form = new Uint8Array(1024)

// Strings are found in a set without their bytes.
const UPPER_CURRENCIES = new Set(CURRENCIES.codes)
const REGION_CODES = new Set(REGIONS.codes)

const RAW_GONE = { pan: null, expiry: null, cvv: null, cardholderName: null, email: null, ip: null } as const

/**
 * Masks a payment at the edge, before its first byte is stored (SPEC M1): a new object without any raw value. One that
 * is masked already keeps its forms and tokens; free text is redacted either way. What the chain would refuse can hold anything, and would
 * stand in the input in clear until it is refused: so a form, a token or a code that is none is not sent.
 * @throws MaskError when `pan` is no card number, an id holds one, raw and masked fields are mixed, a masked field has not the shape of
 * SPEC M2, or a currency or region is no code.
 */
export function maskPayment(payment: PaymentSubmitted, hmacHex: HmacHex, keyId: string): PaymentSubmitted {
  refuseCardNumberInIds(payment)
  refuseOtherThanCodes(payment)
  refuseBrokenMask(payment)
  const texts = redactedTexts(payment)
  if (payment.maskKeyId !== null) {
    if (holdsRaw(payment)) throw new MaskError('BAD_MASK', 'mask_key_id', 'stands beside raw fields')
    return { ...payment, ...texts }
  }
  if (!holdsRaw(payment)) return { ...payment, ...texts }
  const token = (message: Uint8Array) => `v1:${keyId}:${hmacHex(message)}`
  return { ...payment, ...texts, ...RAW_GONE, ...maskedFields(payment, token), maskKeyId: keyId }
}

/** Payments whose tokens are computed together: 4 tickets each, well under a kernel's bound. */
const CHUNK = 1024

/**
 * Masks many payments with the key that `tokens` has in use, `keyId`; takes its tickets and gives them back.
 * @throws MaskError as `maskPayment` does; then none is masked.
 */
export function maskPayments(
  payments: readonly PaymentSubmitted[],
  tokens: HmacTokens,
  keyId: string,
): PaymentSubmitted[] {
  const masked: PaymentSubmitted[] = []
  for (let from = 0; from < payments.length; from += CHUNK) {
    const chunk = payments.slice(from, from + CHUNK)
    try {
      const tickets: number[] = []
      for (const payment of chunk) requestAll(payment, tokens, tickets)
      tokens.flush()
      const digits = hexOf(tickets, tokens)
      let end = 0
      const redeem = () => {
        end += TOKEN_DIGITS
        return digits.slice(end - TOKEN_DIGITS, end)
      }
      for (const payment of chunk) masked.push(maskPayment(payment, redeem, keyId))
    } finally {
      tokens.reset()
    }
  }
  return masked
}

/** Asks for what `maskedFields` hashes, in its order. */
function requestAll(payment: PaymentSubmitted, tokens: HmacTokens, tickets: number[]): void {
  if (payment.maskKeyId !== null) return
  if (payment.pan !== null) tickets.push(tokens.requestBytes(panDigits(payment.pan)))
  if (payment.cardholderName !== null) tickets.push(tokens.requestBytes(raw.of(payment.cardholderName)))
  if (payment.email !== null) tickets.push(tokens.requestBytes(raw.of(payment.email)))
  if (payment.ip !== null) tickets.push(tokens.requestBytes(raw.of(payment.ip)))
}

/** The digits of all tickets as one string: to decode it once is far cheaper than token by token. */
function hexOf(tickets: readonly number[], tokens: HmacTokens): string {
  const digits = new DataView(new ArrayBuffer(tickets.length * TOKEN_DIGITS))
  for (const [i, ticket] of tickets.entries()) tokens.writeHex(ticket, digits, i * TOKEN_DIGITS)
  return decoder.decode(digits)
}

function maskedFields(payment: PaymentSubmitted, token: HmacHex): Partial<PaymentSubmitted> {
  const { pan, expiry, cvv, cardholderName, email, ip } = payment
  return {
    cardMasked: pan === null ? null : `XXXX-XXXX-XXXX-${lastFourOf(pan)}`,
    cardToken: pan === null ? null : token(panDigits(pan)),
    expiryMasked: expiry === null ? null : formOf(expiry, putMaskedExpiry),
    cvvMasked: cvv === null ? null : 'XXX',
    cardholderNameMasked: cardholderName === null ? null : formOf(cardholderName, putMaskedName),
    cardholderNameToken: cardholderName === null ? null : token(raw.of(cardholderName)),
    emailMasked: email === null ? null : formOf(email, putMaskedEmail),
    emailToken: email === null ? null : token(raw.of(email)),
    ipMasked: ip === null ? null : formOf(ip, putMaskedIp),
    ipToken: ip === null ? null : token(raw.of(ip)),
  }
}

/** Writes a masked form and reads it back as text. */
function formOf(text: string, put: typeof putMaskedEmail): string {
  const bytes = raw.of(text)
  if (form.length < maskedBytesMax(bytes.length)) form = new Uint8Array(maskedBytesMax(bytes.length))
  return textOf(form, put(form, 0, bytes, 0, bytes.length, scan))
}

function panDigits(text: string): Uint8Array {
  const bytes = raw.of(text)
  if (!pan.read(bytes, 0, bytes.length)) throw new MaskError('BAD_PAN', 'pan', 'is not a card number')
  return pan.isBare ? bytes : pan.ascii()
}

function lastFourOf(text: string): string {
  panDigits(text)
  return String(pan.lastFour()).padStart(4, '0')
}

function holdsRaw(payment: PaymentSubmitted): boolean {
  const { pan, expiry, cvv, cardholderName, email, ip } = payment
  return [pan, expiry, cvv, cardholderName, email, ip].some((value) => value !== null)
}

function redactedTexts(payment: PaymentSubmitted): Partial<PaymentSubmitted> {
  return {
    merchantId: redacted(payment.merchantId),
    merchantCategory: redacted(payment.merchantCategory),
    terminalId: redacted(payment.terminalId),
    deviceId: redacted(payment.deviceId),
    memo: redacted(payment.memo),
  }
}

function redacted(text: string | null): string | null {
  return text === null ? null : cardFreeText(text)
}

/** A text as it may be kept: of a card number in it, the last four digits are left (SPEC M4). */
export function cardFreeText(text: string): string {
  const bytes = raw.of(text)
  const redaction = scan.redact(bytes, 0, bytes.length)
  return redaction === null ? text : decoder.decode(redaction)
}

function refuseBrokenMask(payment: PaymentSubmitted): void {
  const broken = brokenMaskedField(payment, holdsCardNumber)
  if (broken !== null) throw new MaskError('BAD_MASK', broken.field, broken.rule)
}

/** A field of a closed set of codes is not scanned, as it can hold nothing else. */
function refuseOtherThanCodes({ currency, region }: PaymentSubmitted): void {
  if (!UPPER_CURRENCIES.has(currency) && !isCurrency(raw.of(currency))) {
    throw new MaskError('BAD_CURRENCY', 'currency', 'is not an active one of ISO 4217')
  }
  if (region !== null && !REGION_CODES.has(region)) {
    throw new MaskError('BAD_REGION', 'region', 'is not a code of ISO 3166-1 alpha-2')
  }
}

/** As the chain takes it: also in lower case. */
function isCurrency(bytes: Uint8Array): boolean {
  return CURRENCIES.findAnyCase(bytes, 0, bytes.length) >= 0
}

function refuseCardNumberInIds(payment: PaymentSubmitted): void {
  refuseCardNumber('transaction_id', payment.transactionId)
  refuseCardNumber('idempotency_key', payment.idempotencyKey)
  refuseCardNumber('sender_account_id', payment.senderAccountId)
  refuseCardNumber('receiver_account_id', payment.receiverAccountId)
}

/** Whether the mask finds a card number there, which in an id ends the payment: for who writes an id down before the mask has seen it. */
export function holdsCardNumber(text: string): boolean {
  const bytes = raw.of(text)
  return scan.holds(bytes, 0, bytes.length)
}

function refuseCardNumber(field: string, id: string | null): void {
  if (id === null || !holdsCardNumber(id)) return
  throw new MaskError('PAN_IN_ID', field, 'holds a card number')
}
