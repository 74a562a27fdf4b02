import { type ErrorPlace, invariant, StreamsError } from '../errors.ts'
import { type HashedRows, HashIndex, INDEX_ROWS_MAX } from './hash-index.ts'
import type { TransactionalStore } from './overlay.ts'
import { chunkShift, IN_USE, NO_ROW, RowChunk } from './row-chunk.ts'
import { StateDigest } from './state-digest.ts'
import { UndoLog } from './undo-log.ts'

/**
 * `rowBytes`: payload of a row. `keyed`: rows are found by a 128-bit hash. `maxRows`: the bound, and `setting` its name
 * for the error. `place`: the task's input partition.
 */
export interface RowStoreOptions {
  readonly name: string
  readonly rowBytes: number
  readonly keyed: boolean
  readonly maxRows: number
  readonly setting: string
  readonly place: ErrorPlace
}

/** Is told of a chunk right before it is written, so that a snapshot can keep its own copy. */
export interface ChunkWatcher {
  beforeWrite(chunk: number): void
}

const WRITTEN = 0
const INSERTED = 1
const REMOVED = 2
const KEY_WORDS = 4

/**
 * Rows of a fixed size in chunked slabs, with stable row numbers, optionally found by a 128-bit hash of four int32
 * words. Fields are read and written through the chunk's own arrays: `words(row)[base(row) + field]`, and
 * `doubles(row)[(base(row) >> 1) + field]`; both arrays stay valid while the row is in use. Before the first write to a
 * row `writable(row)` must be called; it keeps the old image, once an overlay, so that the overlay can be taken back.
 *
 * Without an open overlay writes are committed at once.
 */
export class RowStore implements TransactionalStore, HashedRows {
  readonly options: RowStoreOptions
  /** 32-bit words of a row, its key included. */
  readonly rowWords: number
  /** Words of the key before the payload: 4 or 0. */
  readonly keyWords: number
  readonly #shift: number
  readonly #mask: number
  readonly #index: HashIndex | null
  readonly #chunks: RowChunk[] = []
  readonly #overlays: UndoLog[] = []
  readonly #spareLogs: UndoLog[] = []
  #log: UndoLog | null = null
  #serial = 0
  #serials = 0
  #size = 0
  #end = 0
  #free = NO_ROW
  #hand = 0
  #watcher: ChunkWatcher | null = null

  constructor(options: RowStoreOptions) {
    invariant(options.rowBytes >= 8 && options.rowBytes <= 65_536, `rows of ${options.name} hold 8 to 65,536 bytes`)
    if (!(options.maxRows >= 1 && options.maxRows <= INDEX_ROWS_MAX)) {
      const limits = `${options.setting} must be between 1 and ${INDEX_ROWS_MAX}`
      throw new StreamsError('ROWS_SETTING', 'stop', limits, options.place)
    }
    this.options = options
    this.keyWords = options.keyed ? KEY_WORDS : 0
    this.rowWords = Math.ceil(options.rowBytes / 8) * 2 + this.keyWords
    this.#shift = chunkShift(this.rowWords)
    this.#mask = (1 << this.#shift) - 1
    this.#index = options.keyed ? new HashIndex(this) : null
  }

  /** Rows in use. */
  get size(): number {
    return this.#size
  }

  /** `size` as a share of the bound, 0 to 1. */
  get filled(): number {
    return this.#size / this.options.maxRows
  }

  /** One past the highest row number ever used. */
  get end(): number {
    return this.#end
  }

  /** Bytes of rows, index and undo logs as allocated. */
  get bytesUsed(): number {
    let bytes = this.#index === null ? 0 : this.#index.bytesUsed
    for (const log of [...this.#overlays, ...this.#spareLogs]) bytes += log.bytesUsed
    const chunk = this.#chunks[0]
    return bytes + (chunk === undefined ? 0 : this.#chunks.length * chunk.byteLength)
  }

  /** True while no overlay can be taken back. */
  get committed(): boolean {
    return this.#overlays.length === 0
  }

  /** The int32 array that holds the row. */
  words(row: number): Int32Array {
    return this.#chunks[row >>> this.#shift]!.words
  }

  /** The same memory as doubles. */
  doubles(row: number): Float64Array {
    return this.#chunks[row >>> this.#shift]!.doubles
  }

  /** The same memory as bytes. */
  bytes(row: number): Uint8Array {
    return this.#chunks[row >>> this.#shift]!.bytes
  }

  /** Index of the payload's first word in `words(row)`; half of it in `doubles(row)`, four times it in `bytes(row)`. */
  base(row: number): number {
    return (row & this.#mask) * this.rowWords + this.keyWords
  }

  placeHash(row: number): number {
    return this.words(row)[this.base(row) - KEY_WORDS + 1]!
  }

  /** The row with this key, or -1. */
  find(h0: number, h1: number, h2: number, h3: number): number {
    const index = this.#index!
    for (let row = index.first(h0, h1); row >= 0; row = index.next()) {
      const words = this.words(row)
      const at = this.base(row) - KEY_WORDS
      if (words[at] === h0 && words[at + 1] === h1 && words[at + 2] === h2 && words[at + 3] === h3) return row
    }
    return -1
  }

  /**
   * Takes a row, zeroed, for a key that `find` did not find; it is writable at once. Rows without a key take none.
   * @throws StreamsError ROWS_FULL at the bound, with nothing changed.
   */
  insert(h0 = 0, h1 = 0, h2 = 0, h3 = 0): number {
    if (this.#size >= this.options.maxRows) this.#throwFull()
    const row = this.#takeFree()
    this.#watcher?.beforeWrite(row >>> this.#shift)
    const chunk = this.#chunks[row >>> this.#shift]!
    const at = (row & this.#mask) * this.rowWords
    chunk.words.fill(0, at, at + this.rowWords)
    chunk.links[row & this.#mask] = IN_USE
    chunk.stamps[row & this.#mask] = this.#serial
    if (this.#index !== null) {
      chunk.words[at] = h0
      chunk.words[at + 1] = h1
      chunk.words[at + 2] = h2
      chunk.words[at + 3] = h3
      this.#index.insert(h0, h1, row)
    }
    if (this.#log !== null) this.#log.push(row, INSERTED)
    this.#size++
    return row
  }

  #takeFree(): number {
    const free = this.#free
    if (free !== NO_ROW) {
      this.#free = this.#chunks[free >>> this.#shift]!.links[free & this.#mask]!
      return free
    }
    const row = this.#end++
    if (row >>> this.#shift === this.#chunks.length) this.addChunk()
    return row
  }

  #throwFull(): never {
    const { name, maxRows, setting, place } = this.options
    const what = `store ${name} holds ${this.#size} rows and its bound is ${setting} = ${maxRows}`
    throw new StreamsError('ROWS_FULL', 'stop', `${what}; nothing is lost: raise ${setting} and start again`, place)
  }

  /** Must be called before a row is written: keeps its image for the open overlay, and for a snapshot under way. */
  writable(row: number): void {
    const chunk = this.#chunks[row >>> this.#shift]!
    if (chunk.stamps[row & this.#mask] === this.#serial && this.#log !== null) return
    this.#save(chunk, row, WRITTEN)
  }

  #save(chunk: RowChunk, row: number, kind: number): void {
    this.#watcher?.beforeWrite(row >>> this.#shift)
    if (this.#log === null) return
    this.#log.pushImage(chunk.words, (row & this.#mask) * this.rowWords, this.rowWords, row, kind)
    chunk.stamps[row & this.#mask] = this.#serial
  }

  /** Gives a row back. */
  remove(row: number): void {
    const chunk = this.#chunks[row >>> this.#shift]!
    this.#save(chunk, row, REMOVED)
    this.#unlink(chunk, row)
  }

  #unlink(chunk: RowChunk, row: number): void {
    const at = (row & this.#mask) * this.rowWords
    if (this.#index !== null) this.#index.remove(chunk.words[at]!, chunk.words[at + 1]!, row)
    chunk.links[row & this.#mask] = this.#free
    this.#free = row
    this.#size--
  }

  /**
   * Looks at the next `count` row numbers, round and round, and removes those rows that are dead: for evicting what has
   * no effect any more. `isDead` may first free what hangs on the row. Returns how many were removed.
   */
  sweep(count: number, isDead: (row: number) => boolean): number {
    const before = this.#size
    for (let left = Math.min(count, this.#end); left > 0; left--) {
      if (this.#hand >= this.#end) this.#hand = 0
      const row = this.#hand++
      if (this.inUse(row) && isDead(row)) this.remove(row)
    }
    return before - this.#size
  }

  /** Whether the row number below `end` holds a row. */
  inUse(row: number): boolean {
    return this.#chunks[row >>> this.#shift]!.links[row & this.#mask] === IN_USE
  }

  openOverlay(): void {
    this.#log = this.#spareLogs.pop() ?? new UndoLog()
    this.#overlays.push(this.#log)
    this.#serial = ++this.#serials
  }

  mergeOldest(): void {
    const log = this.#overlays.shift()
    invariant(log !== undefined, 'no overlay to merge')
    this.#retire(log)
  }

  dropYoungest(): void {
    const log = this.#overlays.pop()
    invariant(log !== undefined, 'no overlay to drop')
    while (!log.empty) this.#undo(log)
    this.#retire(log)
    // A serial is never used twice, so that a row stamped by the overlay that is gone is saved again.
    this.#serial = ++this.#serials
  }

  #retire(log: UndoLog): void {
    log.clear()
    this.#spareLogs.push(log)
    this.#log = this.#overlays.at(-1) ?? null
  }

  #undo(log: UndoLog): void {
    const kind = log.readKind()
    const row = log.readRow()
    const chunk = this.#chunks[row >>> this.#shift]!
    if (kind === INSERTED) {
      this.#unlink(chunk, row)
      return
    }
    const at = (row & this.#mask) * this.rowWords
    log.readImage(chunk.words, at, this.rowWords)
    if (kind === REMOVED) this.#relink(chunk, row)
  }

  #relink(chunk: RowChunk, row: number): void {
    // Undo runs backwards, so the row removed first is on top of the free list again.
    this.#free = chunk.links[row & this.#mask]!
    chunk.links[row & this.#mask] = IN_USE
    const at = (row & this.#mask) * this.rowWords
    if (this.#index !== null) this.#index.insert(chunk.words[at]!, chunk.words[at + 1]!, row)
    this.#size++
  }

  /** Rows of one chunk. */
  get chunkRows(): number {
    return this.#mask + 1
  }

  /** A chunk of the rows from `number * chunkRows` on. */
  chunk(number: number): RowChunk {
    return this.#chunks[number]!
  }

  /** Sets or, with null, ends the one snapshot that is told of writes. */
  watch(watcher: ChunkWatcher | null): void {
    invariant(
      watcher === null || (this.#watcher === null && this.committed),
      'a snapshot begins within another or an overlay',
    )
    this.#watcher = watcher
  }

  /** Begins to fill the store, which must be new, from a snapshot of rows below `end`: steps that make room for them. */
  beginLoad(end: number): Iterable<void> {
    invariant(this.#end === 0 && this.committed, 'a snapshot is loaded into a store in use')
    return this.#index?.reserve(end) ?? []
  }

  /** The next chunk, to be filled from a snapshot. */
  addChunk(): RowChunk {
    const chunk = new RowChunk(this.chunkRows, this.rowWords)
    this.#chunks.push(chunk)
    return chunk
  }

  /** Takes over the next rows that a loader has filled in, links included, up to row number `end`. */
  adopt(end: number): void {
    for (let row = this.#end; row < end; row++) {
      const chunk = this.#chunks[row >>> this.#shift]!
      if (chunk.links[row & this.#mask] === IN_USE) {
        const at = (row & this.#mask) * this.rowWords
        if (this.#index !== null) this.#index.insert(chunk.words[at]!, chunk.words[at + 1]!, row)
        this.#size++
      } else {
        chunk.links[row & this.#mask] = this.#free
        this.#free = row
      }
    }
    this.#end = end
  }

  /**
   * Digest of all rows, their order left aside. `describe` adds what the row means (row numbers have no meaning);
   * the key is added here.
   */
  digest(describe: (row: number, digest: StateDigest) => void): string {
    const all = new StateDigest()
    for (let row = 0; row < this.#end; row++) {
      if (!this.inUse(row)) continue
      const one = new StateDigest()
      for (let word = 1; word <= this.keyWords; word++) one.int(this.words(row)[this.base(row) - word]!)
      describe(row, one)
      all.unordered(one)
    }
    return all.hex()
  }
}
