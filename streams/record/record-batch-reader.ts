import { crc32c } from '@node-rs/crc32'
import * as layout from './batch-layout.ts'
import { afterVarint, readVarint } from './varint.ts'

/**
 * What `open` found.
 *
 * - ok:        data records follow; call `next`.
 * - control:   a transaction marker or another control batch; its records are nobody's data, and `next` gives none.
 * - truncated: the bytes end before the batch does, as the tail of a fetch may.
 * - malformed: a length or a count that no writer makes.
 * - bad-magic: not format v2.
 * - bad-crc:   the bytes are not those that were written.
 * - compressed: a codec that this reader does not have.
 */
export type BatchStatus = 'ok' | 'control' | 'truncated' | 'malformed' | 'bad-magic' | 'bad-crc' | 'compressed'

/**
 * A cursor over one v2 record batch in place: `open`, then `next` until it says false, then look at `malformed`.
 * One instance is reused for every batch and allocates nothing a record. Positions (`keyAt`, ...) point into the bytes
 * given to `open`; a length of -1 is null. Nothing beyond the batch's end is ever handed out.
 */
export class RecordBatchReader {
  bytes: Uint8Array = new Uint8Array(0)

  // The batch. Not-a-number until the first `open`, so that V8 keeps these fields as doubles from the start.
  baseOffset: number = Number.NaN
  /** One past the batch's last offset, gaps of compaction included. */
  nextOffset: number = Number.NaN
  /** When the log appended the batch, or -1 when its records carry their own times. */
  appendTimeMs: number = Number.NaN
  producerId: number = Number.NaN
  producerEpoch = -1
  baseSequence = -1
  lastOffsetDelta = 0
  recordCount = 0
  isControl = false
  isTransactional = false
  /** Position after the batch: where the next one begins. */
  end = 0

  // The record.
  offset: number = Number.NaN
  timestampMs: number = Number.NaN
  keyAt = 0
  keyLength = -1
  valueAt = 0
  valueLength = -1
  headersAt = 0
  headerCount = 0
  /** True once `next` has stopped at bytes that are no record, or at fewer or more bytes than the count promised. */
  malformed = false

  // The header that `nextHeader` stands on.
  headerKeyAt = 0
  headerKeyLength = 0
  headerValueAt = 0
  headerValueLength = -1

  private baseTimestampMs: number = Number.NaN
  private at = 0
  private left = 0
  private lastDelta = -1
  private headerCursor = 0
  private headersLeft = 0

  /**
   * Stands before the first record of the batch at `at`; `end` bounds the readable bytes, `view` covers the same memory
   * from index 0 of `bytes`. The header's fields are set for every status but truncated, malformed and bad-magic.
   */
  open(bytes: Uint8Array, view: DataView, at: number, end: number): BatchStatus {
    this.left = 0
    this.headersLeft = 0
    this.malformed = false
    if (end - at < layout.LENGTH_OVERHEAD_BYTES) return 'truncated'
    const length = view.getInt32(at + layout.BATCH_LENGTH)
    if (length < layout.HEADER_BYTES - layout.LENGTH_OVERHEAD_BYTES) return 'malformed'
    if (end - at < layout.LENGTH_OVERHEAD_BYTES + length) return 'truncated'
    if (bytes[at + layout.MAGIC] !== layout.MAGIC_V2) return 'bad-magic'
    this.bytes = bytes
    this.end = at + layout.LENGTH_OVERHEAD_BYTES + length
    this.readHeader(view, at)
    const attributes = view.getInt16(at + layout.ATTRIBUTES)
    if (crc32c(bytes.subarray(at + layout.CRC_FROM, this.end)) !== view.getUint32(at + layout.CRC)) return 'bad-crc'
    if (this.recordCount < 0 || this.lastOffsetDelta < this.recordCount - 1) return 'malformed'
    if ((attributes & layout.COMPRESSION_MASK) !== 0) return 'compressed'
    if (this.isControl) {
      this.at = this.end
      return 'control'
    }
    this.left = this.recordCount
    return 'ok'
  }

  private readHeader(view: DataView, at: number): void {
    const attributes = view.getInt16(at + layout.ATTRIBUTES)
    this.isControl = (attributes & layout.CONTROL) !== 0
    this.isTransactional = (attributes & layout.TRANSACTIONAL) !== 0
    this.baseOffset = layout.getInt64(view, at + layout.BASE_OFFSET)
    this.lastOffsetDelta = view.getInt32(at + layout.LAST_OFFSET_DELTA)
    this.nextOffset = this.baseOffset + this.lastOffsetDelta + 1
    this.baseTimestampMs = layout.getInt64(view, at + layout.BASE_TIMESTAMP)
    const stamped = (attributes & layout.LOG_APPEND_TIME) !== 0
    this.appendTimeMs = stamped ? layout.getInt64(view, at + layout.MAX_TIMESTAMP) : -1
    this.producerId = layout.getInt64(view, at + layout.PRODUCER_ID)
    this.producerEpoch = view.getInt16(at + layout.PRODUCER_EPOCH)
    this.baseSequence = view.getInt32(at + layout.BASE_SEQUENCE)
    this.recordCount = view.getInt32(at + layout.RECORD_COUNT)
    this.at = at + layout.HEADER_BYTES
    this.lastDelta = -1
  }

  /** Moves to the next record. False at the end, and at a malformed record: then `malformed` says so. */
  next(): boolean {
    if (this.left === 0) return this.stop(this.at !== this.end)
    this.left--
    const { bytes, end } = this
    const start = afterVarint(bytes, this.at)
    const length = readVarint(bytes, this.at)
    // A record is at least six bytes; `start` itself may lie past the end when the length's varint was cut.
    if (length < 6 || start + length > end) return this.stop(true)
    const recordEnd = start + length
    const deltaAt = afterVarint(bytes, start + 1)
    const keyLengthAt = afterVarint(bytes, deltaAt)
    const keyAt = afterVarint(bytes, keyLengthAt)
    const delta = readVarint(bytes, deltaAt)
    const keyLength = readVarint(bytes, keyLengthAt)
    if (delta <= this.lastDelta || delta > this.lastOffsetDelta || keyLength < -1) return this.stop(true)
    const valueLengthAt = keyLength > 0 ? keyAt + keyLength : keyAt
    if (valueLengthAt >= recordEnd) return this.stop(true)
    const valueAt = afterVarint(bytes, valueLengthAt)
    const valueLength = readVarint(bytes, valueLengthAt)
    const headersAt = valueLength > 0 ? valueAt + valueLength : valueAt
    if (valueLength < -1 || headersAt >= recordEnd) return this.stop(true)
    this.lastDelta = delta
    this.offset = this.baseOffset + delta
    this.timestampMs = this.timeOf(start + 1)
    this.keyAt = keyAt
    this.keyLength = keyLength
    this.valueAt = valueAt
    this.valueLength = valueLength
    this.at = recordEnd
    return bytes[headersAt] === 0
      ? this.endWithoutHeaders(headersAt + 1, recordEnd)
      : this.enterHeaders(headersAt, recordEnd)
  }

  /** Moves to the record's next header: its key and value positions. False after the last. */
  nextHeader(): boolean {
    if (this.headersLeft === 0) return false
    this.headersLeft--
    const { bytes } = this
    this.headerKeyLength = readVarint(bytes, this.headerCursor)
    this.headerKeyAt = afterVarint(bytes, this.headerCursor)
    const valueLengthAt = this.headerKeyAt + this.headerKeyLength
    this.headerValueLength = readVarint(bytes, valueLengthAt)
    this.headerValueAt = afterVarint(bytes, valueLengthAt)
    this.headerCursor = this.headerValueAt + Math.max(this.headerValueLength, 0)
    return true
  }

  /** The record's time, whose delta stands at `at`. */
  private timeOf(at: number): number {
    return this.appendTimeMs >= 0 ? this.appendTimeMs : this.baseTimestampMs + readVarint(this.bytes, at)
  }

  private endWithoutHeaders(at: number, recordEnd: number): boolean {
    if (at !== recordEnd) return this.stop(true)
    this.headersAt = recordEnd
    this.headerCount = 0
    this.headersLeft = 0
    return true
  }

  /** Walks all headers once, so that `nextHeader` needs no bounds of its own. */
  private enterHeaders(at: number, recordEnd: number): boolean {
    const { bytes } = this
    const count = readVarint(bytes, at)
    const first = afterVarint(bytes, at)
    let cursor = first
    let walked = 0
    for (; walked < count && cursor < recordEnd; walked++) {
      const keyLength = readVarint(bytes, cursor)
      const valueLengthAt = afterVarint(bytes, cursor) + keyLength
      if (keyLength < 0 || valueLengthAt >= recordEnd) return this.stop(true)
      const valueLength = readVarint(bytes, valueLengthAt)
      if (valueLength < -1) return this.stop(true)
      cursor = afterVarint(bytes, valueLengthAt) + Math.max(valueLength, 0)
    }
    if (count <= 0 || walked !== count || cursor !== recordEnd) return this.stop(true)
    this.headersAt = first
    this.headerCount = count
    this.headersLeft = count
    this.headerCursor = first
    return true
  }

  private stop(malformed: boolean): false {
    this.left = 0
    this.headersLeft = 0
    if (malformed) this.malformed = true
    return false
  }
}
