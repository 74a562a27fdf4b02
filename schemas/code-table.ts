const LETTERS = 26
const UPPER_A = 0x41
const NOT_LOWER = 0xdf

/** A fixed set of codes of equal length in A to Z, found by their bytes without an allocation. */
export class CodeTable {
  /** The codes in alphabetical order; a code's index is its ordinal. */
  readonly codes: readonly string[]
  readonly #length: number
  readonly #ordinals: Int16Array
  readonly #bytes: readonly Uint8Array[]

  constructor(codes: readonly string[]) {
    this.codes = codes.toSorted()
    this.#bytes = this.codes.map((code) => Uint8Array.from(code, (letter) => letter.charCodeAt(0)))
    this.#length = this.#bytes[0]!.length
    this.#ordinals = new Int16Array(LETTERS ** this.#length).fill(-1)
    for (const [ordinal, bytes] of this.#bytes.entries()) this.#ordinals[this.#index(bytes, 0, 0xff)] = ordinal
  }

  /** The ordinal of the code in `[at, end)`, upper case only, or -1. */
  find(bytes: Uint8Array, at: number, end: number): number {
    return this.#find(bytes, at, end, 0xff)
  }

  /** The ordinal of the code in `[at, end)`, lower case taken as upper, or -1. */
  findAnyCase(bytes: Uint8Array, at: number, end: number): number {
    return this.#find(bytes, at, end, NOT_LOWER)
  }

  /** The code's upper-case bytes. */
  bytes(ordinal: number): Uint8Array {
    return this.#bytes[ordinal]!
  }

  #find(bytes: Uint8Array, at: number, end: number, mask: number): number {
    if (end - at !== this.#length) return -1
    const index = this.#index(bytes, at, mask)
    return index < 0 ? -1 : this.#ordinals[index]!
  }

  #index(bytes: Uint8Array, at: number, mask: number): number {
    let index = 0
    for (let i = at; i < at + this.#length; i++) {
      const letter = (bytes[i]! & mask) - UPPER_A
      if (letter < 0 || letter >= LETTERS) return -1
      index = index * LETTERS + letter
    }
    return index
  }
}
