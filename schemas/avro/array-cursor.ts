import { afterLong, readLong, readText } from './bytes.ts'

/** What a reader holds before its first record. */
export const NO_BYTES: Uint8Array = new Uint8Array(0)

/** The view over `NO_BYTES`. */
export const NO_VIEW: DataView = new DataView(NO_BYTES.buffer)

/**
 * Walks an array in place, without an allocation: `while (cursor.next()) ...`. Valid until the reader that opened it
 * is wrapped around another record.
 */
export abstract class ArrayCursor {
  buffer = NO_BYTES
  view = NO_VIEW
  /** Start of the current item. */
  at = 0
  /** Position after the current item. */
  end = 0
  #left = 0

  /** Stands before the first item of the accepted array at `at`. */
  open(buffer: Uint8Array, view: DataView, at: number): this {
    this.buffer = buffer
    this.view = view
    this.end = at
    this.#left = 0
    return this
  }

  /** Moves to the next item; false after the last. */
  next(): boolean {
    if (this.#left === 0) this.#left = this.#openBlock()
    if (this.#left < 0) return false
    this.#left--
    this.at = this.end
    this.end = this.afterItem(this.at)
    return true
  }

  /** How many items there are; walks to the end. */
  count(): number {
    let items = 0
    while (this.next()) items++
    return items
  }

  /** The position after the item at `at`. */
  protected abstract afterItem(at: number): number

  /** The block's number of items, or -1 at the end marker. */
  #openBlock(): number {
    const header = readLong(this.buffer, this.end)
    this.end = afterLong(this.buffer, this.end)
    if (header === 0) return -1
    if (header > 0) return header
    this.end = afterLong(this.buffer, this.end)
    return -header
  }
}

/** Walks an array of strings. */
export class StringCursor extends ArrayCursor {
  /** Start of the current item's text, which ends at `end`. */
  get textAt(): number {
    return afterLong(this.buffer, this.at)
  }

  get text(): string {
    return readText(this.buffer, this.textAt, this.end)
  }

  protected override afterItem(at: number): number {
    return afterLong(this.buffer, at) + readLong(this.buffer, at)
  }
}

/** Walks an array of enum symbols. */
export class EnumCursor extends ArrayCursor {
  get ordinal(): number {
    return this.buffer[this.at]! >>> 1
  }

  protected override afterItem(at: number): number {
    return at + 1
  }
}
