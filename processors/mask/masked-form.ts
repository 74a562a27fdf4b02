import type { CardNumberScan } from './card-number-scan.ts'

/**
 * Masked forms (SPEC M2), written as UTF-8 from the bytes of the raw value: `put...(out, at, bytes, from, to)` writes
 * the form of `[from, to)` and returns the next position. Nothing here allocates but a domain that holds a card number.
 */

const AT_SIGN = 0x40
const COLON = 0x3a
const DOT = 0x2e
const SPACE = 0x20
const STAR = 0x2a
const X = 0x58
const SMALL_X = 0x78
const SLASH = 0x2f
const WORDS_MAX = 4
const IPV6_BYTES_MAX = 45

/** The longest masked form of `length` raw bytes. */
export function maskedBytesMax(length: number): number {
  return length + 40
}

/** `Jane Roe` becomes `J*** R***`: the first code point of each word between spaces, at most 4 words; none: `***`. */
export function putMaskedName(out: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): number {
  let next = at
  let words = 0
  for (let i = from; i < to && words < WORDS_MAX; i++) {
    if (bytes[i] === SPACE || (i > from && bytes[i - 1] !== SPACE)) continue
    if (words++ > 0) out[next++] = SPACE
    next = putStars(out, putCodePoint(out, next, bytes, i))
  }
  return words === 0 ? putStars(out, next) : next
}

/** `jane@example.com` becomes `j***@example.com`; the domain is what stands after the last @; without one: `***@`. */
export function putMaskedEmail(
  out: Uint8Array,
  at: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  scan: CardNumberScan,
): number {
  let sign = to - 1
  while (sign >= from && bytes[sign] !== AT_SIGN) sign--
  let next = putStars(out, sign > from ? putCodePoint(out, at, bytes, from) : at)
  out[next++] = AT_SIGN
  if (sign < from) return next
  const redacted = scan.redact(bytes, sign + 1, to)
  if (redacted !== null) {
    out.set(redacted, next)
    return next + redacted.length
  }
  for (let i = sign + 1; i < to; i++) out[next++] = bytes[i]!
  return next
}

/** `203.0.113.9` becomes `203.0.x.x`, `2001:db8:0:1::5` becomes `2001:db8::x`, and anything else `X`. */
export function putMaskedIp(out: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): number {
  const dots = firstHalfOfIpv4(bytes, from, to)
  if (dots > 0) {
    const next = putRange(out, at, bytes, from, dots)
    out[next] = DOT
    out[next + 1] = SMALL_X
    out[next + 2] = DOT
    out[next + 3] = SMALL_X
    return next + 4
  }
  const groups = firstGroupsOfIpv6(bytes, from, to)
  if (groups >= from) {
    const next = putRange(out, at, bytes, from, groups)
    out[next] = COLON
    out[next + 1] = COLON
    out[next + 2] = SMALL_X
    return next + 3
  }
  out[at] = X
  return at + 1
}

/** `12/27` becomes `12/XX`; anything that is not MM/YY with a month from 01 to 12 becomes `XX/XX`. */
export function putMaskedExpiry(out: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): number {
  const known = isExpiry(bytes, from, to)
  out[at] = known ? bytes[from]! : X
  out[at + 1] = known ? bytes[from + 1]! : X
  out[at + 2] = SLASH
  out[at + 3] = X
  out[at + 4] = X
  return at + 5
}

function isExpiry(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== 5 || bytes[from + 2] !== SLASH) return false
  return isMonth(bytes, from) && isDigit(bytes[from + 3]!) && isDigit(bytes[from + 4]!)
}

/** Whether the two bytes at `at` are a month from 01 to 12. */
export function isMonth(bytes: Uint8Array, at: number): boolean {
  if (!isDigit(bytes[at]!) || !isDigit(bytes[at + 1]!)) return false
  const month = (bytes[at]! - 0x30) * 10 + bytes[at + 1]! - 0x30
  return month >= 1 && month <= 12
}

/** Where the second dot of the IPv4 address in `[from, to)` stands, or 0 when it is none: four of 0 to 255, no leading 0. */
function firstHalfOfIpv4(bytes: Uint8Array, from: number, to: number): number {
  let second = 0
  let dots = 0
  let value = -1
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!
    if (byte === DOT) {
      if (value < 0 || ++dots > 3) return 0
      if (dots === 2) second = i
      value = -1
    } else {
      if (!isDigit(byte) || value === 0) return 0
      value = (value < 0 ? 0 : value * 10) + byte - 0x30
      if (value > 255) return 0
    }
  }
  return dots === 3 && value >= 0 ? second : 0
}

/**
 * The end of the first two groups of an IPv6 address, or of the first when the second is empty; -1 when it is none.
 * An address is up to 45 of `[0-9A-Fa-f:.]`, its first two groups up to 4 hexadecimal digits, each ended by a colon.
 */
function firstGroupsOfIpv6(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > IPV6_BYTES_MAX) return -1
  const first = groupEnd(bytes, from, to)
  if (first < 0) return -1
  const second = groupEnd(bytes, first + 1, to)
  if (second < 0) return -1
  for (let i = second + 1; i < to; i++) {
    if (bytes[i] !== COLON && bytes[i] !== DOT && !isHex(bytes[i]!)) return -1
  }
  return second === first + 1 ? first : second
}

/** Where the colon after up to 4 hexadecimal digits stands, or -1. */
function groupEnd(bytes: Uint8Array, from: number, to: number): number {
  let next = from
  while (next < to && next < from + 4 && isHex(bytes[next]!)) next++
  return next < to && bytes[next] === COLON ? next : -1
}

function putStars(out: Uint8Array, at: number): number {
  out[at] = STAR
  out[at + 1] = STAR
  out[at + 2] = STAR
  return at + 3
}

/** Copies the UTF-8 code point at `from`. */
function putCodePoint(out: Uint8Array, at: number, bytes: Uint8Array, from: number): number {
  const lead = bytes[from]!
  const length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  return putRange(out, at, bytes, from, from + length)
}

function putRange(out: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) out[at + i - from] = bytes[i]!
  return at + to - from
}

/** An ASCII decimal digit. */
export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isHex(byte: number): boolean {
  const letter = byte | 0x20
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66)
}
