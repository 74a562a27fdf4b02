// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import { BAD_TYPE, type DecodeCode, OK, scanLong, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'

/**
 * A call's claim on (caller, route, idempotency key), committed before its payment is posted (SPEC C3). Of those of
 * one key that live, the lowest offset wins. The answer is a function of the claim and of what the chain decides,
 * so it is the same bytes for every instance, at any time.
 */
export interface ApiClaim {
  /** Unique; the idempotency_key of the payment that is posted for it, so a decision names its claim. */
  readonly claimId: string
  /** The subject of the caller's token. */
  readonly caller: string
  /** Method and path. */
  readonly route: string
  /** 1 to 255 of ASCII 0x21 to 0x7E; never a card number. */
  readonly idempotencyKey: string
  /** SHA-256 of the masked payment: the same key with another one is refused. */
  readonly fingerprint: string
  readonly transactionId: string
  readonly senderAccountId: string
  readonly receiverAccountId: string
  readonly amountMinor: number
  readonly currency: string
  /** What the rule file said when the claim was made, so that a later rule file changes no answer. */
  readonly settlementMethod: string
  /** When the call came; the key lives 24 h from then. */
  readonly eventTime: number
  /**
   * Set in a second record of the same claim: the chain took its payment for a repeat of the one that this decision
   * is about, which therefore answers it.
   */
  readonly decisionId: string | null
}

/** The fields of ApiClaim that have a default, each with it. */
export const apiClaimDefaults = {
  decisionId: null,
} satisfies Partial<ApiClaim>

/**
 * Reads a ApiClaim in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class ApiClaimReader {
  buffer = NO_BYTES
  view = NO_VIEW
  claimIdField = 0
  callerField = 0
  routeField = 0
  idempotencyKeyField = 0
  fingerprintField = 0
  transactionIdField = 0
  senderAccountIdField = 0
  receiverAccountIdField = 0
  amountMinorField = 0
  currencyField = 0
  settlementMethodField = 0
  eventTimeField = 0
  decisionIdField = 0
  end = 0

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.claimIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.callerField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.routeField = at
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
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.fingerprintField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.transactionIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
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
    this.settlementMethodField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.eventTimeField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.decisionIdField = at
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

  get claimIdAt(): number {
    return afterLong(this.buffer, this.claimIdField)
  }

  get claimIdEnd(): number {
    return this.callerField
  }

  get claimIdLength(): number {
    return this.callerField - this.claimIdAt
  }

  get claimId(): string {
    return readText(this.buffer, this.claimIdAt, this.callerField)
  }

  /** Copies the encoding as it stands. */
  copyClaimId(out: DataView, at: number): number {
    return copyBytes(this.view, this.claimIdField, this.callerField, out, at)
  }

  get callerAt(): number {
    return afterLong(this.buffer, this.callerField)
  }

  get callerEnd(): number {
    return this.routeField
  }

  get callerLength(): number {
    return this.routeField - this.callerAt
  }

  get caller(): string {
    return readText(this.buffer, this.callerAt, this.routeField)
  }

  /** Copies the encoding as it stands. */
  copyCaller(out: DataView, at: number): number {
    return copyBytes(this.view, this.callerField, this.routeField, out, at)
  }

  get routeAt(): number {
    return afterLong(this.buffer, this.routeField)
  }

  get routeEnd(): number {
    return this.idempotencyKeyField
  }

  get routeLength(): number {
    return this.idempotencyKeyField - this.routeAt
  }

  get route(): string {
    return readText(this.buffer, this.routeAt, this.idempotencyKeyField)
  }

  /** Copies the encoding as it stands. */
  copyRoute(out: DataView, at: number): number {
    return copyBytes(this.view, this.routeField, this.idempotencyKeyField, out, at)
  }

  get idempotencyKeyAt(): number {
    return afterLong(this.buffer, this.idempotencyKeyField)
  }

  get idempotencyKeyEnd(): number {
    return this.fingerprintField
  }

  get idempotencyKeyLength(): number {
    return this.fingerprintField - this.idempotencyKeyAt
  }

  get idempotencyKey(): string {
    return readText(this.buffer, this.idempotencyKeyAt, this.fingerprintField)
  }

  /** Copies the encoding as it stands. */
  copyIdempotencyKey(out: DataView, at: number): number {
    return copyBytes(this.view, this.idempotencyKeyField, this.fingerprintField, out, at)
  }

  get fingerprintAt(): number {
    return afterLong(this.buffer, this.fingerprintField)
  }

  get fingerprintEnd(): number {
    return this.transactionIdField
  }

  get fingerprintLength(): number {
    return this.transactionIdField - this.fingerprintAt
  }

  get fingerprint(): string {
    return readText(this.buffer, this.fingerprintAt, this.transactionIdField)
  }

  /** Copies the encoding as it stands. */
  copyFingerprint(out: DataView, at: number): number {
    return copyBytes(this.view, this.fingerprintField, this.transactionIdField, out, at)
  }

  get transactionIdAt(): number {
    return afterLong(this.buffer, this.transactionIdField)
  }

  get transactionIdEnd(): number {
    return this.senderAccountIdField
  }

  get transactionIdLength(): number {
    return this.senderAccountIdField - this.transactionIdAt
  }

  get transactionId(): string {
    return readText(this.buffer, this.transactionIdAt, this.senderAccountIdField)
  }

  /** Copies the encoding as it stands. */
  copyTransactionId(out: DataView, at: number): number {
    return copyBytes(this.view, this.transactionIdField, this.senderAccountIdField, out, at)
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
    return this.settlementMethodField
  }

  get currencyLength(): number {
    return this.settlementMethodField - this.currencyAt
  }

  get currency(): string {
    return readText(this.buffer, this.currencyAt, this.settlementMethodField)
  }

  /** Copies the encoding as it stands. */
  copyCurrency(out: DataView, at: number): number {
    return copyBytes(this.view, this.currencyField, this.settlementMethodField, out, at)
  }

  get settlementMethodAt(): number {
    return afterLong(this.buffer, this.settlementMethodField)
  }

  get settlementMethodEnd(): number {
    return this.eventTimeField
  }

  get settlementMethodLength(): number {
    return this.eventTimeField - this.settlementMethodAt
  }

  get settlementMethod(): string {
    return readText(this.buffer, this.settlementMethodAt, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copySettlementMethod(out: DataView, at: number): number {
    return copyBytes(this.view, this.settlementMethodField, this.eventTimeField, out, at)
  }

  get eventTime(): number {
    return readLong(this.buffer, this.eventTimeField)
  }

  get eventTimeExact(): bigint {
    return readLongExact(this.buffer, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyEventTime(out: DataView, at: number): number {
    return copyBytes(this.view, this.eventTimeField, this.decisionIdField, out, at)
  }

  get hasDecisionId(): boolean {
    return this.buffer[this.decisionIdField] !== 0
  }

  get decisionIdAt(): number {
    if (!this.hasDecisionId) return this.end
    return afterLong(this.buffer, this.decisionIdField + 1)
  }

  get decisionIdEnd(): number {
    return this.end
  }

  get decisionIdLength(): number {
    return this.end - this.decisionIdAt
  }

  get decisionId(): string | null {
    if (!this.hasDecisionId) return null
    return readText(this.buffer, this.decisionIdAt, this.end)
  }

  /** Copies the encoding as it stands. */
  copyDecisionId(out: DataView, at: number): number {
    return copyBytes(this.view, this.decisionIdField, this.end, out, at)
  }

  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */
  toObject(): ApiClaim {
    return {
      claimId: this.claimId,
      caller: this.caller,
      route: this.route,
      idempotencyKey: this.idempotencyKey,
      fingerprint: this.fingerprint,
      transactionId: this.transactionId,
      senderAccountId: this.senderAccountId,
      receiverAccountId: this.receiverAccountId,
      amountMinor: safeLong(this.amountMinor, 'amount_minor'),
      currency: this.currency,
      settlementMethod: this.settlementMethod,
      eventTime: safeLong(this.eventTime, 'event_time'),
      decisionId: this.decisionId,
    }
  }
}

/**
 * What `writeApiClaim` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface ApiClaimSource {
  putClaimId(out: Uint8Array, view: DataView, at: number): number
  putCaller(out: Uint8Array, view: DataView, at: number): number
  putRoute(out: Uint8Array, view: DataView, at: number): number
  putIdempotencyKey(out: Uint8Array, view: DataView, at: number): number
  putFingerprint(out: Uint8Array, view: DataView, at: number): number
  putTransactionId(out: Uint8Array, view: DataView, at: number): number
  putSenderAccountId(out: Uint8Array, view: DataView, at: number): number
  putReceiverAccountId(out: Uint8Array, view: DataView, at: number): number
  readonly amountMinor: number
  putCurrency(out: Uint8Array, view: DataView, at: number): number
  putSettlementMethod(out: Uint8Array, view: DataView, at: number): number
  readonly eventTime: number
  putDecisionId(out: Uint8Array, view: DataView, at: number): number
}

/** Writes the Avro encoding of one ApiClaim at `start`, without an allocation; `out` has the room. */
export function writeApiClaim(out: Uint8Array, view: DataView, start: number, source: ApiClaimSource): number {
  let at = start
  at = source.putClaimId(out, view, at)
  at = source.putCaller(out, view, at)
  at = source.putRoute(out, view, at)
  at = source.putIdempotencyKey(out, view, at)
  at = source.putFingerprint(out, view, at)
  at = source.putTransactionId(out, view, at)
  at = source.putSenderAccountId(out, view, at)
  at = source.putReceiverAccountId(out, view, at)
  at = putLong(out, at, source.amountMinor)
  at = source.putCurrency(out, view, at)
  at = source.putSettlementMethod(out, view, at)
  at = putLong(out, at, source.eventTime)
  at = source.putDecisionId(out, view, at)
  return at
}

/** Appends the Avro encoding of one plain ApiClaim; throws a RangeError for a number or symbol outside its type. */
export function appendApiClaim(out: ByteSink, value: ApiClaim): void {
  out.string(value.claimId)
  out.string(value.caller)
  out.string(value.route)
  out.string(value.idempotencyKey)
  out.string(value.fingerprint)
  out.string(value.transactionId)
  out.string(value.senderAccountId)
  out.string(value.receiverAccountId)
  out.long(value.amountMinor)
  out.string(value.currency)
  out.string(value.settlementMethod)
  out.long(value.eventTime)
  if (out.present(value.decisionId)) out.string(value.decisionId)
}

/** The Avro encoding of one plain ApiClaim, as `appendApiClaim` writes it. */
export function encodeApiClaim(value: ApiClaim): Uint8Array {
  return encoded(appendApiClaim, value)
}
