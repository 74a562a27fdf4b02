import { hexValue, type TextPoints } from './text-points.ts'

/**
 * Numbers with a shape of their own that no card number has: IBANs, UUIDs, long hexadecimal ids and positions. Their
 * digits are exempt from the search, for by chance one in thirty of their stretches would pass for a card number.
 */
export function exemptKnownNumbers(points: TextPoints): void {
  let at = 0
  while (at < points.length) {
    if (!isWord(points.codes[at]!)) {
      at++
      continue
    }
    const end = Math.max(ibanEnd(points, at), uuidEnd(points, at), hexEnd(points, at), positionEnd(points, at))
    for (let i = at; i < end; i++) points.exempt(i)
    at = end > at ? end : wordEnd(points, at)
  }
}

const SPACE = 0x20
const COMMA = 0x2c
const HYPHEN = 0x2d
const DOT = 0x2e

/** Lengths of IBANs by country. Source: the IBAN registry (ISO 13616), release 99. */
const IBAN_LENGTHS = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ' +
    'ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 ' +
    'LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 ' +
    'PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
)

/** The end of the IBAN that begins at `at`, single spaces or hyphens between its characters allowed; else `at`. */
function ibanEnd(points: TextPoints, at: number): number {
  if (at + 4 > points.length) return at
  const country = String.fromCodePoint(points.codes[at]!, points.codes[at + 1]!).toUpperCase()
  const length = IBAN_LENGTHS.get(country)
  if (length === undefined) return at
  let characters = ''
  let next = at
  for (; next < points.length && characters.length < length; next++) {
    const code = points.codes[next]!
    const spaced = (code === SPACE || code === HYPHEN) && points.codes[next - 1] !== code
    if (isWord(code)) characters += String.fromCodePoint(code)
    else if (!spaced) return at
  }
  const whole = characters.length === length && !(next < points.length && isWord(points.codes[next]!))
  return whole && passesMod97(characters) ? next : at
}

/** The check of ISO 7064 MOD 97-10, as ISO 13616 applies it. */
function passesMod97(iban: string): boolean {
  let rest = 0
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}

const UUID_GROUPS = [8, 4, 4, 4, 12] as const
/** Where version and variant stand (RFC 9562, 4.1 and 4.2), and what they are. */
const VERSION_AT = 14
const VERSION_MAX = 8
const VARIANT_AT = 19
const VARIANT_MIN = 8
const VARIANT_MAX = 11
const HEX_LETTERS_MIN = 3
const HEX_DIGITS_MIN = 24

/**
 * The end of the UUID that begins at `at`; else `at`. One of digits alone (under 3 letters) counts when it has a version and the variant of
 * RFC 9562: of a million random ones three have so few letters, and digits in which there seems to be a card number.
 */
function uuidEnd(points: TextPoints, at: number): number {
  let next = at
  let letters = 0
  for (const size of UUID_GROUPS) {
    if (next > at && points.codes[next++] !== HYPHEN) return at
    const end = next + size
    if (end > points.length) return at
    for (; next < end; next++) {
      const value = hexValue(points.codes[next]!)
      if (value < 0) return at
      if (value > 9) letters++
    }
  }
  const whole = next >= points.length || !isWord(points.codes[next]!)
  return whole && (letters >= HEX_LETTERS_MIN || hasVersion(points, at)) ? next : at
}

function hasVersion(points: TextPoints, at: number): boolean {
  const version = hexValue(points.codes[at + VERSION_AT]!)
  const variant = hexValue(points.codes[at + VARIANT_AT]!)
  return version >= 1 && version <= VERSION_MAX && variant >= VARIANT_MIN && variant <= VARIANT_MAX
}

/** The end of the word of 24 or more hexadecimal digits, 3 of them letters, that begins at `at`; else `at`. */
function hexEnd(points: TextPoints, at: number): number {
  const end = wordEnd(points, at)
  if (end - at < HEX_DIGITS_MIN) return at
  let letters = 0
  for (let i = at; i < end; i++) {
    const value = hexValue(points.codes[i]!)
    if (value < 0) return at
    if (value > 9) letters++
  }
  return letters >= HEX_LETTERS_MIN ? end : at
}

const DEGREE_DIGITS_MAX = 3
const FRACTION_DIGITS_MIN = 4

/** The end of two decimal degrees, `52.520008, 13.404954`, that begin at `at`, a comma and one space at most between; else `at`. */
function positionEnd(points: TextPoints, at: number): number {
  const latitudeEnd = degreesEnd(points, at)
  if (latitudeEnd < 0) return at
  let next = latitudeEnd
  if (codeAt(points, next) === COMMA) next++
  if (codeAt(points, next) === SPACE) next++
  if (next === latitudeEnd) return at
  if (codeAt(points, next) === HYPHEN) next++
  const end = degreesEnd(points, next)
  return end < 0 || isWord(codeAt(points, end)) ? at : end
}

/** The end of 1 to 3 digits, a dot and 4 or more digits, or -1. */
function degreesEnd(points: TextPoints, at: number): number {
  const dot = digitsEnd(points, at)
  if (dot === at || dot - at > DEGREE_DIGITS_MAX || codeAt(points, dot) !== DOT) return -1
  const end = digitsEnd(points, dot + 1)
  return end - dot - 1 < FRACTION_DIGITS_MIN ? -1 : end
}

/** The code point at `i`, 0 past the end: the arrays still hold what a longer text has left there. */
function codeAt(points: TextPoints, i: number): number {
  return i < points.length ? points.codes[i]! : 0
}

function digitsEnd(points: TextPoints, at: number): number {
  let end = at
  while (end < points.length && points.codes[end]! >= 0x30 && points.codes[end]! <= 0x39) end++
  return end
}

function wordEnd(points: TextPoints, at: number): number {
  let end = at
  while (end < points.length && isWord(points.codes[end]!)) end++
  return end
}

/** An ASCII letter or digit. */
function isWord(code: number): boolean {
  const letter = code | 0x20
  return (code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x7a)
}
