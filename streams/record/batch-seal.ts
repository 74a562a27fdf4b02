import { crc32c } from '@node-rs/crc32'
import { StreamsError } from '../errors.ts'
import * as layout from './batch-layout.ts'

/** What the one who appends a batch knows and its writer does not. */
export interface BatchSeal {
  readonly baseOffset: number
  /** The log's own time, which then stands for every record's; -1 leaves the records their own times. */
  readonly appendTimeMs: number
  /** -1 for none; then epoch and sequence are -1 as well. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly transactional: boolean
}

/** Writes the seal into a finished batch in place, then its CRC-32C. Safe to repeat with another seal. */
export function sealBatch(bytes: Uint8Array, seal: BatchSeal): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let attributes = view.getInt16(layout.ATTRIBUTES) & ~(layout.LOG_APPEND_TIME | layout.TRANSACTIONAL)
  if (seal.transactional) attributes |= layout.TRANSACTIONAL
  if (seal.appendTimeMs >= 0) {
    attributes |= layout.LOG_APPEND_TIME
    layout.putInt64(view, layout.MAX_TIMESTAMP, seal.appendTimeMs)
  }
  view.setInt16(layout.ATTRIBUTES, attributes)
  layout.putInt64(view, layout.BASE_OFFSET, seal.baseOffset)
  layout.putInt64(view, layout.PRODUCER_ID, seal.producerId)
  view.setInt16(layout.PRODUCER_EPOCH, seal.producerEpoch)
  view.setInt32(layout.BASE_SEQUENCE, seal.baseSequence)
  view.setUint32(layout.CRC, crc32c(bytes.subarray(layout.CRC_FROM)))
}

/**
 * Checks that `bytes` are exactly one finished, uncompressed v2 data batch of `recordCount` records, as far as its
 * header tells: a log stores no other.
 * @throws StreamsError BAD_BATCH (stop): our own bug, or a writer that was not finished.
 */
export function requireFinishedBatch(bytes: Uint8Array, recordCount: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole =
    bytes.length > layout.HEADER_BYTES &&
    view.getInt32(layout.BATCH_LENGTH) === bytes.length - layout.LENGTH_OVERHEAD_BYTES &&
    bytes[layout.MAGIC] === layout.MAGIC_V2
  const plain = whole && (view.getInt16(layout.ATTRIBUTES) & (layout.COMPRESSION_MASK | layout.CONTROL)) === 0
  const counted =
    whole &&
    recordCount > 0 &&
    view.getInt32(layout.RECORD_COUNT) === recordCount &&
    view.getInt32(layout.LAST_OFFSET_DELTA) === recordCount - 1
  if (plain && counted) return
  throw new StreamsError('BAD_BATCH', 'stop', `not one finished record batch of ${recordCount} records; nothing stored`)
}
