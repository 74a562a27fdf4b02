import { digitClass, OTHER } from './digit-classes.ts'

/** How a text is read: as it stands, or with its percent or backslash escapes undone. */
export const PLAIN = 0
export const PERCENT = 1
export const BACKSLASH = 2

const INVALID = 0xfffd
const CHUNK = 512

/**
 * A text as code points, each with its class and the place of the bytes that spell it. One instance is used for text
 * after text; its arrays grow to the longest and stay.
 */
export class TextPoints {
  length = 0
  codes = new Int32Array(CHUNK)
  kinds = new Uint8Array(CHUNK)
  /** Where each code point's bytes begin; those of point i end where those of point i + 1 begin. */
  starts = new Int32Array(CHUNK + 1)
  /** The code point just read. */
  #code = 0

  /** Reads the UTF-8 bytes `[at, end)`; a byte that is not UTF-8 becomes a point of its own, of class `OTHER`. */
  read(bytes: Uint8Array, at: number, end: number, escapes: number): void {
    this.#reserve(end - at)
    const { codes, kinds, starts } = this
    let length = 0
    let next = at
    while (next < end) {
      const byte = bytes[next]!
      starts[length] = next
      if (byte === 0x25 && escapes === PERCENT) next = this.#percent(bytes, next, end)
      else if (byte === 0x5c && escapes === BACKSLASH) next = this.#backslash(bytes, next, end)
      else if (byte < 0x80) next = this.#take(byte, next + 1)
      else next = this.#decode(bytes, next, end)
      const code = this.#code
      codes[length] = code
      kinds[length] = digitClass(code)
      length++
    }
    starts[length] = end
    this.length = length
  }

  /** Makes point `i` one that no card number can hold. */
  exempt(i: number): void {
    this.kinds[i] = OTHER
  }

  /** Each of the following leaves the code point in `#code` and returns the position after what spells it. */
  #take(code: number, next: number): number {
    this.#code = code
    return next
  }

  #decode(bytes: Uint8Array, at: number, end: number): number {
    const lead = bytes[at]!
    const more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0
    if (more === 0 || at + more >= end) return this.#take(INVALID, at + 1)
    let code = lead & (0x3f >>> more)
    for (let i = 1; i <= more; i++) {
      const byte = bytes[at + i]!
      if ((byte & 0xc0) !== 0x80) return this.#take(INVALID, at + 1)
      code = (code << 6) | (byte & 0x3f)
    }
    return this.#take(code, at + more + 1)
  }

  /** `%34` and `%EF%BC%94`. */
  #percent(bytes: Uint8Array, at: number, end: number): number {
    const lead = percentByte(bytes, at, end)
    if (lead < 0) return this.#take(0x25, at + 1)
    if (lead < 0x80) return this.#take(lead, at + 3)
    const unescaped = [lead]
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3
    for (let i = 1; i <= more; i++) unescaped.push(percentByte(bytes, at + 3 * i, end))
    if (unescaped.includes(-1)) return this.#take(INVALID, at + 3)
    const read = this.#decode(Uint8Array.from(unescaped), 0, unescaped.length)
    return at + 3 * read
  }

  /** `\u0034`, also as a surrogate pair, `\n` and the other escapes of JSON. */
  #backslash(bytes: Uint8Array, at: number, end: number): number {
    const letter = at + 1 < end ? bytes[at + 1]! : 0
    if (letter !== 0x75) return this.#take(SHORT_ESCAPES.get(letter) ?? letter, Math.min(at + 2, end))
    const high = hexNumber(bytes, at + 2, 4, end)
    if (high < 0) return this.#take(INVALID, at + 2)
    const paired = (high & 0xfc00) === 0xd800 && at + 7 < end && bytes[at + 6] === 0x5c && bytes[at + 7] === 0x75
    const low = paired ? hexNumber(bytes, at + 8, 4, end) : -1
    if ((low & 0xfc00) !== 0xdc00 || low < 0) return this.#take(high, at + 6)
    return this.#take(0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff), at + 12)
  }

  #reserve(length: number): void {
    if (length <= this.codes.length) return
    this.codes = new Int32Array(length)
    this.kinds = new Uint8Array(length)
    this.starts = new Int32Array(length + 1)
  }
}

/** `\b \f \n \r \t`. */
const SHORT_ESCAPES = new Map([
  [0x62, 8],
  [0x66, 12],
  [0x6e, 10],
  [0x72, 13],
  [0x74, 9],
])

/** The byte spelled by `%XX` at `at`, or -1. */
function percentByte(bytes: Uint8Array, at: number, end: number): number {
  return at < end && bytes[at] === 0x25 ? hexNumber(bytes, at + 1, 2, end) : -1
}

/** The number spelled by `digits` hexadecimal digits at `at`, or -1. */
function hexNumber(bytes: Uint8Array, at: number, digits: number, end: number): number {
  if (at + digits > end) return -1
  let number = 0
  for (let i = at; i < at + digits; i++) {
    const value = hexValue(bytes[i]!)
    if (value < 0) return -1
    number = number * 16 + value
  }
  return number
}

/** The value of an ASCII hexadecimal digit, or -1. */
export function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
