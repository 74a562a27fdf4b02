// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readInt, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import { BAD_TYPE, type DecodeCode, OK, scanInt, scanLong, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'
import { DEAD_LETTER_REASON_SYMBOLS, type DeadLetterReason } from './enums.ts'

/** A record that could not be processed: coordinates, reason and keyed hash, never its bytes (SPEC M6). */
export interface DeadLetter {
  readonly reason: DeadLetterReason
  /** The field and the rule that it broke; never a value. */
  readonly detail: string
  readonly inputTopic: string
  readonly inputPartition: number
  readonly inputOffset: number
  readonly appendTime: number
  /** 32 hex digits, keyed with the task's state key. */
  readonly valueHash: string
  /** Length of the refused value; -1 for null. */
  readonly valueBytes: number
  readonly semanticsVersion: number
}

/**
 * Reads a DeadLetter in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class DeadLetterReader {
  buffer = NO_BYTES
  view = NO_VIEW
  reasonField = 0
  detailField = 0
  inputTopicField = 0
  inputPartitionField = 0
  inputOffsetField = 0
  appendTimeField = 0
  valueHashField = 0
  valueBytesField = 0
  semanticsVersionField = 0
  end = 0

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.reasonField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 46) return BAD_TYPE
    at++
    this.detailField = at
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
    this.appendTimeField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.valueHashField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.valueBytesField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.semanticsVersionField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.end = at
    if (at === stop) return OK
    return at < stop ? TRAILING : TRUNCATED
  }

  get reason(): number {
    return this.buffer[this.reasonField]! >>> 1
  }

  get reasonSymbol(): DeadLetterReason {
    return DEAD_LETTER_REASON_SYMBOLS[this.reason]!
  }

  /** Copies the encoding as it stands. */
  copyReason(out: DataView, at: number): number {
    return copyBytes(this.view, this.reasonField, this.detailField, out, at)
  }

  get detailAt(): number {
    return afterLong(this.buffer, this.detailField)
  }

  get detailEnd(): number {
    return this.inputTopicField
  }

  get detailLength(): number {
    return this.inputTopicField - this.detailAt
  }

  get detail(): string {
    return readText(this.buffer, this.detailAt, this.inputTopicField)
  }

  /** Copies the encoding as it stands. */
  copyDetail(out: DataView, at: number): number {
    return copyBytes(this.view, this.detailField, this.inputTopicField, out, at)
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
    return copyBytes(this.view, this.appendTimeField, this.valueHashField, out, at)
  }

  get valueHashAt(): number {
    return afterLong(this.buffer, this.valueHashField)
  }

  get valueHashEnd(): number {
    return this.valueBytesField
  }

  get valueHashLength(): number {
    return this.valueBytesField - this.valueHashAt
  }

  get valueHash(): string {
    return readText(this.buffer, this.valueHashAt, this.valueBytesField)
  }

  /** Copies the encoding as it stands. */
  copyValueHash(out: DataView, at: number): number {
    return copyBytes(this.view, this.valueHashField, this.valueBytesField, out, at)
  }

  get valueBytes(): number {
    return readInt(this.buffer, this.valueBytesField)
  }

  /** Copies the encoding as it stands. */
  copyValueBytes(out: DataView, at: number): number {
    return copyBytes(this.view, this.valueBytesField, this.semanticsVersionField, out, at)
  }

  get semanticsVersion(): number {
    return readInt(this.buffer, this.semanticsVersionField)
  }

  /** Copies the encoding as it stands. */
  copySemanticsVersion(out: DataView, at: number): number {
    return copyBytes(this.view, this.semanticsVersionField, this.end, out, at)
  }

  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */
  toObject(): DeadLetter {
    return {
      reason: this.reasonSymbol,
      detail: this.detail,
      inputTopic: this.inputTopic,
      inputPartition: this.inputPartition,
      inputOffset: safeLong(this.inputOffset, 'input_offset'),
      appendTime: safeLong(this.appendTime, 'append_time'),
      valueHash: this.valueHash,
      valueBytes: this.valueBytes,
      semanticsVersion: this.semanticsVersion,
    }
  }
}

/**
 * What `writeDeadLetter` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface DeadLetterSource {
  readonly reason: number
  putDetail(out: Uint8Array, view: DataView, at: number): number
  putInputTopic(out: Uint8Array, view: DataView, at: number): number
  readonly inputPartition: number
  readonly inputOffset: number
  readonly appendTime: number
  putValueHash(out: Uint8Array, view: DataView, at: number): number
  readonly valueBytes: number
  readonly semanticsVersion: number
}

/** Writes the Avro encoding of one DeadLetter at `start`, without an allocation; `out` has the room. */
export function writeDeadLetter(out: Uint8Array, view: DataView, start: number, source: DeadLetterSource): number {
  let at = start
  out[at++] = source.reason << 1
  at = source.putDetail(out, view, at)
  at = source.putInputTopic(out, view, at)
  at = putLong(out, at, source.inputPartition)
  at = putLong(out, at, source.inputOffset)
  at = putLong(out, at, source.appendTime)
  at = source.putValueHash(out, view, at)
  at = putLong(out, at, source.valueBytes)
  at = putLong(out, at, source.semanticsVersion)
  return at
}

/** Appends the Avro encoding of one plain DeadLetter; throws a RangeError for a number or symbol outside its type. */
export function appendDeadLetter(out: ByteSink, value: DeadLetter): void {
  out.symbol(DEAD_LETTER_REASON_SYMBOLS, value.reason)
  out.string(value.detail)
  out.string(value.inputTopic)
  out.int(value.inputPartition)
  out.long(value.inputOffset)
  out.long(value.appendTime)
  out.string(value.valueHash)
  out.int(value.valueBytes)
  out.int(value.semanticsVersion)
}

/** The Avro encoding of one plain DeadLetter, as `appendDeadLetter` writes it. */
export function encodeDeadLetter(value: DeadLetter): Uint8Array {
  return encoded(appendDeadLetter, value)
}
