import { invariant } from '../errors.ts'
import type { RowChunk } from './row-chunk.ts'
import { bytesOf, type CheckpointedStore, type SectionReader, type SectionSnapshot } from './section.ts'
import { CHUNK_ENTRIES, chunksFrom, type EntryWatcher, type RingExtent, type WindowRing } from './window-ring.ts'

const HEAD_WORDS = 2

/** Puts a window ring into checkpoints: place of the oldest entry and number of entries, then the entries. */
export class WindowRingSection implements CheckpointedStore {
  readonly #ring: WindowRing

  constructor(ring: WindowRing) {
    this.#ring = ring
  }

  get name(): string {
    return this.#ring.options.name
  }

  get layout(): string {
    return `window ring/1 of ${this.#ring.entryWords} words`
  }

  snapshot(): SectionSnapshot {
    return new RingSnapshot(this.#ring)
  }

  async restore(reader: SectionReader): Promise<void> {
    const ring = this.#ring
    const head = new Int32Array(HEAD_WORDS)
    await reader.read(bytesOf(head))
    const [first, count] = [head[0]!, head[1]!]
    const chunks: RowChunk[] = []
    let left = count
    for (let from = first % CHUNK_ENTRIES; left > 0; from = 0) {
      const chunk = ring.newChunk()
      const entries = Math.min(left, CHUNK_ENTRIES - from)
      await reader.read(bytesOf(chunk.words, from * ring.entryWords, (from + entries) * ring.entryWords))
      chunks.push(chunk)
      left -= entries
    }
    ring.adopt({ first, count, chunks })
    invariant(reader.byteLength === HEAD_WORDS * 4 + count * ring.entryWords * 4, `section ${this.name} is whole`)
  }
}

/** Gives entries out from where they stand; copies a chunk's when one of them is first written after the snapshot began. */
class RingSnapshot implements SectionSnapshot, EntryWatcher {
  readonly byteLength: number
  readonly #ring: WindowRing
  readonly #extent: RingExtent
  readonly #copies: (Int32Array | null)[]
  /** The next chunk to give out; -1 while the head is still to come. */
  #next = -1
  #released = false

  constructor(ring: WindowRing) {
    this.#ring = ring
    this.#extent = ring.pin(this)
    this.#copies = new Array<Int32Array | null>(this.#extent.chunks.length).fill(null)
    this.byteLength = HEAD_WORDS * 4 + this.#extent.count * ring.entryWords * 4
  }

  beforeWrite(place: number): void {
    const { first, chunks } = this.#extent
    const number = chunksFrom(first, place)
    if (number < this.#next || number >= chunks.length || this.#copies[number] !== null) return
    this.#copies[number] = this.#entriesOf(number).slice()
  }

  next(): Uint8Array | null {
    const { first, count, chunks } = this.#extent
    if (this.#next < 0) {
      this.#next = 0
      return bytesOf(Int32Array.of(first, count))
    }
    if (this.#next === chunks.length) return null
    const number = this.#next++
    const entries = this.#copies[number] ?? this.#entriesOf(number)
    this.#copies[number] = null
    return bytesOf(entries)
  }

  /** The chunk's entries where they stand, as far as the snapshot reaches. */
  #entriesOf(number: number): Int32Array {
    const { first, count, chunks } = this.#extent
    const { entryWords } = this.#ring
    const offset = first % CHUNK_ENTRIES
    const from = number === 0 ? offset : 0
    const to = Math.min(CHUNK_ENTRIES, offset + count - number * CHUNK_ENTRIES)
    return chunks[number]!.words.subarray(from * entryWords, to * entryWords)
  }

  release(): void {
    if (!this.#released) this.#ring.unpin()
    this.#released = true
    this.#copies.fill(null)
  }
}
