const FIRST_WORDS = 1024
/** A log that one huge batch has stretched past this is not kept. */
const KEPT_WORDS = 1 << 20

/** The kind of an entry that holds words of a row; other kinds are their owner's. */
export const WORDS = 3

/** Bits of the word that says which words of a row an entry holds: the first one's number, and above it how many. */
const FIELD_BITS = 16
const FIELD_MASK = (1 << FIELD_BITS) - 1

/**
 * What one overlay has changed, last in first out: old words of a row or a whole image, then row, then kind. Reading goes
 * from the end: `readWord` for kind and row, then what that kind has.
 */
export class UndoLog {
  #words = new Int32Array(FIRST_WORDS)
  #length = 0

  get empty(): boolean {
    return this.#length === 0
  }

  get bytesUsed(): number {
    return this.#words.byteLength
  }

  /** Adds an entry without an image. */
  push(row: number, kind: number): void {
    this.#reserve(2)
    this.#words[this.#length++] = row
    this.#words[this.#length++] = kind
  }

  /** Adds the old value of one word of a row, its word number `field`, below 2^16. */
  pushWord(old: number, row: number, field: number): void {
    this.#reserve(4)
    const words = this.#words
    const at = this.#length
    words[at] = old
    words[at + 1] = (1 << FIELD_BITS) | field
    words[at + 2] = row
    words[at + 3] = WORDS
    this.#length = at + 4
  }

  /** Adds the old values of `count` words of a row, at most 2^14: those of `source` from `from` on, its words from `field` on. */
  pushWords(source: Int32Array, from: number, count: number, row: number, field: number): void {
    this.#reserve(count + 3)
    const words = this.#words
    let at = this.#length
    for (let word = from, end = from + count; word < end; word++) words[at++] = source[word]!
    words[at] = (count << FIELD_BITS) | field
    words[at + 1] = row
    words[at + 2] = WORDS
    this.#length = at + 3
  }

  /** Adds an entry with `count` words of `source` from `from` on. */
  pushImage(source: Int32Array, from: number, count: number, row: number, kind: number): void {
    this.#reserve(count + 2)
    const words = this.#words
    let at = this.#length
    for (let word = from, end = from + count; word < end; word++) words[at++] = source[word]!
    words[at++] = row
    words[at++] = kind
    this.#length = at
  }

  /** The next word of an entry, from its last to its first. */
  readWord(): number {
    return this.#words[--this.#length]!
  }

  /** Copies the entry's image back. */
  readImage(target: Int32Array, to: number, count: number): void {
    this.#length -= count
    target.set(this.#words.subarray(this.#length, this.#length + count), to)
  }

  /** Copies words of a row, whose word 0 is `target[base]`, back. */
  readWords(target: Int32Array, base: number): void {
    const which = this.readWord()
    this.readImage(target, base + (which & FIELD_MASK), which >>> FIELD_BITS)
  }

  clear(): void {
    this.#length = 0
    if (this.#words.length > KEPT_WORDS) this.#words = new Int32Array(FIRST_WORDS)
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#words.length) return
    const words = new Int32Array(Math.max(needed, this.#words.length * 2))
    words.set(this.#words)
    this.#words = words
  }
}
