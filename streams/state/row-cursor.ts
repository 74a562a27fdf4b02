import type { RowStore } from './row-store.ts'
import type { UndoLog } from './undo-log.ts'

const NO_INTS = new Int32Array(0)
const NO_DOUBLES = new Float64Array(0)

/**
 * Stands on one row and writes single fields of it, keeping each old value for the open overlay: cheaper than an image
 * where few fields of a large row change. `at(row)` first; `edit()` before the first write, each time the cursor has moved.
 */
export class RowCursor {
  readonly rows: RowStore
  words: Int32Array = NO_INTS
  doubles: Float64Array = NO_DOUBLES
  /** The payload's first word in `words`; half of it in `doubles`. */
  base = 0
  #row = -1
  #log: UndoLog | null = null

  constructor(rows: RowStore) {
    this.rows = rows
  }

  at(row: number): void {
    const { rows } = this
    this.#row = row
    this.#log = null
    this.words = rows.words(row)
    this.doubles = rows.doubles(row)
    this.base = rows.base(row)
  }

  edit(): void {
    this.#log = this.rows.edit(this.#row)
  }

  /** Like `edit`, for a row that is about to be written as a whole: from here on its arrays may be written directly. */
  editAll(): void {
    this.rows.writable(this.#row)
    this.#log = null
  }

  /** The int32 at word `field` of the payload. */
  int(field: number): number {
    return this.words[this.base + field]!
  }

  setInt(field: number, value: number): void {
    const { words } = this
    const at = this.base + field
    const old = words[at]!
    if (old === value) return
    this.#log?.pushWord(old, this.#row, field)
    words[at] = value
  }

  /** The double at word `field` of the payload, which is even. */
  double(field: number): number {
    return this.doubles[(this.base + field) >> 1]!
  }

  setDouble(field: number, value: number): void {
    const { words } = this
    const at = this.base + field
    this.#log?.pushWords(words, at, 2, this.#row, field)
    this.doubles[at >> 1] = value
  }

  /** Writes an int32 at word `first`; what stood from there on moves one word up, and the word at `last` is gone. */
  shiftIn(first: number, last: number, value: number): void {
    const { words } = this
    const from = this.base + first
    const to = this.base + last
    this.#log?.pushWords(words, from, to - from + 1, this.#row, first)
    for (let at = to; at > from; at--) words[at] = words[at - 1]!
    words[from] = value
  }
}
