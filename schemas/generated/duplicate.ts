// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readInt, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import { type DecodeCode, OK, scanInt, scanLong, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'

/** A repeat that dedup ended (SPEC D2): its coordinates and those of the first. */
export interface Duplicate {
  readonly transactionId: string
  readonly senderAccountId: string
  readonly eventTime: number
  readonly inputTopic: string
  readonly inputPartition: number
  readonly inputOffset: number
  readonly appendTime: number
  readonly firstOffset: number
  /** Stream time right after the first sight; the horizon counts from it. */
  readonly firstStreamTime: number
  readonly semanticsVersion: number
}

/**
 * Reads a Duplicate in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class DuplicateReader {
  buffer = NO_BYTES
  view = NO_VIEW
  transactionIdField = 0
  senderAccountIdField = 0
  eventTimeField = 0
  inputTopicField = 0
  inputPartitionField = 0
  inputOffsetField = 0
  appendTimeField = 0
  firstOffsetField = 0
  firstStreamTimeField = 0
  semanticsVersionField = 0
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
    this.appendTimeField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.firstOffsetField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.firstStreamTimeField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.semanticsVersionField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.end = at
    if (at === stop) return OK
    return at < stop ? TRAILING : TRUNCATED
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
    return copyBytes(this.view, this.inputOffsetField, this.appendTimeField, out, at)
  }

  get appendTime(): number {
    return readLong(this.buffer, this.appendTimeField)
  }

  get appendTimeExact(): bigint {
    return readLongExact(this.buffer, this.appendTimeField)
  }

  /** Copies the encoding as it stands. */
  copyAppendTime(out: DataView, at: number): number {
    return copyBytes(this.view, this.appendTimeField, this.firstOffsetField, out, at)
  }

  get firstOffset(): number {
    return readLong(this.buffer, this.firstOffsetField)
  }

  get firstOffsetExact(): bigint {
    return readLongExact(this.buffer, this.firstOffsetField)
  }

  /** Copies the encoding as it stands. */
  copyFirstOffset(out: DataView, at: number): number {
    return copyBytes(this.view, this.firstOffsetField, this.firstStreamTimeField, out, at)
  }

  get firstStreamTime(): number {
    return readLong(this.buffer, this.firstStreamTimeField)
  }

  get firstStreamTimeExact(): bigint {
    return readLongExact(this.buffer, this.firstStreamTimeField)
  }

  /** Copies the encoding as it stands. */
  copyFirstStreamTime(out: DataView, at: number): number {
    return copyBytes(this.view, this.firstStreamTimeField, this.semanticsVersionField, out, at)
  }

  get semanticsVersion(): number {
    return readInt(this.buffer, this.semanticsVersionField)
  }

  /** Copies the encoding as it stands. */
  copySemanticsVersion(out: DataView, at: number): number {
    return copyBytes(this.view, this.semanticsVersionField, this.end, out, at)
  }

  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */
  toObject(): Duplicate {
    return {
      transactionId: this.transactionId,
      senderAccountId: this.senderAccountId,
      eventTime: safeLong(this.eventTime, 'event_time'),
      inputTopic: this.inputTopic,
      inputPartition: this.inputPartition,
      inputOffset: safeLong(this.inputOffset, 'input_offset'),
      appendTime: safeLong(this.appendTime, 'append_time'),
      firstOffset: safeLong(this.firstOffset, 'first_offset'),
      firstStreamTime: safeLong(this.firstStreamTime, 'first_stream_time'),
      semanticsVersion: this.semanticsVersion,
    }
  }
}

/**
 * What `writeDuplicate` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface DuplicateSource {
  putTransactionId(out: Uint8Array, view: DataView, at: number): number
  putSenderAccountId(out: Uint8Array, view: DataView, at: number): number
  readonly eventTime: number
  putInputTopic(out: Uint8Array, view: DataView, at: number): number
  readonly inputPartition: number
  readonly inputOffset: number
  readonly appendTime: number
  readonly firstOffset: number
  readonly firstStreamTime: number
  readonly semanticsVersion: number
}

/** Writes the Avro encoding of one Duplicate at `start`, without an allocation; `out` has the room. */
export function writeDuplicate(out: Uint8Array, view: DataView, start: number, source: DuplicateSource): number {
  let at = start
  at = source.putTransactionId(out, view, at)
  at = source.putSenderAccountId(out, view, at)
  at = putLong(out, at, source.eventTime)
  at = source.putInputTopic(out, view, at)
  at = putLong(out, at, source.inputPartition)
  at = putLong(out, at, source.inputOffset)
  at = putLong(out, at, source.appendTime)
  at = putLong(out, at, source.firstOffset)
  at = putLong(out, at, source.firstStreamTime)
  at = putLong(out, at, source.semanticsVersion)
  return at
}

/** Appends the Avro encoding of one plain Duplicate; throws a RangeError for a number or symbol outside its type. */
export function appendDuplicate(out: ByteSink, value: Duplicate): void {
  out.string(value.transactionId)
  out.string(value.senderAccountId)
  out.long(value.eventTime)
  out.string(value.inputTopic)
  out.int(value.inputPartition)
  out.long(value.inputOffset)
  out.long(value.appendTime)
  out.long(value.firstOffset)
  out.long(value.firstStreamTime)
  out.int(value.semanticsVersion)
}

/** The Avro encoding of one plain Duplicate, as `appendDuplicate` writes it. */
export function encodeDuplicate(value: Duplicate): Uint8Array {
  return encoded(appendDuplicate, value)
}
