import { setImmediate } from 'node:timers/promises'
import { invariant } from '../errors.ts'
import type { ChunkWatcher, RowStore } from './row-store.ts'
import { bytesOf, type CheckpointedStore, type SectionReader, type SectionSnapshot, SLICE_BYTES } from './section.ts'

const HEAD_BYTES = 8

/** Links and words of one chunk as they were when the snapshot began. */
interface ChunkImage {
  readonly links: Int32Array
  readonly words: Int32Array
}

/**
 * Puts a row store into checkpoints: one past the last row number and the number of rows, then for each chunk the links
 * (which tell rows in use from free ones) and the rows.
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
    return `rows/1 of ${this.#store.rowWords} words, ${this.#store.keyWords} of them key, ${this.#store.chunkRows} a chunk`
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
      await reader.read(bytesOf(chunk.links, 0, rows))
      await reader.read(bytesOf(chunk.words, 0, rows * store.rowWords))
      store.adopt(from + rows)
    }
    invariant(store.size === size, `section ${this.name} holds as many rows as it says`)
  }
}

/** Copies a chunk when it is first written after the snapshot began, unless it has been given out already. */
class RowSnapshot implements SectionSnapshot, ChunkWatcher {
  readonly byteLength: number
  readonly #store: RowStore
  readonly #size: number
  readonly #end: number
  readonly #images: (ChunkImage | null)[]
  readonly #scratch: Uint8Array
  /** The next chunk to give out; -1 while the head is still to come. */
  #next = -1

  constructor(store: RowStore) {
    store.watch(this)
    this.#store = store
    this.#size = store.size
    this.#end = store.end
    this.byteLength = HEAD_BYTES + store.end * 4 * (1 + store.rowWords)
    this.#images = new Array<ChunkImage | null>(Math.ceil(store.end / store.chunkRows)).fill(null)
    const chunkBytes = store.chunkRows * 4 * (1 + store.rowWords)
    this.#scratch = new Uint8Array(Math.max(chunkBytes, Math.floor(SLICE_BYTES / chunkBytes) * chunkBytes))
  }

  beforeWrite(number: number): void {
    if (number < this.#next || number >= this.#images.length || this.#images[number] !== null) return
    const chunk = this.#store.chunk(number)
    this.#images[number] = { links: chunk.links.slice(), words: chunk.words.slice() }
  }

  next(): Uint8Array | null {
    if (this.#next < 0) {
      this.#next = 0
      return bytesOf(Int32Array.of(this.#end, this.#size))
    }
    const { chunkRows, rowWords } = this.#store
    let at = 0
    while (this.#next < this.#images.length) {
      const rows = Math.min(chunkRows, this.#end - this.#next * chunkRows)
      if (at + rows * 4 * (1 + rowWords) > this.#scratch.length) break
      const { links, words } = this.#images[this.#next] ?? this.#store.chunk(this.#next)
      this.#scratch.set(bytesOf(links, 0, rows), at)
      this.#scratch.set(bytesOf(words, 0, rows * rowWords), at + rows * 4)
      at += rows * 4 * (1 + rowWords)
      this.#images[this.#next++] = null
    }
    return at === 0 ? null : this.#scratch.subarray(0, at)
  }

  release(): void {
    this.#store.watch(null)
    this.#images.fill(null)
  }
}
