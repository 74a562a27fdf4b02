import type { RowChunk } from './row-chunk.ts'

/** Chunks kept, and as many again while a snapshot is under way; of payments' windows 2 MB. What is over goes to the collector. */
const SPARES_MAX = 8

/** Chunks that a ring let go of, to be filled again: memory that comes and goes would have V8 collect its whole heap for it. */
export class SpareChunks {
  readonly #free: RowChunk[] = []
  /** Free once the snapshot under way, which may read them, has ended. */
  readonly #parked: RowChunk[] = []

  get count(): number {
    return this.#free.length + this.#parked.length
  }

  take(): RowChunk | undefined {
    return this.#free.pop()
  }

  /** `pinned`: a snapshot is under way. */
  keep(chunk: RowChunk, pinned: boolean): void {
    const spares = pinned ? this.#parked : this.#free
    if (spares.length < SPARES_MAX) spares.push(chunk)
  }

  /** No snapshot is under way any more. */
  unpin(): void {
    for (const chunk of this.#parked.splice(0)) this.keep(chunk, false)
  }
}
