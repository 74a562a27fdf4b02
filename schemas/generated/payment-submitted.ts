// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import { BAD_TYPE, type DecodeCode, OK, scanLong, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'
import { CHANNEL_SYMBOLS, type Channel, PAYMENT_KIND_SYMBOLS, type PaymentKind } from './enums.ts'

/**
 * A payment as a producer hands it in (SPEC R1). Personal data is either raw (pan, expiry, cvv, cardholder_name,
 * email, ip) or masked (mask_key_id and the *_masked and *_token fields), never both.
 */
export interface PaymentSubmitted {
  /** 1 to 64 of [A-Za-z0-9._-]; the key of dedup. */
  readonly transactionId: string
  readonly idempotencyKey: string | null
  /** When the payer paid; epoch ms. */
  readonly eventTime: number
  /** The record key: all payments of a sender share a partition. */
  readonly senderAccountId: string
  readonly receiverAccountId: string
  /** Minor units of the currency (ISO 4217 exponent); 0 only for kind card. */
  readonly amountMinor: number
  /** ISO 4217 alphabetic code. */
  readonly currency: string
  readonly kind: PaymentKind
  readonly channel: Channel
  readonly merchantId: string | null
  /** Merchant category code, ISO 18245, four digits. */
  readonly merchantCategory: string | null
  readonly terminalId: string | null
  /** ISO 3166-1 alpha-2. */
  readonly region: string | null
  readonly latitude: number | null
  readonly longitude: number | null
  readonly deviceId: string | null
  /** Raw card number of a foreign producer; never leaves the mask stage. */
  readonly pan: string | null
  /** Raw MM/YY. */
  readonly expiry: string | null
  /** Raw; its value is never written anywhere. */
  readonly cvv: string | null
  readonly cardholderName: string | null
  readonly email: string | null
  readonly ip: string | null
  /** Set if and only if the producer masked the payment; names the key of its tokens. */
  readonly maskKeyId: string | null
  /** XXXX-XXXX-XXXX-1234 */
  readonly cardMasked: string | null
  /** v1:<key id>:<64 hex digits of HMAC-SHA-256> */
  readonly cardToken: string | null
  /** MM/XX */
  readonly expiryMasked: string | null
  /** XXX where the producer was given one. */
  readonly cvvMasked: string | null
  readonly cardholderNameMasked: string | null
  readonly cardholderNameToken: string | null
  readonly emailMasked: string | null
  readonly emailToken: string | null
  readonly ipMasked: string | null
  readonly ipToken: string | null
  /** Free text; scanned for card numbers. */
  readonly memo: string | null
}

/** The fields of PaymentSubmitted that have a default, each with it. */
export const paymentSubmittedDefaults = {
  idempotencyKey: null,
  merchantId: null,
  merchantCategory: null,
  terminalId: null,
  region: null,
  latitude: null,
  longitude: null,
  deviceId: null,
  pan: null,
  expiry: null,
  cvv: null,
  cardholderName: null,
  email: null,
  ip: null,
  maskKeyId: null,
  cardMasked: null,
  cardToken: null,
  expiryMasked: null,
  cvvMasked: null,
  cardholderNameMasked: null,
  cardholderNameToken: null,
  emailMasked: null,
  emailToken: null,
  ipMasked: null,
  ipToken: null,
  memo: null,
} satisfies Partial<PaymentSubmitted>

/**
 * Reads a PaymentSubmitted in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class PaymentSubmittedReader {
  buffer = NO_BYTES
  view = NO_VIEW
  transactionIdField = 0
  idempotencyKeyField = 0
  eventTimeField = 0
  senderAccountIdField = 0
  receiverAccountIdField = 0
  amountMinorField = 0
  currencyField = 0
  kindField = 0
  channelField = 0
  merchantIdField = 0
  merchantCategoryField = 0
  terminalIdField = 0
  regionField = 0
  latitudeField = 0
  longitudeField = 0
  deviceIdField = 0
  panField = 0
  expiryField = 0
  cvvField = 0
  cardholderNameField = 0
  emailField = 0
  ipField = 0
  maskKeyIdField = 0
  cardMaskedField = 0
  cardTokenField = 0
  expiryMaskedField = 0
  cvvMaskedField = 0
  cardholderNameMaskedField = 0
  cardholderNameTokenField = 0
  emailMaskedField = 0
  emailTokenField = 0
  ipMaskedField = 0
  ipTokenField = 0
  memoField = 0
  end = 0

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.transactionIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.idempotencyKeyField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.eventTimeField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.senderAccountIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.receiverAccountIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.amountMinorField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.currencyField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.kindField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 8) return BAD_TYPE
    at++
    this.channelField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 16) return BAD_TYPE
    at++
    this.merchantIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.merchantCategoryField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.terminalIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.regionField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.latitudeField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      at += 8
      if (at > stop) return TRUNCATED
    } else if (byte !== 0) return BAD_TYPE
    this.longitudeField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      at += 8
      if (at > stop) return TRUNCATED
    } else if (byte !== 0) return BAD_TYPE
    this.deviceIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.panField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.expiryField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.cvvField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.cardholderNameField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.emailField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.ipField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.maskKeyIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.cardMaskedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.cardTokenField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.expiryMaskedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.cvvMaskedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.cardholderNameMaskedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.cardholderNameTokenField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.emailMaskedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.emailTokenField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.ipMaskedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.ipTokenField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.memoField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.end = at
    if (at === stop) return OK
    return at < stop ? TRAILING : TRUNCATED
  }

  get transactionIdAt(): number {
    return afterLong(this.buffer, this.transactionIdField)
  }

  get transactionIdEnd(): number {
    return this.idempotencyKeyField
  }

  get transactionIdLength(): number {
    return this.idempotencyKeyField - this.transactionIdAt
  }

  get transactionId(): string {
    return readText(this.buffer, this.transactionIdAt, this.idempotencyKeyField)
  }

  /** Copies the encoding as it stands. */
  copyTransactionId(out: DataView, at: number): number {
    return copyBytes(this.view, this.transactionIdField, this.idempotencyKeyField, out, at)
  }

  get hasIdempotencyKey(): boolean {
    return this.buffer[this.idempotencyKeyField] !== 0
  }

  get idempotencyKeyAt(): number {
    if (!this.hasIdempotencyKey) return this.eventTimeField
    return afterLong(this.buffer, this.idempotencyKeyField + 1)
  }

  get idempotencyKeyEnd(): number {
    return this.eventTimeField
  }

  get idempotencyKeyLength(): number {
    return this.eventTimeField - this.idempotencyKeyAt
  }

  get idempotencyKey(): string | null {
    if (!this.hasIdempotencyKey) return null
    return readText(this.buffer, this.idempotencyKeyAt, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyIdempotencyKey(out: DataView, at: number): number {
    return copyBytes(this.view, this.idempotencyKeyField, this.eventTimeField, out, at)
  }

  get eventTime(): number {
    return readLong(this.buffer, this.eventTimeField)
  }

  get eventTimeExact(): bigint {
    return readLongExact(this.buffer, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyEventTime(out: DataView, at: number): number {
    return copyBytes(this.view, this.eventTimeField, this.senderAccountIdField, out, at)
  }

  get senderAccountIdAt(): number {
    return afterLong(this.buffer, this.senderAccountIdField)
  }

  get senderAccountIdEnd(): number {
    return this.receiverAccountIdField
  }

  get senderAccountIdLength(): number {
    return this.receiverAccountIdField - this.senderAccountIdAt
  }

  get senderAccountId(): string {
    return readText(this.buffer, this.senderAccountIdAt, this.receiverAccountIdField)
  }

  /** Copies the encoding as it stands. */
  copySenderAccountId(out: DataView, at: number): number {
    return copyBytes(this.view, this.senderAccountIdField, this.receiverAccountIdField, out, at)
  }

  get receiverAccountIdAt(): number {
    return afterLong(this.buffer, this.receiverAccountIdField)
  }

  get receiverAccountIdEnd(): number {
    return this.amountMinorField
  }

  get receiverAccountIdLength(): number {
    return this.amountMinorField - this.receiverAccountIdAt
  }

  get receiverAccountId(): string {
    return readText(this.buffer, this.receiverAccountIdAt, this.amountMinorField)
  }

  /** Copies the encoding as it stands. */
  copyReceiverAccountId(out: DataView, at: number): number {
    return copyBytes(this.view, this.receiverAccountIdField, this.amountMinorField, out, at)
  }

  get amountMinor(): number {
    return readLong(this.buffer, this.amountMinorField)
  }

  get amountMinorExact(): bigint {
    return readLongExact(this.buffer, this.amountMinorField)
  }

  /** Copies the encoding as it stands. */
  copyAmountMinor(out: DataView, at: number): number {
    return copyBytes(this.view, this.amountMinorField, this.currencyField, out, at)
  }

  get currencyAt(): number {
    return afterLong(this.buffer, this.currencyField)
  }

  get currencyEnd(): number {
    return this.kindField
  }

  get currencyLength(): number {
    return this.kindField - this.currencyAt
  }

  get currency(): string {
    return readText(this.buffer, this.currencyAt, this.kindField)
  }

  /** Copies the encoding as it stands. */
  copyCurrency(out: DataView, at: number): number {
    return copyBytes(this.view, this.currencyField, this.kindField, out, at)
  }

  get kind(): number {
    return this.buffer[this.kindField]! >>> 1
  }

  get kindSymbol(): PaymentKind {
    return PAYMENT_KIND_SYMBOLS[this.kind]!
  }

  /** Copies the encoding as it stands. */
  copyKind(out: DataView, at: number): number {
    return copyBytes(this.view, this.kindField, this.channelField, out, at)
  }

  get channel(): number {
    return this.buffer[this.channelField]! >>> 1
  }

  get channelSymbol(): Channel {
    return CHANNEL_SYMBOLS[this.channel]!
  }

  /** Copies the encoding as it stands. */
  copyChannel(out: DataView, at: number): number {
    return copyBytes(this.view, this.channelField, this.merchantIdField, out, at)
  }

  get hasMerchantId(): boolean {
    return this.buffer[this.merchantIdField] !== 0
  }

  get merchantIdAt(): number {
    if (!this.hasMerchantId) return this.merchantCategoryField
    return afterLong(this.buffer, this.merchantIdField + 1)
  }

  get merchantIdEnd(): number {
    return this.merchantCategoryField
  }

  get merchantIdLength(): number {
    return this.merchantCategoryField - this.merchantIdAt
  }

  get merchantId(): string | null {
    if (!this.hasMerchantId) return null
    return readText(this.buffer, this.merchantIdAt, this.merchantCategoryField)
  }

  /** Copies the encoding as it stands. */
  copyMerchantId(out: DataView, at: number): number {
    return copyBytes(this.view, this.merchantIdField, this.merchantCategoryField, out, at)
  }

  get hasMerchantCategory(): boolean {
    return this.buffer[this.merchantCategoryField] !== 0
  }

  get merchantCategoryAt(): number {
    if (!this.hasMerchantCategory) return this.terminalIdField
    return afterLong(this.buffer, this.merchantCategoryField + 1)
  }

  get merchantCategoryEnd(): number {
    return this.terminalIdField
  }

  get merchantCategoryLength(): number {
    return this.terminalIdField - this.merchantCategoryAt
  }

  get merchantCategory(): string | null {
    if (!this.hasMerchantCategory) return null
    return readText(this.buffer, this.merchantCategoryAt, this.terminalIdField)
  }

  /** Copies the encoding as it stands. */
  copyMerchantCategory(out: DataView, at: number): number {
    return copyBytes(this.view, this.merchantCategoryField, this.terminalIdField, out, at)
  }

  get hasTerminalId(): boolean {
    return this.buffer[this.terminalIdField] !== 0
  }

  get terminalIdAt(): number {
    if (!this.hasTerminalId) return this.regionField
    return afterLong(this.buffer, this.terminalIdField + 1)
  }

  get terminalIdEnd(): number {
    return this.regionField
  }

  get terminalIdLength(): number {
    return this.regionField - this.terminalIdAt
  }

  get terminalId(): string | null {
    if (!this.hasTerminalId) return null
    return readText(this.buffer, this.terminalIdAt, this.regionField)
  }

  /** Copies the encoding as it stands. */
  copyTerminalId(out: DataView, at: number): number {
    return copyBytes(this.view, this.terminalIdField, this.regionField, out, at)
  }

  get hasRegion(): boolean {
    return this.buffer[this.regionField] !== 0
  }

  get regionAt(): number {
    if (!this.hasRegion) return this.latitudeField
    return afterLong(this.buffer, this.regionField + 1)
  }

  get regionEnd(): number {
    return this.latitudeField
  }

  get regionLength(): number {
    return this.latitudeField - this.regionAt
  }

  get region(): string | null {
    if (!this.hasRegion) return null
    return readText(this.buffer, this.regionAt, this.latitudeField)
  }

  /** Copies the encoding as it stands. */
  copyRegion(out: DataView, at: number): number {
    return copyBytes(this.view, this.regionField, this.latitudeField, out, at)
  }

  get hasLatitude(): boolean {
    return this.buffer[this.latitudeField] !== 0
  }

  get latitude(): number {
    if (!this.hasLatitude) return Number.NaN
    return this.view.getFloat64(this.latitudeField + 1, true)
  }

  /** Copies the encoding as it stands. */
  copyLatitude(out: DataView, at: number): number {
    return copyBytes(this.view, this.latitudeField, this.longitudeField, out, at)
  }

  get hasLongitude(): boolean {
    return this.buffer[this.longitudeField] !== 0
  }

  get longitude(): number {
    if (!this.hasLongitude) return Number.NaN
    return this.view.getFloat64(this.longitudeField + 1, true)
  }

  /** Copies the encoding as it stands. */
  copyLongitude(out: DataView, at: number): number {
    return copyBytes(this.view, this.longitudeField, this.deviceIdField, out, at)
  }

  get hasDeviceId(): boolean {
    return this.buffer[this.deviceIdField] !== 0
  }

  get deviceIdAt(): number {
    if (!this.hasDeviceId) return this.panField
    return afterLong(this.buffer, this.deviceIdField + 1)
  }

  get deviceIdEnd(): number {
    return this.panField
  }

  get deviceIdLength(): number {
    return this.panField - this.deviceIdAt
  }

  get deviceId(): string | null {
    if (!this.hasDeviceId) return null
    return readText(this.buffer, this.deviceIdAt, this.panField)
  }

  /** Copies the encoding as it stands. */
  copyDeviceId(out: DataView, at: number): number {
    return copyBytes(this.view, this.deviceIdField, this.panField, out, at)
  }

  get hasPan(): boolean {
    return this.buffer[this.panField] !== 0
  }

  get panAt(): number {
    if (!this.hasPan) return this.expiryField
    return afterLong(this.buffer, this.panField + 1)
  }

  get panEnd(): number {
    return this.expiryField
  }

  get panLength(): number {
    return this.expiryField - this.panAt
  }

  get pan(): string | null {
    if (!this.hasPan) return null
    return readText(this.buffer, this.panAt, this.expiryField)
  }

  /** Copies the encoding as it stands. */
  copyPan(out: DataView, at: number): number {
    return copyBytes(this.view, this.panField, this.expiryField, out, at)
  }

  get hasExpiry(): boolean {
    return this.buffer[this.expiryField] !== 0
  }

  get expiryAt(): number {
    if (!this.hasExpiry) return this.cvvField
    return afterLong(this.buffer, this.expiryField + 1)
  }

  get expiryEnd(): number {
    return this.cvvField
  }

  get expiryLength(): number {
    return this.cvvField - this.expiryAt
  }

  get expiry(): string | null {
    if (!this.hasExpiry) return null
    return readText(this.buffer, this.expiryAt, this.cvvField)
  }

  /** Copies the encoding as it stands. */
  copyExpiry(out: DataView, at: number): number {
    return copyBytes(this.view, this.expiryField, this.cvvField, out, at)
  }

  get hasCvv(): boolean {
    return this.buffer[this.cvvField] !== 0
  }

  get cvvAt(): number {
    if (!this.hasCvv) return this.cardholderNameField
    return afterLong(this.buffer, this.cvvField + 1)
  }

  get cvvEnd(): number {
    return this.cardholderNameField
  }

  get cvvLength(): number {
    return this.cardholderNameField - this.cvvAt
  }

  get cvv(): string | null {
    if (!this.hasCvv) return null
    return readText(this.buffer, this.cvvAt, this.cardholderNameField)
  }

  /** Copies the encoding as it stands. */
  copyCvv(out: DataView, at: number): number {
    return copyBytes(this.view, this.cvvField, this.cardholderNameField, out, at)
  }

  get hasCardholderName(): boolean {
    return this.buffer[this.cardholderNameField] !== 0
  }

  get cardholderNameAt(): number {
    if (!this.hasCardholderName) return this.emailField
    return afterLong(this.buffer, this.cardholderNameField + 1)
  }

  get cardholderNameEnd(): number {
    return this.emailField
  }

  get cardholderNameLength(): number {
    return this.emailField - this.cardholderNameAt
  }

  get cardholderName(): string | null {
    if (!this.hasCardholderName) return null
    return readText(this.buffer, this.cardholderNameAt, this.emailField)
  }

  /** Copies the encoding as it stands. */
  copyCardholderName(out: DataView, at: number): number {
    return copyBytes(this.view, this.cardholderNameField, this.emailField, out, at)
  }

  get hasEmail(): boolean {
    return this.buffer[this.emailField] !== 0
  }

  get emailAt(): number {
    if (!this.hasEmail) return this.ipField
    return afterLong(this.buffer, this.emailField + 1)
  }

  get emailEnd(): number {
    return this.ipField
  }

  get emailLength(): number {
    return this.ipField - this.emailAt
  }

  get email(): string | null {
    if (!this.hasEmail) return null
    return readText(this.buffer, this.emailAt, this.ipField)
  }

  /** Copies the encoding as it stands. */
  copyEmail(out: DataView, at: number): number {
    return copyBytes(this.view, this.emailField, this.ipField, out, at)
  }

  get hasIp(): boolean {
    return this.buffer[this.ipField] !== 0
  }

  get ipAt(): number {
    if (!this.hasIp) return this.maskKeyIdField
    return afterLong(this.buffer, this.ipField + 1)
  }

  get ipEnd(): number {
    return this.maskKeyIdField
  }

  get ipLength(): number {
    return this.maskKeyIdField - this.ipAt
  }

  get ip(): string | null {
    if (!this.hasIp) return null
    return readText(this.buffer, this.ipAt, this.maskKeyIdField)
  }

  /** Copies the encoding as it stands. */
  copyIp(out: DataView, at: number): number {
    return copyBytes(this.view, this.ipField, this.maskKeyIdField, out, at)
  }

  get hasMaskKeyId(): boolean {
    return this.buffer[this.maskKeyIdField] !== 0
  }

  get maskKeyIdAt(): number {
    if (!this.hasMaskKeyId) return this.cardMaskedField
    return afterLong(this.buffer, this.maskKeyIdField + 1)
  }

  get maskKeyIdEnd(): number {
    return this.cardMaskedField
  }

  get maskKeyIdLength(): number {
    return this.cardMaskedField - this.maskKeyIdAt
  }

  get maskKeyId(): string | null {
    if (!this.hasMaskKeyId) return null
    return readText(this.buffer, this.maskKeyIdAt, this.cardMaskedField)
  }

  /** Copies the encoding as it stands. */
  copyMaskKeyId(out: DataView, at: number): number {
    return copyBytes(this.view, this.maskKeyIdField, this.cardMaskedField, out, at)
  }

  get hasCardMasked(): boolean {
    return this.buffer[this.cardMaskedField] !== 0
  }

  get cardMaskedAt(): number {
    if (!this.hasCardMasked) return this.cardTokenField
    return afterLong(this.buffer, this.cardMaskedField + 1)
  }

  get cardMaskedEnd(): number {
    return this.cardTokenField
  }

  get cardMaskedLength(): number {
    return this.cardTokenField - this.cardMaskedAt
  }

  get cardMasked(): string | null {
    if (!this.hasCardMasked) return null
    return readText(this.buffer, this.cardMaskedAt, this.cardTokenField)
  }

  /** Copies the encoding as it stands. */
  copyCardMasked(out: DataView, at: number): number {
    return copyBytes(this.view, this.cardMaskedField, this.cardTokenField, out, at)
  }

  get hasCardToken(): boolean {
    return this.buffer[this.cardTokenField] !== 0
  }

  get cardTokenAt(): number {
    if (!this.hasCardToken) return this.expiryMaskedField
    return afterLong(this.buffer, this.cardTokenField + 1)
  }

  get cardTokenEnd(): number {
    return this.expiryMaskedField
  }

  get cardTokenLength(): number {
    return this.expiryMaskedField - this.cardTokenAt
  }

  get cardToken(): string | null {
    if (!this.hasCardToken) return null
    return readText(this.buffer, this.cardTokenAt, this.expiryMaskedField)
  }

  /** Copies the encoding as it stands. */
  copyCardToken(out: DataView, at: number): number {
    return copyBytes(this.view, this.cardTokenField, this.expiryMaskedField, out, at)
  }

  get hasExpiryMasked(): boolean {
    return this.buffer[this.expiryMaskedField] !== 0
  }

  get expiryMaskedAt(): number {
    if (!this.hasExpiryMasked) return this.cvvMaskedField
    return afterLong(this.buffer, this.expiryMaskedField + 1)
  }

  get expiryMaskedEnd(): number {
    return this.cvvMaskedField
  }

  get expiryMaskedLength(): number {
    return this.cvvMaskedField - this.expiryMaskedAt
  }

  get expiryMasked(): string | null {
    if (!this.hasExpiryMasked) return null
    return readText(this.buffer, this.expiryMaskedAt, this.cvvMaskedField)
  }

  /** Copies the encoding as it stands. */
  copyExpiryMasked(out: DataView, at: number): number {
    return copyBytes(this.view, this.expiryMaskedField, this.cvvMaskedField, out, at)
  }

  get hasCvvMasked(): boolean {
    return this.buffer[this.cvvMaskedField] !== 0
  }

  get cvvMaskedAt(): number {
    if (!this.hasCvvMasked) return this.cardholderNameMaskedField
    return afterLong(this.buffer, this.cvvMaskedField + 1)
  }

  get cvvMaskedEnd(): number {
    return this.cardholderNameMaskedField
  }

  get cvvMaskedLength(): number {
    return this.cardholderNameMaskedField - this.cvvMaskedAt
  }

  get cvvMasked(): string | null {
    if (!this.hasCvvMasked) return null
    return readText(this.buffer, this.cvvMaskedAt, this.cardholderNameMaskedField)
  }

  /** Copies the encoding as it stands. */
  copyCvvMasked(out: DataView, at: number): number {
    return copyBytes(this.view, this.cvvMaskedField, this.cardholderNameMaskedField, out, at)
  }

  get hasCardholderNameMasked(): boolean {
    return this.buffer[this.cardholderNameMaskedField] !== 0
  }

  get cardholderNameMaskedAt(): number {
    if (!this.hasCardholderNameMasked) return this.cardholderNameTokenField
    return afterLong(this.buffer, this.cardholderNameMaskedField + 1)
  }

  get cardholderNameMaskedEnd(): number {
    return this.cardholderNameTokenField
  }

  get cardholderNameMaskedLength(): number {
    return this.cardholderNameTokenField - this.cardholderNameMaskedAt
  }

  get cardholderNameMasked(): string | null {
    if (!this.hasCardholderNameMasked) return null
    return readText(this.buffer, this.cardholderNameMaskedAt, this.cardholderNameTokenField)
  }

  /** Copies the encoding as it stands. */
  copyCardholderNameMasked(out: DataView, at: number): number {
    return copyBytes(this.view, this.cardholderNameMaskedField, this.cardholderNameTokenField, out, at)
  }

  get hasCardholderNameToken(): boolean {
    return this.buffer[this.cardholderNameTokenField] !== 0
  }

  get cardholderNameTokenAt(): number {
    if (!this.hasCardholderNameToken) return this.emailMaskedField
    return afterLong(this.buffer, this.cardholderNameTokenField + 1)
  }

  get cardholderNameTokenEnd(): number {
    return this.emailMaskedField
  }

  get cardholderNameTokenLength(): number {
    return this.emailMaskedField - this.cardholderNameTokenAt
  }

  get cardholderNameToken(): string | null {
    if (!this.hasCardholderNameToken) return null
    return readText(this.buffer, this.cardholderNameTokenAt, this.emailMaskedField)
  }

  /** Copies the encoding as it stands. */
  copyCardholderNameToken(out: DataView, at: number): number {
    return copyBytes(this.view, this.cardholderNameTokenField, this.emailMaskedField, out, at)
  }

  get hasEmailMasked(): boolean {
    return this.buffer[this.emailMaskedField] !== 0
  }

  get emailMaskedAt(): number {
    if (!this.hasEmailMasked) return this.emailTokenField
    return afterLong(this.buffer, this.emailMaskedField + 1)
  }

  get emailMaskedEnd(): number {
    return this.emailTokenField
  }

  get emailMaskedLength(): number {
    return this.emailTokenField - this.emailMaskedAt
  }

  get emailMasked(): string | null {
    if (!this.hasEmailMasked) return null
    return readText(this.buffer, this.emailMaskedAt, this.emailTokenField)
  }

  /** Copies the encoding as it stands. */
  copyEmailMasked(out: DataView, at: number): number {
    return copyBytes(this.view, this.emailMaskedField, this.emailTokenField, out, at)
  }

  get hasEmailToken(): boolean {
    return this.buffer[this.emailTokenField] !== 0
  }

  get emailTokenAt(): number {
    if (!this.hasEmailToken) return this.ipMaskedField
    return afterLong(this.buffer, this.emailTokenField + 1)
  }

  get emailTokenEnd(): number {
    return this.ipMaskedField
  }

  get emailTokenLength(): number {
    return this.ipMaskedField - this.emailTokenAt
  }

  get emailToken(): string | null {
    if (!this.hasEmailToken) return null
    return readText(this.buffer, this.emailTokenAt, this.ipMaskedField)
  }

  /** Copies the encoding as it stands. */
  copyEmailToken(out: DataView, at: number): number {
    return copyBytes(this.view, this.emailTokenField, this.ipMaskedField, out, at)
  }

  get hasIpMasked(): boolean {
    return this.buffer[this.ipMaskedField] !== 0
  }

  get ipMaskedAt(): number {
    if (!this.hasIpMasked) return this.ipTokenField
    return afterLong(this.buffer, this.ipMaskedField + 1)
  }

  get ipMaskedEnd(): number {
    return this.ipTokenField
  }

  get ipMaskedLength(): number {
    return this.ipTokenField - this.ipMaskedAt
  }

  get ipMasked(): string | null {
    if (!this.hasIpMasked) return null
    return readText(this.buffer, this.ipMaskedAt, this.ipTokenField)
  }

  /** Copies the encoding as it stands. */
  copyIpMasked(out: DataView, at: number): number {
    return copyBytes(this.view, this.ipMaskedField, this.ipTokenField, out, at)
  }

  get hasIpToken(): boolean {
    return this.buffer[this.ipTokenField] !== 0
  }

  get ipTokenAt(): number {
    if (!this.hasIpToken) return this.memoField
    return afterLong(this.buffer, this.ipTokenField + 1)
  }

  get ipTokenEnd(): number {
    return this.memoField
  }

  get ipTokenLength(): number {
    return this.memoField - this.ipTokenAt
  }

  get ipToken(): string | null {
    if (!this.hasIpToken) return null
    return readText(this.buffer, this.ipTokenAt, this.memoField)
  }

  /** Copies the encoding as it stands. */
  copyIpToken(out: DataView, at: number): number {
    return copyBytes(this.view, this.ipTokenField, this.memoField, out, at)
  }

  get hasMemo(): boolean {
    return this.buffer[this.memoField] !== 0
  }

  get memoAt(): number {
    if (!this.hasMemo) return this.end
    return afterLong(this.buffer, this.memoField + 1)
  }

  get memoEnd(): number {
    return this.end
  }

  get memoLength(): number {
    return this.end - this.memoAt
  }

  get memo(): string | null {
    if (!this.hasMemo) return null
    return readText(this.buffer, this.memoAt, this.end)
  }

  /** Copies the encoding as it stands. */
  copyMemo(out: DataView, at: number): number {
    return copyBytes(this.view, this.memoField, this.end, out, at)
  }

  /** Copies these fields of a Decision as they stand. */
  copyTransactionIdThroughDeviceId(out: DataView, at: number): number {
    return copyBytes(this.view, this.transactionIdField, this.panField, out, at)
  }

  /** Copies these fields of a Decision as they stand. */
  copyMaskKeyIdThroughMemo(out: DataView, at: number): number {
    return copyBytes(this.view, this.maskKeyIdField, this.end, out, at)
  }

  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */
  toObject(): PaymentSubmitted {
    return {
      transactionId: this.transactionId,
      idempotencyKey: this.idempotencyKey,
      eventTime: safeLong(this.eventTime, 'event_time'),
      senderAccountId: this.senderAccountId,
      receiverAccountId: this.receiverAccountId,
      amountMinor: safeLong(this.amountMinor, 'amount_minor'),
      currency: this.currency,
      kind: this.kindSymbol,
      channel: this.channelSymbol,
      merchantId: this.merchantId,
      merchantCategory: this.merchantCategory,
      terminalId: this.terminalId,
      region: this.region,
      latitude: this.hasLatitude ? this.latitude : null,
      longitude: this.hasLongitude ? this.longitude : null,
      deviceId: this.deviceId,
      pan: this.pan,
      expiry: this.expiry,
      cvv: this.cvv,
      cardholderName: this.cardholderName,
      email: this.email,
      ip: this.ip,
      maskKeyId: this.maskKeyId,
      cardMasked: this.cardMasked,
      cardToken: this.cardToken,
      expiryMasked: this.expiryMasked,
      cvvMasked: this.cvvMasked,
      cardholderNameMasked: this.cardholderNameMasked,
      cardholderNameToken: this.cardholderNameToken,
      emailMasked: this.emailMasked,
      emailToken: this.emailToken,
      ipMasked: this.ipMasked,
      ipToken: this.ipToken,
      memo: this.memo,
    }
  }
}

/**
 * What `writePaymentSubmitted` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface PaymentSubmittedSource {
  putTransactionId(out: Uint8Array, view: DataView, at: number): number
  putIdempotencyKey(out: Uint8Array, view: DataView, at: number): number
  readonly eventTime: number
  putSenderAccountId(out: Uint8Array, view: DataView, at: number): number
  putReceiverAccountId(out: Uint8Array, view: DataView, at: number): number
  readonly amountMinor: number
  putCurrency(out: Uint8Array, view: DataView, at: number): number
  readonly kind: number
  readonly channel: number
  putMerchantId(out: Uint8Array, view: DataView, at: number): number
  putMerchantCategory(out: Uint8Array, view: DataView, at: number): number
  putTerminalId(out: Uint8Array, view: DataView, at: number): number
  putRegion(out: Uint8Array, view: DataView, at: number): number
  putLatitude(out: Uint8Array, view: DataView, at: number): number
  putLongitude(out: Uint8Array, view: DataView, at: number): number
  putDeviceId(out: Uint8Array, view: DataView, at: number): number
  putPan(out: Uint8Array, view: DataView, at: number): number
  putExpiry(out: Uint8Array, view: DataView, at: number): number
  putCvv(out: Uint8Array, view: DataView, at: number): number
  putCardholderName(out: Uint8Array, view: DataView, at: number): number
  putEmail(out: Uint8Array, view: DataView, at: number): number
  putIp(out: Uint8Array, view: DataView, at: number): number
  putMaskKeyId(out: Uint8Array, view: DataView, at: number): number
  putCardMasked(out: Uint8Array, view: DataView, at: number): number
  putCardToken(out: Uint8Array, view: DataView, at: number): number
  putExpiryMasked(out: Uint8Array, view: DataView, at: number): number
  putCvvMasked(out: Uint8Array, view: DataView, at: number): number
  putCardholderNameMasked(out: Uint8Array, view: DataView, at: number): number
  putCardholderNameToken(out: Uint8Array, view: DataView, at: number): number
  putEmailMasked(out: Uint8Array, view: DataView, at: number): number
  putEmailToken(out: Uint8Array, view: DataView, at: number): number
  putIpMasked(out: Uint8Array, view: DataView, at: number): number
  putIpToken(out: Uint8Array, view: DataView, at: number): number
  putMemo(out: Uint8Array, view: DataView, at: number): number
}

/** Writes the Avro encoding of one PaymentSubmitted at `start`, without an allocation; `out` has the room. */
export function writePaymentSubmitted(
  out: Uint8Array,
  view: DataView,
  start: number,
  source: PaymentSubmittedSource,
): number {
  let at = start
  at = source.putTransactionId(out, view, at)
  at = source.putIdempotencyKey(out, view, at)
  at = putLong(out, at, source.eventTime)
  at = source.putSenderAccountId(out, view, at)
  at = source.putReceiverAccountId(out, view, at)
  at = putLong(out, at, source.amountMinor)
  at = source.putCurrency(out, view, at)
  out[at++] = source.kind << 1
  out[at++] = source.channel << 1
  at = source.putMerchantId(out, view, at)
  at = source.putMerchantCategory(out, view, at)
  at = source.putTerminalId(out, view, at)
  at = source.putRegion(out, view, at)
  at = source.putLatitude(out, view, at)
  at = source.putLongitude(out, view, at)
  at = source.putDeviceId(out, view, at)
  at = source.putPan(out, view, at)
  at = source.putExpiry(out, view, at)
  at = source.putCvv(out, view, at)
  at = source.putCardholderName(out, view, at)
  at = source.putEmail(out, view, at)
  at = source.putIp(out, view, at)
  at = source.putMaskKeyId(out, view, at)
  at = source.putCardMasked(out, view, at)
  at = source.putCardToken(out, view, at)
  at = source.putExpiryMasked(out, view, at)
  at = source.putCvvMasked(out, view, at)
  at = source.putCardholderNameMasked(out, view, at)
  at = source.putCardholderNameToken(out, view, at)
  at = source.putEmailMasked(out, view, at)
  at = source.putEmailToken(out, view, at)
  at = source.putIpMasked(out, view, at)
  at = source.putIpToken(out, view, at)
  at = source.putMemo(out, view, at)
  return at
}

/** Appends the Avro encoding of one plain PaymentSubmitted; throws a RangeError for a number or symbol outside its type. */
export function appendPaymentSubmitted(out: ByteSink, value: PaymentSubmitted): void {
  out.string(value.transactionId)
  if (out.present(value.idempotencyKey)) out.string(value.idempotencyKey)
  out.long(value.eventTime)
  out.string(value.senderAccountId)
  out.string(value.receiverAccountId)
  out.long(value.amountMinor)
  out.string(value.currency)
  out.symbol(PAYMENT_KIND_SYMBOLS, value.kind)
  out.symbol(CHANNEL_SYMBOLS, value.channel)
  if (out.present(value.merchantId)) out.string(value.merchantId)
  if (out.present(value.merchantCategory)) out.string(value.merchantCategory)
  if (out.present(value.terminalId)) out.string(value.terminalId)
  if (out.present(value.region)) out.string(value.region)
  if (out.present(value.latitude)) out.double(value.latitude)
  if (out.present(value.longitude)) out.double(value.longitude)
  if (out.present(value.deviceId)) out.string(value.deviceId)
  if (out.present(value.pan)) out.string(value.pan)
  if (out.present(value.expiry)) out.string(value.expiry)
  if (out.present(value.cvv)) out.string(value.cvv)
  if (out.present(value.cardholderName)) out.string(value.cardholderName)
  if (out.present(value.email)) out.string(value.email)
  if (out.present(value.ip)) out.string(value.ip)
  if (out.present(value.maskKeyId)) out.string(value.maskKeyId)
  if (out.present(value.cardMasked)) out.string(value.cardMasked)
  if (out.present(value.cardToken)) out.string(value.cardToken)
  if (out.present(value.expiryMasked)) out.string(value.expiryMasked)
  if (out.present(value.cvvMasked)) out.string(value.cvvMasked)
  if (out.present(value.cardholderNameMasked)) out.string(value.cardholderNameMasked)
  if (out.present(value.cardholderNameToken)) out.string(value.cardholderNameToken)
  if (out.present(value.emailMasked)) out.string(value.emailMasked)
  if (out.present(value.emailToken)) out.string(value.emailToken)
  if (out.present(value.ipMasked)) out.string(value.ipMasked)
  if (out.present(value.ipToken)) out.string(value.ipToken)
  if (out.present(value.memo)) out.string(value.memo)
}

/** The Avro encoding of one plain PaymentSubmitted, as `appendPaymentSubmitted` writes it. */
export function encodePaymentSubmitted(value: PaymentSubmitted): Uint8Array {
  return encoded(appendPaymentSubmitted, value)
}
