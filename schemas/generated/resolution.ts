// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readInt, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import { BAD_TYPE, type DecodeCode, OK, scanInt, scanLong, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'
import { RESOLUTION_OUTCOME_SYMBOLS, type ResolutionOutcome } from './enums.ts'

/** The single end of a challenge or a review (SPEC S8), on the same topic as the decision. */
export interface Resolution {
  readonly decisionId: string
  readonly transactionId: string
  readonly senderAccountId: string
  readonly outcome: ResolutionOutcome
  readonly actor: string
  readonly eventTime: number
  readonly inputTopic: string
  readonly inputPartition: number
  /** The record that caused it: the control record, or the one whose stream time passed the limit. */
  readonly inputOffset: number
  readonly semanticsVersion: number
}

/**
 * Reads a Resolution in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class ResolutionReader {
  buffer = NO_BYTES
  view = NO_VIEW
  decisionIdField = 0
  transactionIdField = 0
  senderAccountIdField = 0
  outcomeField = 0
  actorField = 0
  eventTimeField = 0
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
    this.outcomeField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 10) return BAD_TYPE
    at++
    this.actorField = at
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
    return this.outcomeField
  }

  get senderAccountIdLength(): number {
    return this.outcomeField - this.senderAccountIdAt
  }

  get senderAccountId(): string {
    return readText(this.buffer, this.senderAccountIdAt, this.outcomeField)
  }

  /** Copies the encoding as it stands. */
  copySenderAccountId(out: DataView, at: number): number {
    return copyBytes(this.view, this.senderAccountIdField, this.outcomeField, out, at)
  }

  get outcome(): number {
    return this.buffer[this.outcomeField]! >>> 1
  }

  get outcomeSymbol(): ResolutionOutcome {
    return RESOLUTION_OUTCOME_SYMBOLS[this.outcome]!
  }

  /** Copies the encoding as it stands. */
  copyOutcome(out: DataView, at: number): number {
    return copyBytes(this.view, this.outcomeField, this.actorField, out, at)
  }

  get actorAt(): number {
    return afterLong(this.buffer, this.actorField)
  }

  get actorEnd(): number {
    return this.eventTimeField
  }

  get actorLength(): number {
    return this.eventTimeField - this.actorAt
  }

  get actor(): string {
    return readText(this.buffer, this.actorAt, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyActor(out: DataView, at: number): number {
    return copyBytes(this.view, this.actorField, this.eventTimeField, out, at)
  }

  get eventTime(): number {
    return readLong(this.buffer, this.eventTimeField)
  }

  get eventTimeExact(): bigint {
    return readLongExact(this.buffer, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyEventTime(out: DataView, at: number): number {
    return copyBytes(this.view, this.eventTimeField, this.inputTopicField, out, at)
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
  toObject(): Resolution {
    return {
      decisionId: this.decisionId,
      transactionId: this.transactionId,
      senderAccountId: this.senderAccountId,
      outcome: this.outcomeSymbol,
      actor: this.actor,
      eventTime: safeLong(this.eventTime, 'event_time'),
      inputTopic: this.inputTopic,
      inputPartition: this.inputPartition,
      inputOffset: safeLong(this.inputOffset, 'input_offset'),
      semanticsVersion: this.semanticsVersion,
    }
  }
}

/**
 * What `writeResolution` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface ResolutionSource {
  putDecisionId(out: Uint8Array, view: DataView, at: number): number
  putTransactionId(out: Uint8Array, view: DataView, at: number): number
  putSenderAccountId(out: Uint8Array, view: DataView, at: number): number
  readonly outcome: number
  putActor(out: Uint8Array, view: DataView, at: number): number
  readonly eventTime: number
  putInputTopic(out: Uint8Array, view: DataView, at: number): number
  readonly inputPartition: number
  readonly inputOffset: number
  readonly semanticsVersion: number
}

/** Writes the Avro encoding of one Resolution at `start`, without an allocation; `out` has the room. */
export function writeResolution(out: Uint8Array, view: DataView, start: number, source: ResolutionSource): number {
  let at = start
  at = source.putDecisionId(out, view, at)
  at = source.putTransactionId(out, view, at)
  at = source.putSenderAccountId(out, view, at)
  out[at++] = source.outcome << 1
  at = source.putActor(out, view, at)
  at = putLong(out, at, source.eventTime)
  at = source.putInputTopic(out, view, at)
  at = putLong(out, at, source.inputPartition)
  at = putLong(out, at, source.inputOffset)
  at = putLong(out, at, source.semanticsVersion)
  return at
}

/** Appends the Avro encoding of one plain Resolution; throws a RangeError for a number or symbol outside its type. */
export function appendResolution(out: ByteSink, value: Resolution): void {
  out.string(value.decisionId)
  out.string(value.transactionId)
  out.string(value.senderAccountId)
  out.symbol(RESOLUTION_OUTCOME_SYMBOLS, value.outcome)
  out.string(value.actor)
  out.long(value.eventTime)
  out.string(value.inputTopic)
  out.int(value.inputPartition)
  out.long(value.inputOffset)
  out.int(value.semanticsVersion)
}

/** The Avro encoding of one plain Resolution, as `appendResolution` writes it. */
export function encodeResolution(value: Resolution): Uint8Array {
  return encoded(appendResolution, value)
}
