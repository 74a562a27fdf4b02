import { decodeBase64, encodeBase64, isBase64Letter, mayBeBase64 } from './base64.ts'
import { CARD_DIGITS_MIN } from './card-number.ts'
import { CardNumberSearch, X } from './card-number-search.ts'
import { digitClass, OTHER, SEPARATOR } from './digit-classes.ts'
import { exemptKnownNumbers } from './known-numbers.ts'
import { BACKSLASH, PERCENT, PLAIN, TextPoints } from './text-points.ts'

/**
 * The quick look keeps two counters in one integer: digits since the last letter in the low half, letters of base64
 * since the last other byte in the high half. Each begins at 16 minus its bound, so that bit 4 of its half is set when
 * the bound is reached. Two more bits tell that an escape went by, and a capital, without which no base64 spells a
 * number; a word so long that its count runs into them is looked at closer for nothing.
 */
const DIGITS_FROM = 4
const DIGITS_REACHED = 16
const WORD_REACHED = 16 << 16
const CAPITAL_SEEN = 1 << 29
const ESCAPE_SEEN = 1 << 30
const KEEP = new Int32Array(256)
const ADD = new Int32Array(256)

for (let byte = 0; byte < 256; byte++) {
  const kind = byte < 0x80 ? digitClass(byte) : OTHER
  const inWord = isBase64Letter(byte)
  const isCapital = byte >= 0x41 && byte <= 0x5a
  // A byte past ASCII may begin a digit, a separator or something unseen: it counts as a digit and ends nothing.
  const countsAsDigit = kind < SEPARATOR || byte >= 0xc2
  const endsNumber = kind === OTHER && byte < 0x80
  KEEP[byte] = (endsNumber ? 0 : 0xffff) | (inWord ? 0x1fff0000 : 0)
  ADD[byte] =
    (endsNumber ? DIGITS_FROM : countsAsDigit ? 1 : 0) + (inWord ? 1 << 16 : 0) + (isCapital ? CAPITAL_SEEN : 0)
}
for (const byte of [0x25, 0x5c]) {
  KEEP[byte] = 0xffff
  ADD[byte] = ESCAPE_SEEN
}

/**
 * A quick look at `[at, end)`, about a nanosecond a byte: 0 when no card number can be there, in clear or one level
 * deep; else what a closer look must undo.
 */
function quickLook(bytes: Uint8Array, at: number, end: number): number {
  let counters = DIGITS_FROM
  let seen = 0
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!
    counters = (counters & KEEP[byte]!) + ADD[byte]!
    seen |= counters
  }
  const base64 = (seen & CAPITAL_SEEN) === 0 ? 0 : WORD_REACHED
  return seen & (DIGITS_REACHED | ESCAPE_SEEN | base64)
}

const BASE64_LETTERS_MIN = 16

/**
 * Looks for card numbers in free text and redacts them (SPEC M4): digits of every script, with separators and unseen
 * characters between them, in clear or under one level of percent escapes, JSON escapes or base64. One instance serves
 * one thread; text without twelve digits in reach of each other costs about a nanosecond a byte and no allocation.
 */
export class CardNumberScan {
  /** Card numbers found by the last call. */
  found = 0
  readonly #points = new TextPoints()
  readonly #search = new CardNumberSearch()
  #decoded = new Uint8Array(256)

  /** Whether the UTF-8 text `[at, end)` holds a card number. */
  holds(bytes: Uint8Array, at: number, end: number): boolean {
    return this.redact(bytes, at, end) !== null
  }

  /**
   * The UTF-8 text `[at, end)` with every digit of a card number but the last four as `X`, all else as it stands; null
   * when there is none. Looks again at what it redacted, so that a second call finds nothing.
   */
  redact(bytes: Uint8Array, at: number, end: number): Uint8Array | null {
    this.found = 0
    if (end - at < CARD_DIGITS_MIN) return null
    const look = quickLook(bytes, at, end)
    if (look === 0) return null
    let redacted = this.#redactOnce(bytes, at, end, look)
    for (let next = redacted; next !== null; ) {
      redacted = next
      next = this.#redactOnce(next, 0, next.length, quickLook(next, 0, next.length))
    }
    return redacted
  }

  #redactOnce(bytes: Uint8Array, at: number, end: number, look: number): Uint8Array | null {
    // Escapes first: read as it stands, `\u0034` would lend its zeros to the number.
    if ((look & ESCAPE_SEEN) !== 0) {
      const redacted = this.#redactAs(BACKSLASH, bytes, at, end) ?? this.#redactAs(PERCENT, bytes, at, end)
      if (redacted !== null) return redacted
    }
    if ((look & DIGITS_REACHED) !== 0) {
      const redacted = this.#redactAs(PLAIN, bytes, at, end)
      if (redacted !== null) return redacted
    }
    return (look & WORD_REACHED) === 0 ? null : this.#redactBase64(bytes, at, end)
  }

  #redactAs(escapes: number, bytes: Uint8Array, at: number, end: number): Uint8Array | null {
    const points = this.#points
    points.read(bytes, at, end, escapes)
    if (this.#search.mark(points) === 0) return null
    // What was found may be part of an IBAN, a UUID or the like; that is dear to know, so it is asked only now.
    points.read(bytes, at, end, escapes)
    exemptKnownNumbers(points)
    const found = this.#search.mark(points)
    if (found === 0) return null
    this.found += found
    return spell(points, bytes)
  }

  #redactBase64(bytes: Uint8Array, at: number, end: number): Uint8Array | null {
    for (let word = at; word < end; word++) {
      let wordEnd = word
      while (wordEnd < end && isBase64Letter(bytes[wordEnd]!)) wordEnd++
      if (wordEnd - word >= BASE64_LETTERS_MIN && mayBeBase64(bytes, word, wordEnd)) {
        const redacted = this.#redactWord(bytes, at, end, word, wordEnd)
        if (redacted !== null) return redacted
      }
      word = wordEnd
    }
    return null
  }

  /** The whole text with the base64 word `[word, wordEnd)` redacted, read from whichever of its first letters fits. */
  #redactWord(bytes: Uint8Array, at: number, end: number, word: number, wordEnd: number): Uint8Array | null {
    if (this.#decoded.length < wordEnd - word) this.#decoded = new Uint8Array(wordEnd - word)
    for (let from = word; from < word + 4; from++) {
      const length = decodeBase64(bytes, from, wordEnd, this.#decoded)
      if ((quickLook(this.#decoded, 0, length) & DIGITS_REACHED) === 0) continue
      const redacted = this.#redactAs(PLAIN, this.#decoded, 0, length)
      if (redacted === null) continue
      let after = wordEnd
      while (after < end && bytes[after] === 0x3d) after++
      const letters = bytes.subarray(from, wordEnd)
      const urlSafe = letters.includes(0x2d) || letters.includes(0x5f)
      return splice(
        bytes.subarray(at, from),
        encodeBase64(redacted, urlSafe, after > wordEnd),
        bytes.subarray(after, end),
      )
    }
    return null
  }
}

/** The bytes of the points, those marked by the search as `X`. */
function spell(points: TextPoints, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(points.starts[points.length]! - points.starts[0]!)
  let length = 0
  for (let i = 0; i < points.length; i++) {
    const end = points.starts[i + 1]!
    if (points.codes[i] === X && points.kinds[i] === OTHER) out[length++] = X
    else for (let next = points.starts[i]!; next < end; next++) out[length++] = bytes[next]!
  }
  return out.slice(0, length)
}

function splice(before: Uint8Array, middle: Uint8Array, after: Uint8Array): Uint8Array {
  const out = new Uint8Array(before.length + middle.length + after.length)
  out.set(before)
  out.set(middle, before.length)
  out.set(after, before.length + middle.length)
  return out
}
