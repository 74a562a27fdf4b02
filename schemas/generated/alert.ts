// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readInt, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import {
  BAD_TYPE,
  type DecodeCode,
  OK,
  scanArray,
  scanInt,
  scanLong,
  scanString,
  TRAILING,
  TRUNCATED,
} from '../avro/scan.ts'
import { ALERT_KIND_SYMBOLS, type AlertKind, SEVERITY_SYMBOLS, type Severity } from './enums.ts'
import { appendReason, type Reason, ReasonCursor, scanReason } from './parts.ts'

/** Something an analyst should see now (SPEC V2, V4, D2, S7, A1); written in the decision's transaction. */
export interface Alert {
  /** <input partition>-<input offset>-<n>, n counting the alerts of one input record. */
  readonly alertId: string
  /** ERASURE flags nobody: from here on readers hold nothing of the account any more (SPEC B4). */
  readonly kind: AlertKind
  /** SPEC V4: a later window was lifted over the threshold; the decision already given stands. */
  readonly revised: boolean
  /** The payment whose window is meant. */
  readonly transactionId: string | null
  readonly senderAccountId: string | null
  readonly eventTime: number
  readonly velocityCount: number
  readonly severity: Severity
  readonly amountMinor: number | null
  readonly currency: string | null
  readonly region: string | null
  readonly fraudCount: number
  readonly fraudScore: number
  readonly reasons: readonly Reason[]
  readonly inputTopic: string
  readonly inputPartition: number
  readonly inputOffset: number
  readonly semanticsVersion: number
}

/** The fields of Alert that have a default, each with it. */
export const alertDefaults = {
  transactionId: null,
  senderAccountId: null,
  amountMinor: null,
  currency: null,
  region: null,
} satisfies Partial<Alert>

/**
 * Reads a Alert in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class AlertReader {
  buffer = NO_BYTES
  view = NO_VIEW
  alertIdField = 0
  kindField = 0
  revisedField = 0
  transactionIdField = 0
  senderAccountIdField = 0
  eventTimeField = 0
  velocityCountField = 0
  severityField = 0
  amountMinorField = 0
  currencyField = 0
  regionField = 0
  fraudCountField = 0
  fraudScoreField = 0
  reasonsField = 0
  inputTopicField = 0
  inputPartitionField = 0
  inputOffsetField = 0
  semanticsVersionField = 0
  end = 0
  private readonly reasonsCursor = new ReasonCursor()

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.alertIdField = at
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
    this.revisedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if (byte > 1) return BAD_TYPE
    at++
    this.transactionIdField = at
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
    this.senderAccountIdField = at
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
    this.velocityCountField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.severityField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 6) return BAD_TYPE
    at++
    this.amountMinorField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      at = scanLong(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    } else if (byte !== 0) return BAD_TYPE
    this.currencyField = at
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
    this.fraudCountField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.fraudScoreField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.reasonsField = at
    at = scanArray(buffer, at, stop, scanReason)
    if (at < 0) return -at as DecodeCode
    this.inputTopicField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.inputPartitionField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.inputOffsetField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.semanticsVersionField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.end = at
    if (at === stop) return OK
    return at < stop ? TRAILING : TRUNCATED
  }

  get alertIdAt(): number {
    return afterLong(this.buffer, this.alertIdField)
  }

  get alertIdEnd(): number {
    return this.kindField
  }

  get alertIdLength(): number {
    return this.kindField - this.alertIdAt
  }

  get alertId(): string {
    return readText(this.buffer, this.alertIdAt, this.kindField)
  }

  /** Copies the encoding as it stands. */
  copyAlertId(out: DataView, at: number): number {
    return copyBytes(this.view, this.alertIdField, this.kindField, out, at)
  }

  get kind(): number {
    return this.buffer[this.kindField]! >>> 1
  }

  get kindSymbol(): AlertKind {
    return ALERT_KIND_SYMBOLS[this.kind]!
  }

  /** Copies the encoding as it stands. */
  copyKind(out: DataView, at: number): number {
    return copyBytes(this.view, this.kindField, this.revisedField, out, at)
  }

  get revised(): boolean {
    return this.buffer[this.revisedField] === 1
  }

  /** Copies the encoding as it stands. */
  copyRevised(out: DataView, at: number): number {
    return copyBytes(this.view, this.revisedField, this.transactionIdField, out, at)
  }

  get hasTransactionId(): boolean {
    return this.buffer[this.transactionIdField] !== 0
  }

  get transactionIdAt(): number {
    if (!this.hasTransactionId) return this.senderAccountIdField
    return afterLong(this.buffer, this.transactionIdField + 1)
  }

  get transactionIdEnd(): number {
    return this.senderAccountIdField
  }

  get transactionIdLength(): number {
    return this.senderAccountIdField - this.transactionIdAt
  }

  get transactionId(): string | null {
    if (!this.hasTransactionId) return null
    return readText(this.buffer, this.transactionIdAt, this.senderAccountIdField)
  }

  /** Copies the encoding as it stands. */
  copyTransactionId(out: DataView, at: number): number {
    return copyBytes(this.view, this.transactionIdField, this.senderAccountIdField, out, at)
  }

  get hasSenderAccountId(): boolean {
    return this.buffer[this.senderAccountIdField] !== 0
  }

  get senderAccountIdAt(): number {
    if (!this.hasSenderAccountId) return this.eventTimeField
    return afterLong(this.buffer, this.senderAccountIdField + 1)
  }

  get senderAccountIdEnd(): number {
    return this.eventTimeField
  }

  get senderAccountIdLength(): number {
    return this.eventTimeField - this.senderAccountIdAt
  }

  get senderAccountId(): string | null {
    if (!this.hasSenderAccountId) return null
    return readText(this.buffer, this.senderAccountIdAt, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copySenderAccountId(out: DataView, at: number): number {
    return copyBytes(this.view, this.senderAccountIdField, this.eventTimeField, out, at)
  }

  get eventTime(): number {
    return readLong(this.buffer, this.eventTimeField)
  }

  get eventTimeExact(): bigint {
    return readLongExact(this.buffer, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyEventTime(out: DataView, at: number): number {
    return copyBytes(this.view, this.eventTimeField, this.velocityCountField, out, at)
  }

  get velocityCount(): number {
    return readInt(this.buffer, this.velocityCountField)
  }

  /** Copies the encoding as it stands. */
  copyVelocityCount(out: DataView, at: number): number {
    return copyBytes(this.view, this.velocityCountField, this.severityField, out, at)
  }

  get severity(): number {
    return this.buffer[this.severityField]! >>> 1
  }

  get severitySymbol(): Severity {
    return SEVERITY_SYMBOLS[this.severity]!
  }

  /** Copies the encoding as it stands. */
  copySeverity(out: DataView, at: number): number {
    return copyBytes(this.view, this.severityField, this.amountMinorField, out, at)
  }

  get hasAmountMinor(): boolean {
    return this.buffer[this.amountMinorField] !== 0
  }

  get amountMinor(): number {
    if (!this.hasAmountMinor) return Number.NaN
    return readLong(this.buffer, this.amountMinorField + 1)
  }

  /** Copies the encoding as it stands. */
  copyAmountMinor(out: DataView, at: number): number {
    return copyBytes(this.view, this.amountMinorField, this.currencyField, out, at)
  }

  get hasCurrency(): boolean {
    return this.buffer[this.currencyField] !== 0
  }

  get currencyAt(): number {
    if (!this.hasCurrency) return this.regionField
    return afterLong(this.buffer, this.currencyField + 1)
  }

  get currencyEnd(): number {
    return this.regionField
  }

  get currencyLength(): number {
    return this.regionField - this.currencyAt
  }

  get currency(): string | null {
    if (!this.hasCurrency) return null
    return readText(this.buffer, this.currencyAt, this.regionField)
  }

  /** Copies the encoding as it stands. */
  copyCurrency(out: DataView, at: number): number {
    return copyBytes(this.view, this.currencyField, this.regionField, out, at)
  }

  get hasRegion(): boolean {
    return this.buffer[this.regionField] !== 0
  }

  get regionAt(): number {
    if (!this.hasRegion) return this.fraudCountField
    return afterLong(this.buffer, this.regionField + 1)
  }

  get regionEnd(): number {
    return this.fraudCountField
  }

  get regionLength(): number {
    return this.fraudCountField - this.regionAt
  }

  get region(): string | null {
    if (!this.hasRegion) return null
    return readText(this.buffer, this.regionAt, this.fraudCountField)
  }

  /** Copies the encoding as it stands. */
  copyRegion(out: DataView, at: number): number {
    return copyBytes(this.view, this.regionField, this.fraudCountField, out, at)
  }

  get fraudCount(): number {
    return readInt(this.buffer, this.fraudCountField)
  }

  /** Copies the encoding as it stands. */
  copyFraudCount(out: DataView, at: number): number {
    return copyBytes(this.view, this.fraudCountField, this.fraudScoreField, out, at)
  }

  get fraudScore(): number {
    return readInt(this.buffer, this.fraudScoreField)
  }

  /** Copies the encoding as it stands. */
  copyFraudScore(out: DataView, at: number): number {
    return copyBytes(this.view, this.fraudScoreField, this.reasonsField, out, at)
  }

  /** Walks the array in place; one walk at a time. */
  openReasons(): ReasonCursor {
    return this.reasonsCursor.open(this.buffer, this.view, this.reasonsField)
  }

  get reasons(): Reason[] {
    const items: Reason[] = []
    const cursor = this.openReasons()
    while (cursor.next()) items.push(cursor.toObject())
    return items
  }

  /** Copies the encoding as it stands. */
  copyReasons(out: DataView, at: number): number {
    return copyBytes(this.view, this.reasonsField, this.inputTopicField, out, at)
  }

  get inputTopicAt(): number {
    return afterLong(this.buffer, this.inputTopicField)
  }

  get inputTopicEnd(): number {
    return this.inputPartitionField
  }

  get inputTopicLength(): number {
    return this.inputPartitionField - this.inputTopicAt
  }

  get inputTopic(): string {
    return readText(this.buffer, this.inputTopicAt, this.inputPartitionField)
  }

  /** Copies the encoding as it stands. */
  copyInputTopic(out: DataView, at: number): number {
    return copyBytes(this.view, this.inputTopicField, this.inputPartitionField, out, at)
  }

  get inputPartition(): number {
    return readInt(this.buffer, this.inputPartitionField)
  }

  /** Copies the encoding as it stands. */
  copyInputPartition(out: DataView, at: number): number {
    return copyBytes(this.view, this.inputPartitionField, this.inputOffsetField, out, at)
  }

  get inputOffset(): number {
    return readLong(this.buffer, this.inputOffsetField)
  }

  get inputOffsetExact(): bigint {
    return readLongExact(this.buffer, this.inputOffsetField)
  }

  /** Copies the encoding as it stands. */
  copyInputOffset(out: DataView, at: number): number {
    return copyBytes(this.view, this.inputOffsetField, this.semanticsVersionField, out, at)
  }

  get semanticsVersion(): number {
    return readInt(this.buffer, this.semanticsVersionField)
  }

  /** Copies the encoding as it stands. */
  copySemanticsVersion(out: DataView, at: number): number {
    return copyBytes(this.view, this.semanticsVersionField, this.end, out, at)
  }

  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */
  toObject(): Alert {
    return {
      alertId: this.alertId,
      kind: this.kindSymbol,
      revised: this.revised,
      transactionId: this.transactionId,
      senderAccountId: this.senderAccountId,
      eventTime: safeLong(this.eventTime, 'event_time'),
      velocityCount: this.velocityCount,
      severity: this.severitySymbol,
      amountMinor: this.hasAmountMinor ? safeLong(this.amountMinor, 'amount_minor') : null,
      currency: this.currency,
      region: this.region,
      fraudCount: this.fraudCount,
      fraudScore: this.fraudScore,
      reasons: this.reasons,
      inputTopic: this.inputTopic,
      inputPartition: this.inputPartition,
      inputOffset: safeLong(this.inputOffset, 'input_offset'),
      semanticsVersion: this.semanticsVersion,
    }
  }
}

/**
 * What `writeAlert` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface AlertSource {
  putAlertId(out: Uint8Array, view: DataView, at: number): number
  readonly kind: number
  readonly revised: boolean
  putTransactionId(out: Uint8Array, view: DataView, at: number): number
  putSenderAccountId(out: Uint8Array, view: DataView, at: number): number
  readonly eventTime: number
  readonly velocityCount: number
  readonly severity: number
  putAmountMinor(out: Uint8Array, view: DataView, at: number): number
  putCurrency(out: Uint8Array, view: DataView, at: number): number
  putRegion(out: Uint8Array, view: DataView, at: number): number
  readonly fraudCount: number
  readonly fraudScore: number
  putReasons(out: Uint8Array, view: DataView, at: number): number
  putInputTopic(out: Uint8Array, view: DataView, at: number): number
  readonly inputPartition: number
  readonly inputOffset: number
  readonly semanticsVersion: number
}

/** Writes the Avro encoding of one Alert at `start`, without an allocation; `out` has the room. */
export function writeAlert(out: Uint8Array, view: DataView, start: number, source: AlertSource): number {
  let at = start
  at = source.putAlertId(out, view, at)
  out[at++] = source.kind << 1
  out[at++] = source.revised ? 1 : 0
  at = source.putTransactionId(out, view, at)
  at = source.putSenderAccountId(out, view, at)
  at = putLong(out, at, source.eventTime)
  at = putLong(out, at, source.velocityCount)
  out[at++] = source.severity << 1
  at = source.putAmountMinor(out, view, at)
  at = source.putCurrency(out, view, at)
  at = source.putRegion(out, view, at)
  at = putLong(out, at, source.fraudCount)
  at = putLong(out, at, source.fraudScore)
  at = source.putReasons(out, view, at)
  at = source.putInputTopic(out, view, at)
  at = putLong(out, at, source.inputPartition)
  at = putLong(out, at, source.inputOffset)
  at = putLong(out, at, source.semanticsVersion)
  return at
}

/** Appends the Avro encoding of one plain Alert; throws a RangeError for a number or symbol outside its type. */
export function appendAlert(out: ByteSink, value: Alert): void {
  out.string(value.alertId)
  out.symbol(ALERT_KIND_SYMBOLS, value.kind)
  out.boolean(value.revised)
  if (out.present(value.transactionId)) out.string(value.transactionId)
  if (out.present(value.senderAccountId)) out.string(value.senderAccountId)
  out.long(value.eventTime)
  out.int(value.velocityCount)
  out.symbol(SEVERITY_SYMBOLS, value.severity)
  if (out.present(value.amountMinor)) out.long(value.amountMinor)
  if (out.present(value.currency)) out.string(value.currency)
  if (out.present(value.region)) out.string(value.region)
  out.int(value.fraudCount)
  out.int(value.fraudScore)
  out.array(value.reasons, (item) => appendReason(out, item))
  out.string(value.inputTopic)
  out.int(value.inputPartition)
  out.long(value.inputOffset)
  out.int(value.semanticsVersion)
}

/** The Avro encoding of one plain Alert, as `appendAlert` writes it. */
export function encodeAlert(value: Alert): Uint8Array {
  return encoded(appendAlert, value)
}
