import { type ErrorPlace, invariant, StreamsError } from '../errors.ts'
import { HashIndex, INDEX_ROWS_MAX } from './hash-index.ts'
import type { TransactionalStore } from './overlay.ts'
import { chunkShift, markOfFree, NO_ROW, nextFree, RowChunk } from './row-chunk.ts'
import { StateDigest } from './state-digest.ts'
import { UndoLog, WORDS } from './undo-log.ts'

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

/** Is told of a row right before it is written, so that a snapshot can keep its own copy. */
export interface RowWatcher {
  beforeWrite(row: number): void
}

// Kinds of undo entries.
const WRITTEN = 0
const INSERTED = 1
const REMOVED = 2

const KEY_WORDS = 4
const CACHE_LINE_WORDS = 16
/** The mark, and a word that keeps doubles in their places. */
const MARK_WORDS = 2
/** The mark of a row of which no overlay under way has kept an image. */
const UNSAVED = 0
/** Marks of free rows are negative int32, so that serials end long before they could meet them. */
const SERIAL_MAX = 2 ** 30

/**
 * Rows of a fixed size in chunked slabs, with stable row numbers, optionally found by a 128-bit hash of four int32
 * words. Fields are read and written through the chunk's own arrays: `words(row)[base(row) + field]`, and
 * `doubles(row)[(base(row) >> 1) + field]`; both arrays stay valid while the row is in use. Before the first write to a
 * row `writable(row)` must be called; it keeps the old image, once an overlay, so that the overlay can be taken back.
 * Where few fields of a large row change, a `RowCursor` keeps those alone.
 *
 * A row is its key, its mark and its payload. The mark of a row in use is the serial of the overlay that last kept its
 * image or made it; that of a free row is -2 minus the next free one.
 *
 * Without an open overlay writes are committed at once.
 */
export class RowStore implements TransactionalStore {
  readonly options: RowStoreOptions
  /** 32-bit words of a row, key and mark included. */
  readonly rowWords: number
  /** 32-bit words of a row's payload. */
  readonly payloadWords: number
  /** Words of the key: 4 or 0. The mark follows it. */
  readonly keyWords: number
  /** Rows of one chunk. */
  readonly chunkRows: number
  readonly #headWords: number
  readonly #serialMax: number
  readonly #shift: number
  readonly #mask: number
  /** Of keys; null without. Its owner changes it. */
  readonly index: HashIndex | null
  readonly #chunks: RowChunk[] = []
  readonly #overlays: UndoLog[] = []
  readonly #spareLogs: UndoLog[] = []
  #log: UndoLog | null = null
  #serial = UNSAVED
  #size = 0
  #end = 0
  #free = NO_ROW
  #hand = 0
  #watcher: RowWatcher | null = null

  /** `serialMax`: overlays after which their serials begin anew. */
  constructor(options: RowStoreOptions, serialMax: number = SERIAL_MAX) {
    invariant(options.rowBytes >= 8 && options.rowBytes <= 65_536, `rows of ${options.name} hold 8 to 65,536 bytes`)
    if (!(options.maxRows >= 1 && options.maxRows <= INDEX_ROWS_MAX)) {
      const limits = `${options.setting} must be between 1 and ${INDEX_ROWS_MAX}`
      throw new StreamsError('ROWS_SETTING', 'stop', limits, options.place)
    }
    this.options = options
    this.#serialMax = serialMax
    this.keyWords = options.keyed ? KEY_WORDS : 0
    this.#headWords = this.keyWords + MARK_WORDS
    this.payloadWords = Math.ceil(options.rowBytes / 8) * 2
    this.rowWords = this.#headWords + this.payloadWords
    this.#shift = chunkShift(this.rowWords)
    this.chunkRows = 1 << this.#shift
    this.#mask = this.chunkRows - 1
    this.index = options.keyed ? new HashIndex() : null
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
    let bytes = this.index === null ? 0 : this.index.bytesUsed
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
    return this.#start(row) + this.#headWords
  }

  /** Index of the row's first word, its key's where it has one. */
  #start(row: number): number {
    return (row & this.#mask) * this.rowWords
  }

  /** Reads a word of each cache line of the row; the answer means nothing (ADR 0058). */
  touch(row: number): number {
    const words = this.words(row)
    const end = this.#start(row) + this.rowWords
    let read = 0
    for (let word = this.#start(row); word < end; word += CACHE_LINE_WORDS) read ^= words[word]!
    return read
  }

  /** The row with this key, or -1. */
  find(h0: number, h1: number, h2: number, h3: number): number {
    const index = this.index!
    for (let row = index.first(h0, h1); row >= 0; row = index.next()) {
      const words = this.words(row)
      const at = this.#start(row)
      if (words[at] === h0 && words[at + 1] === h1 && words[at + 2] === h2 && words[at + 3] === h3) return row
    }
    return NO_ROW
  }

  /**
   * Takes a row, zeroed, for a key that `find` did not find; it is writable at once. Rows without a key take none.
   * @throws StreamsError ROWS_FULL at the bound, with nothing changed.
   */
  insert(h0 = 0, h1 = 0, h2 = 0, h3 = 0): number {
    if (this.#size >= this.options.maxRows) this.#throwFull()
    const row = this.#takeFree()
    this.#watcher?.beforeWrite(row)
    const words = this.words(row)
    const at = this.#start(row)
    words.fill(0, at, at + this.rowWords)
    words[at + this.keyWords] = this.#serial
    if (this.index !== null) {
      words[at] = h0
      words[at + 1] = h1
      words[at + 2] = h2
      words[at + 3] = h3
      this.index.insert(h0, h1, row)
    }
    if (this.#log !== null) this.#log.push(row, INSERTED)
    this.#size++
    return row
  }

  #takeFree(): number {
    const free = this.#free
    if (free !== NO_ROW) {
      this.#free = nextFree(this.#markOf(free))
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

  #markOf(row: number): number {
    return this.words(row)[this.#start(row) + this.keyWords]!
  }

  #setMark(row: number, mark: number): void {
    this.words(row)[this.#start(row) + this.keyWords] = mark
  }

  /** Must be called before a row is written: keeps its image for the open overlay, and for a snapshot under way. */
  writable(row: number): void {
    this.#watcher?.beforeWrite(row)
    if (this.#log === null || this.#markOf(row) === this.#serial) return
    this.#log.pushImage(this.words(row), this.#start(row), this.rowWords, row, WRITTEN)
    this.#setMark(row, this.#serial)
  }

  /**
   * Must be called before single words of a row are written. Returns the log that takes old values by `pushWord` and
   * `pushWords`, or null when none need be kept.
   */
  edit(row: number): UndoLog | null {
    this.#watcher?.beforeWrite(row)
    return this.#log === null || this.#markOf(row) === this.#serial ? null : this.#log
  }

  /** Gives a row back, wiped: a checkpoint holds the free rows too, and what ended must not stand there. */
  remove(row: number): void {
    this.#watcher?.beforeWrite(row)
    if (this.#log !== null) {
      this.#log.pushImage(this.words(row), this.#start(row), this.rowWords, row, REMOVED)
    }
    this.#unlink(row)
  }

  #unlink(row: number): void {
    const words = this.words(row)
    const at = this.#start(row)
    if (this.index !== null) this.index.remove(words[at]!, words[at + 1]!, row)
    words.fill(0, at, at + this.rowWords)
    this.#setMark(row, markOfFree(this.#free))
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
    return this.#markOf(row) >= UNSAVED
  }

  openOverlay(): void {
    this.#log = this.#spareLogs.pop() ?? new UndoLog()
    this.#overlays.push(this.#log)
    this.#nextSerial()
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
    // A row marked by the overlay that is gone must be kept again.
    this.#nextSerial()
  }

  /** A serial is not used twice: before they run out every mark is wiped, which at worst keeps an image once more. */
  #nextSerial(): void {
    if (this.#serial === this.#serialMax) {
      for (let row = 0; row < this.#end; row++) if (this.inUse(row)) this.#setMark(row, UNSAVED)
      this.#serial = UNSAVED
    }
    this.#serial++
  }

  #retire(log: UndoLog): void {
    log.clear()
    this.#spareLogs.push(log)
    this.#log = this.#overlays.at(-1) ?? null
  }

  #undo(log: UndoLog): void {
    const kind = log.readWord()
    const row = log.readWord()
    if (kind === WORDS) {
      log.readWords(this.words(row), this.base(row))
    } else if (kind === INSERTED) {
      this.#unlink(row)
    } else {
      const next = this.#markOf(row)
      log.readImage(this.words(row), this.#start(row), this.rowWords)
      if (kind === REMOVED) this.#relink(row, next)
    }
  }

  #relink(row: number, mark: number): void {
    // Undo runs backwards, so the row removed first is on top of the free list again.
    this.#free = nextFree(mark)
    const words = this.words(row)
    const at = this.#start(row)
    if (this.index !== null) this.index.insert(words[at]!, words[at + 1]!, row)
    this.#size++
  }

  /** A chunk of the rows from `number * chunkRows` on. */
  chunk(number: number): RowChunk {
    return this.#chunks[number]!
  }

  /** Sets or, with null, ends the one snapshot that is told of writes. */
  watch(watcher: RowWatcher | null): void {
    invariant(
      watcher === null || (this.#watcher === null && this.committed),
      'a snapshot begins within another or an overlay',
    )
    this.#watcher = watcher
  }

  /** Begins to fill the store, which must be new, from a snapshot of rows below `end`: steps that make room for them. */
  beginLoad(end: number): Iterable<void> {
    invariant(this.#end === 0 && this.committed, 'a snapshot is loaded into a store in use')
    return this.index?.reserve(end) ?? []
  }

  /** The next chunk, to be filled from a snapshot. */
  addChunk(): RowChunk {
    const chunk = new RowChunk(this.chunkRows, this.rowWords)
    this.#chunks.push(chunk)
    return chunk
  }

  /** Takes over the next rows that a loader has filled in up to row number `end`. */
  adopt(end: number): void {
    for (let row = this.#end; row < end; row++) {
      if (this.inUse(row)) {
        const words = this.words(row)
        const at = this.#start(row)
        this.#setMark(row, UNSAVED)
        if (this.index !== null) this.index.insert(words[at]!, words[at + 1]!, row)
        this.#size++
      } else {
        this.#setMark(row, markOfFree(this.#free))
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
      for (let word = 0; word < this.keyWords; word++) one.int(this.words(row)[this.#start(row) + word]!)
      describe(row, one)
      all.unordered(one)
    }
    return all.hex()
  }
}
