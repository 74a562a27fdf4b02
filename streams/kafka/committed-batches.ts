import { crc32c } from '@node-rs/crc32'
import * as layout from '../record/batch-layout.ts'
import { afterVarint, readVarint } from '../record/varint.ts'
import { appendInflated, INFLATED_BYTES_MAX } from './compression.ts'
import { GrowingBuffer } from './growing-buffer.ts'

/** One aborted transaction that reaches into what was fetched. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** What a stretch of fetched bytes was. */
export interface Filled {
  /** The offset after the last whole batch; the position where there is none. */
  readonly nextOffset: number
  /** The leader epoch in which the last whole batch was written; -1 where there is none. */
  readonly leaderEpoch: number
  /** The size of the first batch where it is cut off, so that a fetch of that many bytes brings it; else 0. */
  readonly missingBytes: number
}

/** The type in the key of a control record. */
const ABORT = 0

/** Fetched bytes that are not what a broker stored, at `offset`. */
export class CorruptBatchError extends Error {
  readonly offset: number

  constructor(what: string, offset: number, cause?: unknown) {
    super(what, { cause })
    this.offset = offset
  }
}

/**
 * The batches of one fetched stretch of a partition that a read_committed reader may see, uncompressed, with every CRC
 * checked before anything is believed or dropped. Cuts out the batches of aborted transactions and the control batches.
 *
 * As in Kafka's own client (`CompletedFetch`): aborted transactions are taken up in order of their first offset as the
 * batches reach them; a producer counts as aborted until its ABORT marker.
 */
export class CommittedBatches {
  /** The offset after the last batch that `take` has passed. */
  nextOffset: number = Number.NaN
  /** The leader epoch in which that batch was written; -1 while none was passed. */
  leaderEpoch = -1
  abortedBatches = 0
  private readonly raw = new GrowingBuffer(Number.MAX_SAFE_INTEGER)
  private readonly inflated = new GrowingBuffer(INFLATED_BYTES_MAX)
  private at = 0
  private aborted: AbortedTransaction[] = []
  private nextAborted = 0
  private readonly abortedProducers = new Set<number>()

  get empty(): boolean {
    return this.at >= this.raw.length
  }

  /**
   * Copies a stretch in, in place of what was there. A batch that is cut off at the end is left out, and so is what begins just at
   * `endOffset`: the broker notes the stable offset before it reads, and what becomes stable between is in the next answer too, with an end that
   * covers it.
   * @throws CorruptBatchError when the offsets of the batches cannot be.
   */
  fill(bytes: Uint8Array, aborted: readonly AbortedTransaction[], position: number, endOffset: number): Filled {
    this.clear()
    this.raw.append(bytes)
    this.nextOffset = position
    this.leaderEpoch = -1
    this.aborted = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
    const { view } = this.raw
    let nextOffset = 0
    let leaderEpoch = -1
    let end = 0
    while (bytes.length - end >= layout.HEADER_BYTES) {
      const size = layout.LENGTH_OVERHEAD_BYTES + view.getInt32(end + layout.BATCH_LENGTH)
      if (end + size > bytes.length) break
      // The checksum covers neither offset nor length. Gaps are no fault: compaction leaves them.
      const baseOffset = layout.getInt64(view, end)
      const next = baseOffset + view.getInt32(end + layout.LAST_OFFSET_DELTA) + 1
      if (baseOffset === endOffset) break
      if (size < layout.HEADER_BYTES || baseOffset < nextOffset || next <= baseOffset || next > endOffset) {
        throw new CorruptBatchError('a batch has a length or offset that cannot be', nextOffset)
      }
      nextOffset = next
      leaderEpoch = view.getInt32(end + layout.LEADER_EPOCH)
      end += size
    }
    this.raw.length = end
    const missingBytes = end === 0 && bytes.length > 0 ? firstBatchBytes(view, bytes.length) : 0
    return { nextOffset: Math.max(nextOffset, position), leaderEpoch, missingBytes }
  }

  /** Forgets what is left, not the memory. */
  clear(): void {
    this.raw.length = 0
    this.at = 0
    this.aborted = []
    this.nextAborted = 0
    this.abortedProducers.clear()
  }

  release(): void {
    this.clear()
    this.raw.release()
    this.inflated.release()
  }

  /**
   * The next batches of about `maxBytes`, at least one unless all that is left is cut out; then empty. Batches that end
   * before `position` are left out. The bytes are valid until the next call of anything here.
   * @throws CorruptBatchError; what came before has been given out, the rest is of no use.
   */
  take(maxBytes: number, position: number): Uint8Array {
    const { raw, inflated } = this
    inflated.length = 0
    const start = this.at
    // Kept batches move down over those that were cut out before them.
    let end = start
    while (!this.empty) {
      const size = this.checkedSize()
      // Read before anything moves: a batch may come to lie over its own former header.
      const nextOffset = this.offsetAfter()
      const leaderEpoch = raw.view.getInt32(this.at + layout.LEADER_EPOCH)
      const kept = this.isVisible(size, position)
      const isCompressed = (raw.view.getInt16(this.at + layout.ATTRIBUTES) & layout.COMPRESSION_MASK) !== 0
      // What lies in place and what was decompressed cannot be handed out in one piece.
      if (kept && (isCompressed ? end > start : inflated.length > 0)) break
      const taken = end - start + inflated.length
      if (kept && taken > 0 && taken + size > maxBytes) break
      if (kept && isCompressed) {
        if (!this.inflate(size, maxBytes)) break
      } else if (kept) {
        if (end < this.at) raw.bytes.copyWithin(end, this.at, this.at + size)
        end += size
      }
      this.at += size
      this.nextOffset = nextOffset
      this.leaderEpoch = leaderEpoch
    }
    return end > start ? raw.bytes.subarray(start, end) : inflated.bytes.subarray(0, inflated.length)
  }

  /** The size of the batch at the cursor, whose bytes are what its writer sealed. */
  private checkedSize(): number {
    const { bytes, view } = this.raw
    const { at } = this
    const size = layout.LENGTH_OVERHEAD_BYTES + view.getInt32(at + layout.BATCH_LENGTH)
    if (bytes[at + layout.MAGIC] !== layout.MAGIC_V2) throw this.corrupt('is not of version 2')
    const crc = crc32c(bytes.subarray(at + layout.CRC_FROM, at + size))
    if (crc !== view.getUint32(at + layout.CRC)) throw this.corrupt('does not match its checksum')
    return size
  }

  /** Whether a read_committed reader at `position` sees the batch; keeps the account of aborted producers. */
  private isVisible(size: number, position: number): boolean {
    const { view } = this.raw
    const { at } = this
    const attributes = view.getInt16(at + layout.ATTRIBUTES)
    const producerId = layout.getInt64(view, at + layout.PRODUCER_ID)
    const lastOffset = layout.getInt64(view, at) + view.getInt32(at + layout.LAST_OFFSET_DELTA)
    for (let next = this.aborted[this.nextAborted]; next !== undefined && next.firstOffset <= lastOffset; ) {
      this.abortedProducers.add(next.producerId)
      next = this.aborted[++this.nextAborted]
    }
    if ((attributes & layout.CONTROL) !== 0) {
      if (this.isAbortMarker(size)) this.abortedProducers.delete(producerId)
      return false
    }
    if (lastOffset < position) return false
    const isAborted = (attributes & layout.TRANSACTIONAL) !== 0 && this.abortedProducers.has(producerId)
    if (isAborted) this.abortedBatches++
    return !isAborted
  }

  private isAbortMarker(size: number): boolean {
    const { bytes, view } = this.raw
    if (view.getInt32(this.at + layout.RECORD_COUNT) === 0) return false
    // Record: length, attributes, time and offset deltas, key length; then the key: a version and the type.
    const lengthAt = this.at + layout.HEADER_BYTES
    const timeAt = afterVarint(bytes, lengthAt) + 1
    const keyLengthAt = afterVarint(bytes, afterVarint(bytes, timeAt))
    const keyAt = afterVarint(bytes, keyLengthAt)
    if (readVarint(bytes, keyLengthAt) < 4 || keyAt + 4 > this.at + size) return false
    return view.getInt16(keyAt + 2) === ABORT
  }

  /** False when it would be too much beside what is decompressed already: then the next call takes it. */
  private inflate(size: number, maxBytes: number): boolean {
    const { raw, inflated } = this
    const before = inflated.length
    try {
      appendInflated(raw.bytes, raw.view, this.at, this.at + size, inflated)
    } catch (error) {
      if (before === 0) throw this.corrupt('cannot be decompressed', error)
      return false
    }
    if (before === 0 || inflated.length <= maxBytes) return true
    inflated.length = before
    return false
  }

  private offsetAfter(): number {
    const { view } = this.raw
    return layout.getInt64(view, this.at) + view.getInt32(this.at + layout.LAST_OFFSET_DELTA) + 1
  }

  private corrupt(what: string, cause?: unknown): CorruptBatchError {
    return new CorruptBatchError(`a batch ${what}`, layout.getInt64(this.raw.view, this.at), cause)
  }
}

/** How large the batch is whose first bytes came; a header's worth where not even its length did. */
function firstBatchBytes(view: DataView, length: number): number {
  if (length < layout.LENGTH_OVERHEAD_BYTES) return layout.HEADER_BYTES
  const size = layout.LENGTH_OVERHEAD_BYTES + view.getInt32(layout.BATCH_LENGTH)
  if (size >= layout.HEADER_BYTES && size <= INFLATED_BYTES_MAX) return size
  throw new CorruptBatchError(`a batch claims ${size} bytes`, layout.getInt64(view, 0))
}
