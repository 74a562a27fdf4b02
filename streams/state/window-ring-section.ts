import { invariant } from '../errors.ts'
import type { RowChunk } from './row-chunk.ts'
import { bytesOf, type CheckpointedStore, type SectionReader, type SectionSnapshot } from './section.ts'
import { CHUNK_ENTRIES, chunksFrom, type EntryWatcher, type RingExtent, type WindowRing } from './window-ring.ts'

const HEAD_WORDS = 2

/** Puts a window ring into checkpoints: place of the oldest entry and number of entries, then the entries. */
export class WindowRingSection implements CheckpointedStore {
  readonly #ring: WindowRing
  /** Of one snapshot after the other: memory that comes and goes would have V8 collect its whole heap for it. */
  #slice = new Int32Array(0)

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
    const { entryWords } = this.#ring
    if (this.#slice.length === 0) this.#slice = new Int32Array(CHUNK_ENTRIES * entryWords)
    return new RingSnapshot(this.#ring, this.#slice)
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

/**
 * Gives entries out as they were: a copy of a chunk at a time, since one may be written while its slice is on its way to the disk, with the
 * entries in it that were written after the snapshot began as they had been before.
 */
class RingSnapshot implements SectionSnapshot, EntryWatcher {
  readonly byteLength: number
  readonly #ring: WindowRing
  readonly #extent: RingExtent
  readonly #slice: Int32Array
  /** Entries as they were, by their place in the chunk, by the chunk's number. */
  readonly #before = new Map<number, Map<number, Int32Array>>()
  /** The next chunk to give out; -1 while the head is still to come. */
  #next = -1
  #released = false

  /** `slice` has room for a chunk. */
  constructor(ring: WindowRing, slice: Int32Array) {
    this.#ring = ring
    this.#slice = slice
    this.#extent = ring.pin(this)
    this.byteLength = HEAD_WORDS * 4 + this.#extent.count * ring.entryWords * 4
  }

  beforeWrite(place: number): void {
    const { first, count, chunks } = this.#extent
    const number = chunksFrom(first, place)
    const at = place % CHUNK_ENTRIES
    // Behind the snapshot's last entry the chunk goes on to be filled.
    if (number < this.#next || number * CHUNK_ENTRIES + at - (first % CHUNK_ENTRIES) >= count) return
    const before = this.#before.get(number) ?? new Map<number, Int32Array>()
    if (before.has(at)) return
    const { entryWords } = this.#ring
    before.set(at, chunks[number]!.words.slice(at * entryWords, (at + 1) * entryWords))
    this.#before.set(number, before)
  }

  next(): Uint8Array | null {
    const { first, count, chunks } = this.#extent
    if (this.#next < 0) {
      this.#next = 0
      return bytesOf(Int32Array.of(first, count))
    }
    if (this.#next === chunks.length) return null
    return this.#entriesOf(this.#next++)
  }

  #entriesOf(number: number): Uint8Array {
    const { first, count, chunks } = this.#extent
    const { entryWords } = this.#ring
    const offset = first % CHUNK_ENTRIES
    const from = number === 0 ? offset : 0
    const to = Math.min(CHUNK_ENTRIES, offset + count - number * CHUNK_ENTRIES)
    this.#slice.set(chunks[number]!.words.subarray(from * entryWords, to * entryWords))
    for (const [at, words] of this.#before.get(number) ?? []) this.#slice.set(words, (at - from) * entryWords)
    this.#before.delete(number)
    return bytesOf(this.#slice, 0, (to - from) * entryWords)
  }

  release(): void {
    if (!this.#released) this.#ring.unpin()
    this.#released = true
    this.#before.clear()
  }
}
