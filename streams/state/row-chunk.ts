/** A chunk holds as many rows as fit into this many bytes, rounded down to a power of two. */
const CHUNK_BYTES = 65_536

/** A row's link when it is in use; a free row's link is the next free row or NO_ROW. */
export const IN_USE = -2
export const NO_ROW = -1

/** Rows per chunk, as a shift, for rows of this many 32-bit words. */
export function chunkShift(rowWords: number): number {
  return Math.max(0, 31 - Math.clz32(Math.floor(CHUNK_BYTES / (rowWords * 4))))
}

/** One slab of rows and, beside them, what the store knows of each row. The arrays never move. */
export class RowChunk {
  readonly words: Int32Array
  readonly doubles: Float64Array
  readonly bytes: Uint8Array
  /** IN_USE, or the free list. */
  readonly links: Int32Array
  /** Serial of the overlay that last saved or made the row. */
  readonly stamps: Int32Array

  constructor(rows: number, rowWords: number) {
    const buffer = new ArrayBuffer(rows * rowWords * 4)
    this.words = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
    this.bytes = new Uint8Array(buffer)
    this.links = new Int32Array(rows)
    this.stamps = new Int32Array(rows)
  }

  get byteLength(): number {
    return this.bytes.byteLength + this.links.byteLength + this.stamps.byteLength
  }
}
