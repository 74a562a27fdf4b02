import { setImmediate } from 'node:timers/promises'
import { invariant } from '../errors.ts'
import { PagePool } from './page-pool.ts'
import type { RowStore, RowWatcher } from './row-store.ts'
import { bytesOf, type CheckpointedStore, type SectionReader, type SectionSnapshot, SLICE_BYTES } from './section.ts'

const HEAD_BYTES = 8

/**
 * What a snapshot copies when a row is first written after it began: a few rows, since those that come are spread over the store, and
 * each would copy its page.
 */
const PAGE_BYTES = 4_096

/** What snapshots of one store use one after the other. */
interface SnapshotMemory {
  /** The slice that was given out last. */
  slice: Uint8Array
  /** Where copies of pages come from. */
  readonly pages: PagePool
}

/**
 * Puts a row store into checkpoints: one past the last row number and the number of rows, then the rows, free ones
 * included (a row's mark tells them apart).
 */
export class RowSection implements CheckpointedStore {
  readonly #store: RowStore
  readonly #memory: SnapshotMemory

  /** `pages`: shared with other stores. Default: own. */
  constructor(store: RowStore, pages: PagePool = new PagePool()) {
    this.#store = store
    this.#memory = { slice: new Uint8Array(0), pages }
  }

  get name(): string {
    return this.#store.options.name
  }

  get layout(): string {
    return `rows/2 of ${this.#store.rowWords} words, ${this.#store.keyWords} of them key`
  }

  snapshot(): SectionSnapshot {
    return new RowSnapshot(this.#store, this.#memory)
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
  readonly #pageBytes: number
  readonly #pages: (Int32Array | null)[]
  readonly #memory: SnapshotMemory
  /** The next page to give out; -1 while the head is still to come. */
  #next = -1

  constructor(store: RowStore, memory: SnapshotMemory) {
    store.watch(this)
    this.#memory = memory
    this.#store = store
    this.#size = store.size
    this.#end = store.end
    const rowBytes = store.rowWords * 4
    this.byteLength = HEAD_BYTES + store.end * rowBytes
    this.#pageRows = Math.min(store.chunkRows, 2 ** Math.max(0, Math.floor(Math.log2(PAGE_BYTES / rowBytes))))
    this.#pages = new Array<Int32Array | null>(Math.ceil(store.end / this.#pageRows)).fill(null)
    this.#pageBytes = this.#pageRows * rowBytes
    const slicePages = Math.min(this.#pages.length, Math.max(1, Math.floor(SLICE_BYTES / this.#pageBytes)))
    const sliceBytes = slicePages * this.#pageBytes
    if (memory.slice.length < sliceBytes) memory.slice = new Uint8Array(sliceBytes)
  }

  beforeWrite(row: number): void {
    const page = (row / this.#pageRows) | 0
    if (page < this.#next || page >= this.#pages.length || this.#pages[page] !== null) return
    const rows = this.#rowsOf(page, page + 1)
    const copy = this.#memory.pages.take(this.#pageRows * this.#store.rowWords)
    copy.set(rows)
    this.#pages[page] = copy
  }

  next(): Uint8Array | null {
    if (this.#next < 0) {
      this.#next = 0
      return bytesOf(Int32Array.of(this.#end, this.#size))
    }
    const { slice } = this.#memory
    let at = 0
    while (this.#next < this.#pages.length) {
      const room = Math.floor((slice.length - at) / this.#pageBytes)
      if (room === 0) break
      const copy = this.#pages[this.#next]!
      const end = copy === null ? this.#unwrittenTo(room) : this.#next + 1
      const rows = this.#rowsOf(this.#next, end)
      slice.set(bytesOf(copy ?? rows, 0, rows.length), at)
      at += rows.byteLength
      if (copy !== null) this.#giveBack(this.#next)
      this.#next = end
    }
    return at === 0 ? null : slice.subarray(0, at)
  }

  /** One past the pages from the next one on, at most so many, that lie in one chunk and were not written. */
  #unwrittenTo(pagesMax: number): number {
    const chunkPages = this.#store.chunkRows / this.#pageRows
    const chunkEnd = (Math.floor(this.#next / chunkPages) + 1) * chunkPages
    const limit = Math.min(chunkEnd, this.#next + pagesMax, this.#pages.length)
    let end = this.#next
    while (end < limit && this.#pages[end] === null) end++
    return end
  }

  /** The rows of pages [from, to) where they stand, as far as the snapshot reaches. Pages [from, to) stand in one chunk. */
  #rowsOf(from: number, to: number): Int32Array {
    const { chunkRows, rowWords } = this.#store
    const first = from * this.#pageRows
    const count = Math.min(to * this.#pageRows, this.#end) - first
    const at = (first % chunkRows) * rowWords
    return this.#store.chunk(Math.floor(first / chunkRows)).words.subarray(at, at + count * rowWords)
  }

  #giveBack(page: number): void {
    const copy = this.#pages[page]
    if (copy) this.#memory.pages.give(copy)
    this.#pages[page] = null
  }

  release(): void {
    this.#store.watch(null)
    for (let page = Math.max(0, this.#next); page < this.#pages.length; page++) this.#giveBack(page)
  }
}
