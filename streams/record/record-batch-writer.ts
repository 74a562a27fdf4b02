import * as layout from './batch-layout.ts'
import { type EncodedHeaders, STRIDE_BYTES } from './record-headers.ts'
import { putVarint, varintBytes } from './varint.ts'

/** Past this size a batch takes no further record; Kafka's default `max.message.bytes` is 1,048,588. */
const BATCH_BYTES_MAX = 1_000_000
/** Past this count likewise: consumers that count a batch's records in 16 bits exist. */
const BATCH_RECORDS_MAX = 65_535
/** Room kept behind every reservation, so that writers may overshoot a copy by a few bytes. */
const SLACK_BYTES = 64
/** A batch header and the fields of one record around its key and value, at their longest. */
const RECORD_OVERHEAD_BYTES = layout.HEADER_BYTES + 48
/** Lengths are known after the bytes: two are left free, which fits 64 to 8191. Other lengths move what follows. */
const LENGTH_SLOT_BYTES = 2

/** One batch of `RecordBatchWriter.finish`: whole but for what `sealBatch` adds. */
export interface FinishedBatch {
  /** Points into the writer's buffer: valid until the writer is opened again. */
  readonly bytes: Uint8Array
  readonly recordCount: number
}

export interface BatchLimits {
  readonly bytesMax?: number
  readonly recordsMax?: number
}

/**
 * Writes records into one growing buffer as v2 batches back to back, a new batch whenever one is full. A record is
 * `begin`, then value bytes put straight into `bytes` from `at` (after `reserve`, which may replace `bytes` and `view`)
 * with `at` moved behind them, then one of the `end`s. No record allocates while the buffer is large enough.
 */
export class RecordBatchWriter {
  bytes: Uint8Array
  view: DataView
  /** Where the next byte goes. */
  at = 0
  /** Headers that `end` puts behind every value; null puts none. */
  headers: EncodedHeaders | null = null
  private readonly bytesMax: number
  private readonly recordsMax: number
  private finished: FinishedBatch[] = []
  private batchAt = -1
  private count = 0
  private baseTimestampMs: number = Number.NaN
  private maxTimestampMs: number = Number.NaN
  // The record that is being written.
  private recordAt = 0
  private timestampMs: number = Number.NaN
  private keyAt = 0
  private keyLength = -1
  private valueSlotAt = 0

  constructor(capacityBytes: number = 1 << 20, limits: BatchLimits = {}) {
    this.bytes = new Uint8Array(Math.max(capacityBytes, 4096))
    this.view = new DataView(this.bytes.buffer)
    this.bytesMax = limits.bytesMax ?? BATCH_BYTES_MAX
    this.recordsMax = limits.recordsMax ?? BATCH_RECORDS_MAX
  }

  /** True when nothing was written since `open`. */
  get empty(): boolean {
    return this.batchAt < 0 && this.finished.length === 0
  }

  /** Forgets what was written; earlier finished batches are overwritten from here on. */
  open(): void {
    this.at = 0
    this.batchAt = -1
    this.finished = []
  }

  /** Begins a record. A `keyLength` of -1 is a null key. */
  begin(timestampMs: number, key: Uint8Array, keyAt: number, keyLength: number): void {
    this.reserve(RECORD_OVERHEAD_BYTES + Math.max(keyLength, 0))
    if (this.batchAt < 0) this.openBatch(timestampMs)
    const { bytes } = this
    this.recordAt = this.at
    this.timestampMs = timestampMs
    let at = this.at + LENGTH_SLOT_BYTES
    bytes[at] = 0 // A record has no attributes yet.
    at = putVarint(bytes, at + 1, timestampMs - this.baseTimestampMs)
    at = putVarint(bytes, at, this.count)
    at = putVarint(bytes, at, keyLength)
    this.keyAt = at
    this.keyLength = keyLength
    for (let i = 0; i < keyLength; i++) bytes[at + i] = key[keyAt + i] as number
    if (keyLength > 0) at += keyLength
    this.valueSlotAt = at
    this.at = at + LENGTH_SLOT_BYTES
  }

  /** Makes room for `size` more bytes and the slack. `bytes` and `view` may be new ones afterwards. */
  reserve(size: number): void {
    const needed = this.at + size + SLACK_BYTES
    if (needed > this.bytes.length) this.grow(needed)
  }

  /** Ends a record whose value is what was put since `begin`, possibly nothing; `headers` go behind it. */
  end(): void {
    if (this.headers !== null) {
      this.endWithHeaders(this.headers)
      return
    }
    this.patchLength(this.valueSlotAt)
    this.bytes[this.at++] = 0 // No headers.
    this.endRecord()
  }

  /** Ends a record with headers behind its value. */
  endWithHeaders(headers: EncodedHeaders): void {
    this.patchLength(this.valueSlotAt)
    const { length } = headers.bytes
    this.reserve(length + 8)
    const at = putVarint(this.bytes, this.at, headers.count)
    // In strides, into the slack: for some thirty bytes a record, `set` costs twice as much.
    for (let i = 0; i < length; i += STRIDE_BYTES) this.view.setBigInt64(at + i, headers.view.getBigInt64(i))
    this.at = at + length
    this.endRecord()
  }

  /** Ends a record with a null value: a tombstone. What was put since `begin` is dropped. */
  endNull(): void {
    this.at = putVarint(this.bytes, this.valueSlotAt, -1)
    this.bytes[this.at++] = 0 // No headers.
    this.endRecord()
  }

  /** Drops the record that was begun, as if it had never been. */
  cancel(): void {
    this.at = this.recordAt
    if (this.count > 0) return
    this.at = this.batchAt
    this.batchAt = -1
  }

  /** Closes the last batch. The batches in order; none when no record was written. */
  finish(): readonly FinishedBatch[] {
    this.closeBatch()
    return this.finished
  }

  private endRecord(): void {
    this.patchLength(this.recordAt)
    if (this.count > 0 && this.at - this.batchAt > this.bytesMax) {
      this.moveRecordToNewBatch()
      return
    }
    this.count++
    if (this.timestampMs > this.maxTimestampMs) this.maxTimestampMs = this.timestampMs
    if (this.count >= this.recordsMax || this.at - this.batchAt >= this.bytesMax) this.closeBatch()
  }

  /** The record made its batch too large: it becomes the first of the next one. Rare, so clear beats fast. */
  private moveRecordToNewBatch(): void {
    const shift = this.recordBodyAt() - (this.recordAt + LENGTH_SLOT_BYTES)
    const keyAt = this.keyAt + shift - this.recordAt
    const tailAt = keyAt + Math.max(this.keyLength, 0)
    const record = this.bytes.slice(this.recordAt, this.at)
    this.at = this.recordAt
    this.closeBatch()
    this.begin(this.timestampMs, record, keyAt, this.keyLength)
    // Value length, value and headers are already in their final form.
    this.at = this.valueSlotAt
    this.reserve(record.length)
    this.bytes.set(record.subarray(tailAt), this.at)
    this.at += record.length - tailAt
    this.endRecord()
  }

  private recordBodyAt(): number {
    let at = this.recordAt
    while ((this.bytes[at++] as number) > 127);
    return at
  }

  /** Writes the length of what stands between the slot at `slotAt` and `at`. */
  private patchLength(slotAt: number): void {
    const length = this.at - slotAt - LENGTH_SLOT_BYTES
    if (length < 64 || length > 8191) {
      this.patchOddLength(slotAt, length)
      return
    }
    this.bytes[slotAt] = ((length << 1) & 127) | 128
    this.bytes[slotAt + 1] = length >>> 6
  }

  private patchOddLength(slotAt: number, length: number): void {
    const shift = varintBytes(length) - LENGTH_SLOT_BYTES
    const from = slotAt + LENGTH_SLOT_BYTES
    this.bytes.copyWithin(from + shift, from, this.at)
    putVarint(this.bytes, slotAt, length)
    this.at += shift
  }

  private openBatch(timestampMs: number): void {
    this.batchAt = this.at
    this.at += layout.HEADER_BYTES
    this.count = 0
    this.baseTimestampMs = timestampMs
    this.maxTimestampMs = timestampMs
  }

  private closeBatch(): void {
    const { batchAt, view } = this
    if (batchAt < 0) return
    layout.putInt64(view, batchAt + layout.BASE_OFFSET, 0)
    view.setInt32(batchAt + layout.BATCH_LENGTH, this.at - batchAt - layout.LENGTH_OVERHEAD_BYTES)
    view.setInt32(batchAt + layout.LEADER_EPOCH, -1)
    view.setUint8(batchAt + layout.MAGIC, layout.MAGIC_V2)
    view.setUint32(batchAt + layout.CRC, 0)
    view.setInt16(batchAt + layout.ATTRIBUTES, 0)
    view.setInt32(batchAt + layout.LAST_OFFSET_DELTA, this.count - 1)
    layout.putInt64(view, batchAt + layout.BASE_TIMESTAMP, this.baseTimestampMs)
    layout.putInt64(view, batchAt + layout.MAX_TIMESTAMP, this.maxTimestampMs)
    layout.putInt64(view, batchAt + layout.PRODUCER_ID, -1)
    view.setInt16(batchAt + layout.PRODUCER_EPOCH, -1)
    view.setInt32(batchAt + layout.BASE_SEQUENCE, -1)
    view.setInt32(batchAt + layout.RECORD_COUNT, this.count)
    this.finished.push({ bytes: this.bytes.subarray(batchAt, this.at), recordCount: this.count })
    this.batchAt = -1
  }

  private grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    bytes.set(this.bytes.subarray(0, this.at))
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
  }
}
