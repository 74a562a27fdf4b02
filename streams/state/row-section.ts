import { setImmediate } from 'node:timers/promises'
import { invariant } from '../errors.ts'
import type { RowStore, RowWatcher } from './row-store.ts'
import { bytesOf, type CheckpointedStore, type SectionReader, type SectionSnapshot, SLICE_BYTES } from './section.ts'

const HEAD_BYTES = 8

/** What a snapshot copies at most when a row is first written after it began, so that no write pauses for long. */
const PAGE_BYTES = 65_536

/**
 * Puts a row store into checkpoints: one past the last row number and the number of rows, then the rows, free ones
 * included (a row's mark tells them apart).
 */
export class RowSection implements CheckpointedStore {
  readonly #store: RowStore

  constructor(store: RowStore) {
    this.#store = store
  }

  get name(): string {
    return this.#store.options.name
  }

  get layout(): string {
    return `rows/2 of ${this.#store.rowWords} words, ${this.#store.keyWords} of them key`
  }

  snapshot(): SectionSnapshot {
    return new RowSnapshot(this.#store)
  }

  async restore(reader: SectionReader): Promise<void> {
    const store = this.#store
    const head = new Int32Array(HEAD_BYTES / 4)
    await reader.read(bytesOf(head))
    const [end, size] = [head[0]!, head[1]!]
    for (const _ of store.beginLoad(end)) await setImmediate()
    for (let from = 0; from < end; from += store.chunkRows) {
      const rows = Math.min(store.chunkRows, end - from)
      const chunk = store.addChunk()
      await reader.read(bytesOf(chunk.words, 0, rows * store.rowWords))
      store.adopt(from + rows)
    }
    invariant(store.size === size, `section ${this.name} holds as many rows as it says`)
  }
}

/** Copies a page of rows when it is first written after the snapshot began, unless it has been given out already. */
class RowSnapshot implements SectionSnapshot, RowWatcher {
  readonly byteLength: number
  readonly #store: RowStore
  readonly #size: number
  readonly #end: number
  readonly #pageRows: number
  readonly #pages: (Int32Array | null)[]
  readonly #scratch: Uint8Array
  /** The next page to give out; -1 while the head is still to come. */
  #next = -1

  constructor(store: RowStore) {
    store.watch(this)
    this.#store = store
    this.#size = store.size
    this.#end = store.end
    const rowBytes = store.rowWords * 4
    this.byteLength = HEAD_BYTES + store.end * rowBytes
    this.#pageRows = Math.min(store.chunkRows, 2 ** Math.max(0, Math.floor(Math.log2(PAGE_BYTES / rowBytes))))
    this.#pages = new Array<Int32Array | null>(Math.ceil(store.end / this.#pageRows)).fill(null)
    const pageBytes = this.#pageRows * rowBytes
    this.#scratch = new Uint8Array(Math.max(pageBytes, Math.floor(SLICE_BYTES / pageBytes) * pageBytes))
  }

  beforeWrite(row: number): void {
    const page = (row / this.#pageRows) | 0
    if (page < this.#next || page >= this.#pages.length || this.#pages[page] !== null) return
    this.#pages[page] = this.#rowsOf(page).slice()
  }

  next(): Uint8Array | null {
    if (this.#next < 0) {
      this.#next = 0
      return bytesOf(Int32Array.of(this.#end, this.#size))
    }
    let at = 0
    while (this.#next < this.#pages.length) {
      const rows = bytesOf(this.#pages[this.#next] ?? this.#rowsOf(this.#next))
      if (at + rows.length > this.#scratch.length) break
      this.#scratch.set(rows, at)
      at += rows.length
      this.#pages[this.#next++] = null
    }
    return at === 0 ? null : this.#scratch.subarray(0, at)
  }

  /** The page's rows where they stand, as far as the snapshot reaches. A page never leaves its chunk. */
  #rowsOf(page: number): Int32Array {
    const { chunkRows, rowWords } = this.#store
    const first = page * this.#pageRows
    const count = Math.min(this.#pageRows, this.#end - first)
    const at = (first % chunkRows) * rowWords
    return this.#store.chunk(Math.floor(first / chunkRows)).words.subarray(at, at + count * rowWords)
  }

  release(): void {
    this.#store.watch(null)
    this.#pages.fill(null)
  }
}
