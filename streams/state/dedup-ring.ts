import { invariant } from '../errors.ts'

/** Rows share one block's base of time and offset. */
export const ROWS_PER_BLOCK = 64
const CHUNK_SHIFT = 10
const CHUNK_MASK = (1 << CHUNK_SHIFT) - 1
/** Blocks of one allocation of about 1.6 MB. */
export const BLOCKS_PER_CHUNK = 1 << CHUNK_SHIFT
/** 32-bit words of a row: 4 of hash, 1 of fingerprint, 1 of two 16-bit deltas. */
export const ROW_WORDS = 6
/** The ring's length: as many chunks as row numbers of 25 bits can name. */
const RING_CHUNKS = 511
const RING_BLOCKS = RING_CHUNKS * BLOCKS_PER_CHUNK
const DELTA_MAX = 0xffff

/** The rows that a ring can hold at most; blocks closed early take a little from it. */
export const RING_ROWS_MAX = (RING_CHUNKS - 2) * BLOCKS_PER_CHUNK * ROWS_PER_BLOCK

/** One allocation: rows, and for each block its base and how many of its rows are filled. */
export class DedupChunk {
  readonly words = new Int32Array(BLOCKS_PER_CHUNK * ROWS_PER_BLOCK * ROW_WORDS)
  readonly baseTimes = new Float64Array(BLOCKS_PER_CHUNK)
  readonly baseOffsets = new Float64Array(BLOCKS_PER_CHUNK)
  readonly blockRows = new Uint8Array(BLOCKS_PER_CHUNK)

  static readonly byteLength = BLOCKS_PER_CHUNK * (ROWS_PER_BLOCK * ROW_WORDS * 4 + 8 + 8 + 1)
}

/** The filled part of a ring at one moment. Its rows never change while the ring is pinned. */
export interface RingExtent {
  readonly chunks: readonly DedupChunk[]
  /** Number of the first filled block within `chunks[0]`. */
  readonly firstBlock: number
  readonly blocks: number
  /** Filled rows of the last block. */
  readonly lastRows: number
}

/**
 * Rows of 24 bytes in first-seen order, in blocks of 64, in chunks that are allocated on demand and recycled. A row is
 * written once; it leaves at the old end when it expires or at the young end when its overlay is dropped. Times and
 * offsets never fall, and stand as 16-bit deltas from the block's base; a block is closed early when one would not fit.
 */
export class DedupRing {
  readonly #chunks: (DedupChunk | null)[] = new Array<DedupChunk | null>(RING_CHUNKS).fill(null)
  #spare: DedupChunk | null = null
  #allocated = 0
  #pins = 0
  #oldest = 0
  #open = 0
  #blocks = 1
  #rows = 0
  // The open block's filled rows and base.
  #openRows = 0
  #openTimeMs = 0
  #openOffset = 0

  /** Filled rows. */
  get rows(): number {
    return this.#rows
  }

  /** Bytes of all chunks, the spare one included. */
  get bytesUsed(): number {
    return (this.#allocated + (this.#spare === null ? 0 : 1)) * DedupChunk.byteLength
  }

  /** True when no further block can be opened. */
  get full(): boolean {
    return this.#blocks >= RING_BLOCKS - BLOCKS_PER_CHUNK
  }

  /** Adds a row at the young end and returns its number. */
  append(h0: number, h1: number, h2: number, h3: number, fingerprint: number, timeMs: number, offset: number): number {
    let timeDelta = timeMs - this.#openTimeMs
    let offsetDelta = offset - this.#openOffset
    const inReach = timeDelta >= 0 && timeDelta <= DELTA_MAX && offsetDelta >= 0 && offsetDelta <= DELTA_MAX
    if (this.#openRows === 0 || this.#openRows === ROWS_PER_BLOCK || !inReach) {
      this.#startBlock(timeMs, offset)
      timeDelta = 0
      offsetDelta = 0
    }
    const block = this.#open
    const chunk = this.#chunks[block >> CHUNK_SHIFT]!
    const row = block * ROWS_PER_BLOCK + this.#openRows++
    chunk.blockRows[block & CHUNK_MASK] = this.#openRows
    const words = chunk.words
    const at = wordOf(row)
    words[at] = h0
    words[at + 1] = h1
    words[at + 2] = h2
    words[at + 3] = h3
    words[at + 4] = fingerprint
    words[at + 5] = (timeDelta << 16) | offsetDelta
    this.#rows++
    return row
  }

  #startBlock(timeMs: number, offset: number): void {
    if (this.#openRows > 0) {
      invariant(timeMs >= this.#openTimeMs, 'stream time falls from one first sight to the next')
      invariant(offset >= this.#openOffset, 'the offset falls from one first sight to the next')
      this.#advanceOpen()
    }
    const chunk = this.#chunkOf(this.#open)
    this.#openTimeMs = timeMs
    this.#openOffset = offset
    chunk.baseTimes[this.#open & CHUNK_MASK] = timeMs
    chunk.baseOffsets[this.#open & CHUNK_MASK] = offset
  }

  #advanceOpen(): void {
    this.#open = nextBlock(this.#open)
    this.#openRows = 0
    this.#blocks++
    this.#chunkOf(this.#open).blockRows[this.#open & CHUNK_MASK] = 0
  }

  #chunkOf(block: number): DedupChunk {
    const number = block >> CHUNK_SHIFT
    const present = this.#chunks[number]!
    if (present !== null) return present
    const chunk = this.#spare ?? new DedupChunk()
    this.#spare = null
    this.#chunks[number] = chunk
    this.#allocated++
    return chunk
  }

  /** The number of the youngest row; valid while there is one. */
  youngest(): number {
    while (this.#openRows === 0) this.#retreatOpen()
    return this.#open * ROWS_PER_BLOCK + this.#openRows - 1
  }

  /** Takes the youngest row away. */
  removeYoungest(): void {
    while (this.#openRows === 0) this.#retreatOpen()
    this.#openRows--
    this.#rows--
    this.#chunks[this.#open >> CHUNK_SHIFT]!.blockRows[this.#open & CHUNK_MASK] = this.#openRows
  }

  #retreatOpen(): void {
    invariant(this.#blocks > 1, 'no row to take back')
    this.#open = this.#open === 0 ? RING_BLOCKS - 1 : this.#open - 1
    this.#blocks--
    const chunk = this.#chunkOf(this.#open)
    const block = this.#open & CHUNK_MASK
    this.#openRows = chunk.blockRows[block]!
    this.#openTimeMs = chunk.baseTimes[block]!
    this.#openOffset = chunk.baseOffsets[block]!
  }

  /** The oldest block's first row number. */
  oldestRow(): number {
    return this.#oldest * ROWS_PER_BLOCK
  }

  /** Filled rows of the oldest block. */
  oldestBlockRows(): number {
    const chunk = this.#chunks[this.#oldest >> CHUNK_SHIFT]!
    return chunk === null ? 0 : chunk.blockRows[this.#oldest & CHUNK_MASK]!
  }

  /** Gives the oldest block back. Its rows must be out of every index. */
  removeOldestBlock(): void {
    // The open block is closed first: a snapshot may still read it, so it cannot be filled again in place.
    if (this.#oldest === this.#open) this.#advanceOpen()
    this.#rows -= this.oldestBlockRows()
    const number = this.#oldest >> CHUNK_SHIFT
    this.#oldest = nextBlock(this.#oldest)
    this.#blocks--
    if (this.#oldest >> CHUNK_SHIFT !== number) this.#releaseChunk(number)
  }

  #releaseChunk(number: number): void {
    if (this.#pins === 0) this.#spare ??= this.#chunks[number]!
    this.#chunks[number] = null
    this.#allocated--
  }

  /** Word 0 to 3 of the row's hash, or its fingerprint (4). */
  word(row: number, word: number): number {
    return this.#chunks[row >>> 16]!.words[wordOf(row) + word]!
  }

  /** Whether the row has this hash. */
  matches(row: number, h0: number, h1: number, h2: number, h3: number): boolean {
    const words = this.#chunks[row >>> 16]!.words
    const at = wordOf(row)
    return words[at] === h0 && words[at + 1] === h1 && words[at + 2] === h2 && words[at + 3] === h3
  }

  /** Stream time right after the row's first sight. */
  timeMs(row: number): number {
    const chunk = this.#chunks[row >>> 16]!
    return chunk.baseTimes[(row & 0xffff) >>> 6]! + (chunk.words[wordOf(row) + 5]! >>> 16)
  }

  /** Input offset of the row's first sight. */
  offset(row: number): number {
    const chunk = this.#chunks[row >>> 16]!
    return chunk.baseOffsets[(row & 0xffff) >>> 6]! + (chunk.words[wordOf(row) + 5]! & DELTA_MAX)
  }

  /** The row numbers [first, end) of each block in first-seen order. Not for the hot path. */
  *ranges(): Generator<readonly [first: number, end: number]> {
    for (let left = this.#blocks, block = this.#oldest; left > 0; left--, block = nextBlock(block)) {
      const filled = this.#chunks[block >> CHUNK_SHIFT]?.blockRows[block & CHUNK_MASK] ?? 0
      yield [block * ROWS_PER_BLOCK, block * ROWS_PER_BLOCK + filled]
    }
  }

  /** Freezes the filled rows for a reader; until `unpin` no chunk of them is written again. */
  pin(): RingExtent {
    while (this.#openRows === 0 && this.#blocks > 1) this.#retreatOpen()
    this.#pins++
    const firstChunk = this.#oldest >> CHUNK_SHIFT
    const firstBlock = this.#oldest & CHUNK_MASK
    const blocks = this.#openRows === 0 ? 0 : this.#blocks
    const chunks: DedupChunk[] = []
    for (let at = 0; at < Math.ceil((firstBlock + blocks) / BLOCKS_PER_CHUNK) && blocks > 0; at++) {
      chunks.push(this.#chunks[(firstChunk + at) % RING_CHUNKS]!)
    }
    return { chunks, firstBlock, blocks, lastRows: this.#openRows }
  }

  unpin(): void {
    this.#pins--
  }

  /** Takes over a snapshot of `rows` filled rows; the ring must be new. */
  adopt(extent: RingExtent, rows: number): void {
    invariant(this.#rows === 0 && this.#allocated === 0, 'a snapshot is loaded into a store in use')
    if (extent.blocks === 0) return
    for (const [number, chunk] of extent.chunks.entries()) this.#chunks[number] = chunk
    this.#allocated = extent.chunks.length
    this.#oldest = extent.firstBlock
    this.#open = extent.firstBlock + extent.blocks - 1
    this.#blocks = extent.blocks
    const last = this.#chunkOf(this.#open)
    const block = this.#open & CHUNK_MASK
    this.#openRows = extent.lastRows
    this.#openTimeMs = last.baseTimes[block]!
    this.#openOffset = last.baseOffsets[block]!
    this.#rows = rows
  }
}

function nextBlock(block: number): number {
  return block + 1 === RING_BLOCKS ? 0 : block + 1
}

function wordOf(row: number): number {
  return (row & 0xffff) * ROW_WORDS
}
