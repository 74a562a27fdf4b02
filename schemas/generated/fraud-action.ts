// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readInt, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import { BAD_TYPE, type DecodeCode, OK, scanInt, scanLong, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'
import { ACTION_SYMBOLS, type Action } from './enums.ts'

/** An automated consequence, once per (sender, action, episode) (SPEC S3, S9). */
export interface FraudAction {
  /** <input partition>-<input offset>-<action> */
  readonly actionId: string
  readonly action: Action
  readonly senderAccountId: string
  readonly transactionId: string
  readonly decisionId: string
  /** <input partition>-<input offset> of the payment that opened the episode. */
  readonly episodeId: string
  readonly eventTime: number
  /** BLOCK_CARD: end of the automatic block in event time. */
  readonly until: number | null
  readonly fraudCount: number
  readonly fraudScore: number
  readonly ruleVersion: string
  readonly inputTopic: string
  readonly inputPartition: number
  readonly inputOffset: number
  readonly semanticsVersion: number
}

/** The fields of FraudAction that have a default, each with it. */
export const fraudActionDefaults = {
  until: null,
} satisfies Partial<FraudAction>

/**
 * Reads a FraudAction in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class FraudActionReader {
  buffer = NO_BYTES
  view = NO_VIEW
  actionIdField = 0
  actionField = 0
  senderAccountIdField = 0
  transactionIdField = 0
  decisionIdField = 0
  episodeIdField = 0
  eventTimeField = 0
  untilField = 0
  fraudCountField = 0
  fraudScoreField = 0
  ruleVersionField = 0
  inputTopicField = 0
  inputPartitionField = 0
  inputOffsetField = 0
  semanticsVersionField = 0
  end = 0

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.actionIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.actionField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 6) return BAD_TYPE
    at++
    this.senderAccountIdField = at
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
    this.decisionIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.episodeIdField = at
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
    this.untilField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      at = scanLong(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    } else if (byte !== 0) return BAD_TYPE
    this.fraudCountField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.fraudScoreField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.ruleVersionField = at
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

  get actionIdAt(): number {
    return afterLong(this.buffer, this.actionIdField)
  }

  get actionIdEnd(): number {
    return this.actionField
  }

  get actionIdLength(): number {
    return this.actionField - this.actionIdAt
  }

  get actionId(): string {
    return readText(this.buffer, this.actionIdAt, this.actionField)
  }

  /** Copies the encoding as it stands. */
  copyActionId(out: DataView, at: number): number {
    return copyBytes(this.view, this.actionIdField, this.actionField, out, at)
  }

  get action(): number {
    return this.buffer[this.actionField]! >>> 1
  }

  get actionSymbol(): Action {
    return ACTION_SYMBOLS[this.action]!
  }

  /** Copies the encoding as it stands. */
  copyAction(out: DataView, at: number): number {
    return copyBytes(this.view, this.actionField, this.senderAccountIdField, out, at)
  }

  get senderAccountIdAt(): number {
    return afterLong(this.buffer, this.senderAccountIdField)
  }

  get senderAccountIdEnd(): number {
    return this.transactionIdField
  }

  get senderAccountIdLength(): number {
    return this.transactionIdField - this.senderAccountIdAt
  }

  get senderAccountId(): string {
    return readText(this.buffer, this.senderAccountIdAt, this.transactionIdField)
  }

  /** Copies the encoding as it stands. */
  copySenderAccountId(out: DataView, at: number): number {
    return copyBytes(this.view, this.senderAccountIdField, this.transactionIdField, out, at)
  }

  get transactionIdAt(): number {
    return afterLong(this.buffer, this.transactionIdField)
  }

  get transactionIdEnd(): number {
    return this.decisionIdField
  }

  get transactionIdLength(): number {
    return this.decisionIdField - this.transactionIdAt
  }

  get transactionId(): string {
    return readText(this.buffer, this.transactionIdAt, this.decisionIdField)
  }

  /** Copies the encoding as it stands. */
  copyTransactionId(out: DataView, at: number): number {
    return copyBytes(this.view, this.transactionIdField, this.decisionIdField, out, at)
  }

  get decisionIdAt(): number {
    return afterLong(this.buffer, this.decisionIdField)
  }

  get decisionIdEnd(): number {
    return this.episodeIdField
  }

  get decisionIdLength(): number {
    return this.episodeIdField - this.decisionIdAt
  }

  get decisionId(): string {
    return readText(this.buffer, this.decisionIdAt, this.episodeIdField)
  }

  /** Copies the encoding as it stands. */
  copyDecisionId(out: DataView, at: number): number {
    return copyBytes(this.view, this.decisionIdField, this.episodeIdField, out, at)
  }

  get episodeIdAt(): number {
    return afterLong(this.buffer, this.episodeIdField)
  }

  get episodeIdEnd(): number {
    return this.eventTimeField
  }

  get episodeIdLength(): number {
    return this.eventTimeField - this.episodeIdAt
  }

  get episodeId(): string {
    return readText(this.buffer, this.episodeIdAt, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyEpisodeId(out: DataView, at: number): number {
    return copyBytes(this.view, this.episodeIdField, this.eventTimeField, out, at)
  }

  get eventTime(): number {
    return readLong(this.buffer, this.eventTimeField)
  }

  get eventTimeExact(): bigint {
    return readLongExact(this.buffer, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyEventTime(out: DataView, at: number): number {
    return copyBytes(this.view, this.eventTimeField, this.untilField, out, at)
  }

  get hasUntil(): boolean {
    return this.buffer[this.untilField] !== 0
  }

  get until(): number {
    if (!this.hasUntil) return Number.NaN
    return readLong(this.buffer, this.untilField + 1)
  }

  /** Copies the encoding as it stands. */
  copyUntil(out: DataView, at: number): number {
    return copyBytes(this.view, this.untilField, this.fraudCountField, out, at)
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
    return copyBytes(this.view, this.fraudScoreField, this.ruleVersionField, out, at)
  }

  get ruleVersionAt(): number {
    return afterLong(this.buffer, this.ruleVersionField)
  }

  get ruleVersionEnd(): number {
    return this.inputTopicField
  }

  get ruleVersionLength(): number {
    return this.inputTopicField - this.ruleVersionAt
  }

  get ruleVersion(): string {
    return readText(this.buffer, this.ruleVersionAt, this.inputTopicField)
  }

  /** Copies the encoding as it stands. */
  copyRuleVersion(out: DataView, at: number): number {
    return copyBytes(this.view, this.ruleVersionField, this.inputTopicField, out, at)
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
  toObject(): FraudAction {
    return {
      actionId: this.actionId,
      action: this.actionSymbol,
      senderAccountId: this.senderAccountId,
      transactionId: this.transactionId,
      decisionId: this.decisionId,
      episodeId: this.episodeId,
      eventTime: safeLong(this.eventTime, 'event_time'),
      until: this.hasUntil ? safeLong(this.until, 'until') : null,
      fraudCount: this.fraudCount,
      fraudScore: this.fraudScore,
      ruleVersion: this.ruleVersion,
      inputTopic: this.inputTopic,
      inputPartition: this.inputPartition,
      inputOffset: safeLong(this.inputOffset, 'input_offset'),
      semanticsVersion: this.semanticsVersion,
    }
  }
}

/**
 * What `writeFraudAction` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface FraudActionSource {
  putActionId(out: Uint8Array, view: DataView, at: number): number
  readonly action: number
  putSenderAccountId(out: Uint8Array, view: DataView, at: number): number
  putTransactionId(out: Uint8Array, view: DataView, at: number): number
  putDecisionId(out: Uint8Array, view: DataView, at: number): number
  putEpisodeId(out: Uint8Array, view: DataView, at: number): number
  readonly eventTime: number
  putUntil(out: Uint8Array, view: DataView, at: number): number
  readonly fraudCount: number
  readonly fraudScore: number
  putRuleVersion(out: Uint8Array, view: DataView, at: number): number
  putInputTopic(out: Uint8Array, view: DataView, at: number): number
  readonly inputPartition: number
  readonly inputOffset: number
  readonly semanticsVersion: number
}

/** Writes the Avro encoding of one FraudAction at `start`, without an allocation; `out` has the room. */
export function writeFraudAction(out: Uint8Array, view: DataView, start: number, source: FraudActionSource): number {
  let at = start
  at = source.putActionId(out, view, at)
  out[at++] = source.action << 1
  at = source.putSenderAccountId(out, view, at)
  at = source.putTransactionId(out, view, at)
  at = source.putDecisionId(out, view, at)
  at = source.putEpisodeId(out, view, at)
  at = putLong(out, at, source.eventTime)
  at = source.putUntil(out, view, at)
  at = putLong(out, at, source.fraudCount)
  at = putLong(out, at, source.fraudScore)
  at = source.putRuleVersion(out, view, at)
  at = source.putInputTopic(out, view, at)
  at = putLong(out, at, source.inputPartition)
  at = putLong(out, at, source.inputOffset)
  at = putLong(out, at, source.semanticsVersion)
  return at
}

/** Appends the Avro encoding of one plain FraudAction; throws a RangeError for a number or symbol outside its type. */
export function appendFraudAction(out: ByteSink, value: FraudAction): void {
  out.string(value.actionId)
  out.symbol(ACTION_SYMBOLS, value.action)
  out.string(value.senderAccountId)
  out.string(value.transactionId)
  out.string(value.decisionId)
  out.string(value.episodeId)
  out.long(value.eventTime)
  if (out.present(value.until)) out.long(value.until)
  out.int(value.fraudCount)
  out.int(value.fraudScore)
  out.string(value.ruleVersion)
  out.string(value.inputTopic)
  out.int(value.inputPartition)
  out.long(value.inputOffset)
  out.int(value.semanticsVersion)
}

/** The Avro encoding of one plain FraudAction, as `appendFraudAction` writes it. */
export function encodeFraudAction(value: FraudAction): Uint8Array {
  return encoded(appendFraudAction, value)
}
