/** A chunk holds as many rows as fit into this many bytes, rounded down to a power of two: few chunks, found in cache. */
const CHUNK_BYTES = 1 << 19

/** No row; also the end of the free list. */
export const NO_ROW = -1

/** The mark of a free row, before `next` in the free list. */
export function markOfFree(next: number): number {
  return -2 - next
}

/** What follows a free row with this mark. */
export function nextFree(mark: number): number {
  return -2 - mark
}

/** Rows per chunk, as a shift, for rows of this many 32-bit words. */
export function chunkShift(rowWords: number): number {
  return Math.max(0, 31 - Math.clz32(Math.floor(CHUNK_BYTES / (rowWords * 4))))
}

/** One slab of rows; its arrays never move. */
export class RowChunk {
  readonly words: Int32Array
  readonly doubles: Float64Array
  readonly bytes: Uint8Array

  constructor(rows: number, rowWords: number) {
    const buffer = new ArrayBuffer(rows * rowWords * 4)
    this.words = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
    this.bytes = new Uint8Array(buffer)
  }

  get byteLength(): number {
    return this.bytes.byteLength
  }
}
