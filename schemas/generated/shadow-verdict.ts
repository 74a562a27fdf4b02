// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { EnumCursor, NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readInt, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import { type DecodeCode, OK, scanArray, scanInt, scanLong, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'
import { ACTION_SYMBOLS, type Action } from './enums.ts'
import { appendReason, type Reason, ReasonCursor, scanAction, scanReason } from './parts.ts'

/**
 * What the signals in shadow would have done to a decision had they counted; written behind it in its transaction
 * where one of them hit (SPEC S1). Recomputed byte for byte from the log.
 */
export interface ShadowVerdict {
  /** <input partition>-<input offset> */
  readonly decisionId: string
  readonly transactionId: string
  readonly senderAccountId: string
  readonly eventTime: number
  /** The signals in shadow that hit, each with the points that it would have added. */
  readonly reasons: readonly Reason[]
  /** 0 to 100, what the score would have been. */
  readonly fraudScore: number
  /** Every rule that would have hit. */
  readonly actions: readonly Action[]
  readonly ruleVersion: string
  readonly ruleHash: string
  readonly inputTopic: string
  readonly inputPartition: number
  readonly inputOffset: number
  readonly semanticsVersion: number
}

/**
 * Reads a ShadowVerdict in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class ShadowVerdictReader {
  buffer = NO_BYTES
  view = NO_VIEW
  decisionIdField = 0
  transactionIdField = 0
  senderAccountIdField = 0
  eventTimeField = 0
  reasonsField = 0
  fraudScoreField = 0
  actionsField = 0
  ruleVersionField = 0
  ruleHashField = 0
  inputTopicField = 0
  inputPartitionField = 0
  inputOffsetField = 0
  semanticsVersionField = 0
  end = 0
  private readonly reasonsCursor = new ReasonCursor()
  private readonly actionsCursor = new EnumCursor()

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.decisionIdField = at
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
    this.eventTimeField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.reasonsField = at
    at = scanArray(buffer, at, stop, scanReason)
    if (at < 0) return -at as DecodeCode
    this.fraudScoreField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.actionsField = at
    at = scanArray(buffer, at, stop, scanAction)
    if (at < 0) return -at as DecodeCode
    this.ruleVersionField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.ruleHashField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
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

  get decisionIdAt(): number {
    return afterLong(this.buffer, this.decisionIdField)
  }

  get decisionIdEnd(): number {
    return this.transactionIdField
  }

  get decisionIdLength(): number {
    return this.transactionIdField - this.decisionIdAt
  }

  get decisionId(): string {
    return readText(this.buffer, this.decisionIdAt, this.transactionIdField)
  }

  /** Copies the encoding as it stands. */
  copyDecisionId(out: DataView, at: number): number {
    return copyBytes(this.view, this.decisionIdField, this.transactionIdField, out, at)
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
    return this.eventTimeField
  }

  get senderAccountIdLength(): number {
    return this.eventTimeField - this.senderAccountIdAt
  }

  get senderAccountId(): string {
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
    return copyBytes(this.view, this.eventTimeField, this.reasonsField, out, at)
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
    return copyBytes(this.view, this.reasonsField, this.fraudScoreField, out, at)
  }

  get fraudScore(): number {
    return readInt(this.buffer, this.fraudScoreField)
  }

  /** Copies the encoding as it stands. */
  copyFraudScore(out: DataView, at: number): number {
    return copyBytes(this.view, this.fraudScoreField, this.actionsField, out, at)
  }

  /** Walks the array in place; one walk at a time. */
  openActions(): EnumCursor {
    return this.actionsCursor.open(this.buffer, this.view, this.actionsField)
  }

  get actions(): Action[] {
    const items: Action[] = []
    const cursor = this.openActions()
    while (cursor.next()) items.push(ACTION_SYMBOLS[cursor.ordinal]!)
    return items
  }

  /** Copies the encoding as it stands. */
  copyActions(out: DataView, at: number): number {
    return copyBytes(this.view, this.actionsField, this.ruleVersionField, out, at)
  }

  get ruleVersionAt(): number {
    return afterLong(this.buffer, this.ruleVersionField)
  }

  get ruleVersionEnd(): number {
    return this.ruleHashField
  }

  get ruleVersionLength(): number {
    return this.ruleHashField - this.ruleVersionAt
  }

  get ruleVersion(): string {
    return readText(this.buffer, this.ruleVersionAt, this.ruleHashField)
  }

  /** Copies the encoding as it stands. */
  copyRuleVersion(out: DataView, at: number): number {
    return copyBytes(this.view, this.ruleVersionField, this.ruleHashField, out, at)
  }

  get ruleHashAt(): number {
    return afterLong(this.buffer, this.ruleHashField)
  }

  get ruleHashEnd(): number {
    return this.inputTopicField
  }

  get ruleHashLength(): number {
    return this.inputTopicField - this.ruleHashAt
  }

  get ruleHash(): string {
    return readText(this.buffer, this.ruleHashAt, this.inputTopicField)
  }

  /** Copies the encoding as it stands. */
  copyRuleHash(out: DataView, at: number): number {
    return copyBytes(this.view, this.ruleHashField, this.inputTopicField, out, at)
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
  toObject(): ShadowVerdict {
    return {
      decisionId: this.decisionId,
      transactionId: this.transactionId,
      senderAccountId: this.senderAccountId,
      eventTime: safeLong(this.eventTime, 'event_time'),
      reasons: this.reasons,
      fraudScore: this.fraudScore,
      actions: this.actions,
      ruleVersion: this.ruleVersion,
      ruleHash: this.ruleHash,
      inputTopic: this.inputTopic,
      inputPartition: this.inputPartition,
      inputOffset: safeLong(this.inputOffset, 'input_offset'),
      semanticsVersion: this.semanticsVersion,
    }
  }
}

/**
 * What `writeShadowVerdict` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface ShadowVerdictSource {
  putDecisionId(out: Uint8Array, view: DataView, at: number): number
  putTransactionId(out: Uint8Array, view: DataView, at: number): number
  putSenderAccountId(out: Uint8Array, view: DataView, at: number): number
  readonly eventTime: number
  putReasons(out: Uint8Array, view: DataView, at: number): number
  readonly fraudScore: number
  putActions(out: Uint8Array, view: DataView, at: number): number
  putRuleVersion(out: Uint8Array, view: DataView, at: number): number
  putRuleHash(out: Uint8Array, view: DataView, at: number): number
  putInputTopic(out: Uint8Array, view: DataView, at: number): number
  readonly inputPartition: number
  readonly inputOffset: number
  readonly semanticsVersion: number
}

/** Writes the Avro encoding of one ShadowVerdict at `start`, without an allocation; `out` has the room. */
export function writeShadowVerdict(
  out: Uint8Array,
  view: DataView,
  start: number,
  source: ShadowVerdictSource,
): number {
  let at = start
  at = source.putDecisionId(out, view, at)
  at = source.putTransactionId(out, view, at)
  at = source.putSenderAccountId(out, view, at)
  at = putLong(out, at, source.eventTime)
  at = source.putReasons(out, view, at)
  at = putLong(out, at, source.fraudScore)
  at = source.putActions(out, view, at)
  at = source.putRuleVersion(out, view, at)
  at = source.putRuleHash(out, view, at)
  at = source.putInputTopic(out, view, at)
  at = putLong(out, at, source.inputPartition)
  at = putLong(out, at, source.inputOffset)
  at = putLong(out, at, source.semanticsVersion)
  return at
}

/** Appends the Avro encoding of one plain ShadowVerdict; throws a RangeError for a number or symbol outside its type. */
export function appendShadowVerdict(out: ByteSink, value: ShadowVerdict): void {
  out.string(value.decisionId)
  out.string(value.transactionId)
  out.string(value.senderAccountId)
  out.long(value.eventTime)
  out.array(value.reasons, (item) => appendReason(out, item))
  out.int(value.fraudScore)
  out.array(value.actions, (item) => out.symbol(ACTION_SYMBOLS, item))
  out.string(value.ruleVersion)
  out.string(value.ruleHash)
  out.string(value.inputTopic)
  out.int(value.inputPartition)
  out.long(value.inputOffset)
  out.int(value.semanticsVersion)
}

/** The Avro encoding of one plain ShadowVerdict, as `appendShadowVerdict` writes it. */
export function encodeShadowVerdict(value: ShadowVerdict): Uint8Array {
  return encoded(appendShadowVerdict, value)
}
