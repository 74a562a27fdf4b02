import { type ErrorPlace, invariant, StreamsError } from '../errors.ts'
import { DedupRing, RING_ROWS_MAX } from './dedup-ring.ts'
import { HashIndex } from './hash-index.ts'
import type { TransactionalStore } from './overlay.ts'
import { StateDigest } from './state-digest.ts'

/** `maxIds`: bound on remembered ids; `setting` names it in the error; `place`: the task's input partition. */
export interface DedupOptions {
  readonly horizonMs: number
  readonly maxIds: number
  readonly setting: string
  readonly place: ErrorPlace
}

/** Largest `maxIds` that a table accepts. */
export const DEDUP_IDS_MAX = RING_ROWS_MAX

/**
 * Remembers the ids of a partition, exactly (SPEC D1): an id is live while stream time minus the stream time right
 * after its first sight is at most the horizon. It never reports an id that it has not seen within 2^-128, and never
 * forgets a live one: at `maxIds` an insert throws DEDUP_FULL instead (SPEC D3).
 *
 * Ids are 128-bit keyed hashes as four int32 words. An expired id counts as absent at once; its memory comes back
 * through `expire`. A row is never changed, so an overlay is taken back by cutting the young end.
 */
export class DedupTable implements TransactionalStore {
  readonly #ring = new DedupRing()
  readonly #index = new HashIndex()
  readonly #options: DedupOptions
  readonly #horizonMs: number
  /** First sights of each overlay, oldest overlay first. */
  readonly #overlays: number[] = []
  #committedTimeMs = Number.NEGATIVE_INFINITY
  /** What `expire` has read ahead; not state. */
  touched = 0

  constructor(options: DedupOptions) {
    if (!(options.maxIds >= 1 && options.maxIds <= DEDUP_IDS_MAX && options.horizonMs >= 0)) {
      const limits = `${options.setting} must be between 1 and ${DEDUP_IDS_MAX}, and the horizon not negative`
      throw new StreamsError('DEDUP_SETTING', 'stop', limits, options.place)
    }
    this.#options = options
    this.#horizonMs = options.horizonMs
  }

  /** Remembered ids: the live ones and those that are expired but not swept yet. */
  get size(): number {
    return this.#ring.rows
  }

  /** `size` as a share of the bound, 0 to 1; the alert of SPEC D3 is at 0.8. */
  get filled(): number {
    return this.#ring.rows / this.#options.maxIds
  }

  /** Bytes of rows and index as allocated. */
  get bytesUsed(): number {
    return this.#ring.bytesUsed + this.#index.bytesUsed
  }

  /** The rows, for snapshots. */
  get ring(): DedupRing {
    return this.#ring
  }

  /** The index over `ring`, for loading and for `touch`. */
  get index(): HashIndex {
    return this.#index
  }

  /** True while no overlay can be taken back. */
  get committed(): boolean {
    return this.#overlays.length === 0
  }

  /** The row of this id if it is live at this stream time, or -1. The row number is valid until the next `expire`. */
  lookup(h0: number, h1: number, h2: number, h3: number, streamTimeMs: number): number {
    const ring = this.#ring
    const index = this.#index
    // An expired row of the same id may still stand in the index beside the live one.
    for (let row = index.first(h0, h1); row >= 0; row = index.next()) {
      if (ring.matches(row, h0, h1, h2, h3) && streamTimeMs - ring.timeMs(row) <= this.#horizonMs) return row
    }
    return -1
  }

  /** Fingerprint of the content that the id was first seen with, an int32. */
  fingerprint(row: number): number {
    return this.#ring.word(row, 4)
  }

  /** Stream time right after the id's first sight, ms. */
  seenStreamTimeMs(row: number): number {
    return this.#ring.timeMs(row)
  }

  /** Input offset of the id's first sight. */
  offset(row: number): number {
    return this.#ring.offset(row)
  }

  /**
   * Remembers an id that `lookup` did not find. `streamTimeMs` is stream time right after this first sight; neither it
   * nor `offset` may be below that of the insert before.
   * @throws StreamsError DEDUP_FULL at the bound, with nothing changed.
   */
  insert(
    h0: number,
    h1: number,
    h2: number,
    h3: number,
    fingerprint: number,
    streamTimeMs: number,
    offset: number,
  ): number {
    if (this.#ring.rows >= this.#options.maxIds || this.#ring.full) this.#makeRoom(offset)
    const row = this.#ring.append(h0, h1, h2, h3, fingerprint, streamTimeMs, offset)
    this.#index.insert(h0, h1, row)
    const overlay = this.#overlays.length - 1
    if (overlay >= 0) this.#overlays[overlay]!++
    return row
  }

  #makeRoom(offset: number): void {
    if (this.expire(this.#committedTimeMs, 1) > 0) return
    const { maxIds, setting, place } = this.#options
    const what = `the dedup table holds ${this.#ring.rows} ids, all possibly live, and its bound is ${setting} = ${maxIds}`
    throw new StreamsError('DEDUP_FULL', 'stop', `${what}; nothing is lost: raise ${setting} and start again`, {
      ...place,
      offset,
    })
  }

  /**
   * Frees ids that are expired at the committed stream time, oldest first: at most `rowsMax`, rounded up to a block of
   * 64. By committed time only, because an id that an open overlay holds for expired may be asked for again after a
   * drop. Returns how many were freed.
   */
  expire(committedStreamTimeMs: number, rowsMax = 4096): number {
    this.#committedTimeMs = committedStreamTimeMs
    const ring = this.#ring
    let freed = 0
    while (freed < rowsMax && ring.rows > 0) {
      const first = ring.oldestRow()
      const end = first + ring.oldestBlockRows()
      if (end > first && committedStreamTimeMs - ring.timeMs(end - 1) <= this.#horizonMs) break
      this.#forget(first, end)
      ring.removeOldestBlock()
      freed += end - first
    }
    return freed
  }

  /** Takes the rows out of the index, whose places are read ahead like those of look-ups (ADR 0058). */
  #forget(first: number, end: number): void {
    const ring = this.#ring
    const index = this.#index
    let read = 0
    for (let row = first; row < end; row++) read ^= index.touch(ring.word(row, 0), ring.word(row, 1))
    for (let row = first; row < end; row++) index.remove(ring.word(row, 0), ring.word(row, 1), row)
    // V8 leaves out a read that nothing comes of.
    this.touched = read
  }

  openOverlay(): void {
    this.#overlays.push(0)
  }

  mergeOldest(): void {
    this.#overlays.shift()
  }

  dropYoungest(): void {
    const inserted = this.#overlays.pop()
    invariant(inserted !== undefined, 'no overlay to drop')
    for (let left = inserted; left > 0; left--) {
      const row = this.#ring.youngest()
      this.#index.remove(this.#ring.word(row, 0), this.#ring.word(row, 1), row)
      this.#ring.removeYoungest()
    }
  }

  /** Digest of the ids that are live at this stream time, in first-seen order. Equal answers, equal digests. */
  digest(streamTimeMs: number): string {
    const digest = new StateDigest()
    const ring = this.#ring
    for (const [first, end] of ring.ranges()) {
      for (let row = first; row < end; row++) {
        if (streamTimeMs - ring.timeMs(row) > this.#horizonMs) continue
        for (let word = 0; word < 5; word++) digest.int(ring.word(row, word))
        digest.double(ring.timeMs(row))
        digest.double(ring.offset(row))
      }
    }
    return digest.hex()
  }
}
