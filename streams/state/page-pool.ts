/** Bytes of free pages that are kept; what is over goes to the collector. */
const KEPT_BYTES_MAX = 16 << 20

/**
 * Memory for the pages that snapshots copy, used again by the next one: memory that comes and goes would have V8 collect its whole heap for
 * it. Shared by the stores of a thread, of which one at a time writes a checkpoint.
 */
export class PagePool {
  readonly #free = new Map<number, Int32Array[]>()
  #keptBytes = 0

  /** Bytes of free pages. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** A page of so many words, whatever they hold. */
  take(words: number): Int32Array {
    const page = this.#free.get(words)?.pop()
    if (page === undefined) return new Int32Array(words)
    this.#keptBytes -= page.byteLength
    return page
  }

  /** Takes a page back; whoever gives it no longer uses it. */
  give(page: Int32Array): void {
    if (this.#keptBytes + page.byteLength > KEPT_BYTES_MAX) return
    this.#keptBytes += page.byteLength
    const free = this.#free.get(page.length)
    if (free === undefined) this.#free.set(page.length, [page])
    else free.push(page)
  }
}
