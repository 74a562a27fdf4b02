/** Text in base64 where nobody said so: found by its letters, read at any of the four offsets within a word. */

const NO_LETTER = 64
const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const URL_SAFE = `${STANDARD.slice(0, 62)}-_`
const PAD = 0x3d
const UNDERSCORE = 0x5f
const CASE_BIT = 0x20
const LOWER = 1
const UPPER = 2

const sextets = new Uint8Array(256).fill(NO_LETTER)
for (const alphabet of [STANDARD, URL_SAFE]) {
  for (let value = 0; value < 64; value++) sextets[alphabet.charCodeAt(value)] = value
}

/** Whether the byte is a letter of either base64 alphabet. */
export function isBase64Letter(byte: number): boolean {
  return sextets[byte]! < NO_LETTER
}

/**
 * Whether `[at, end)` can spell 12 digits. An ASCII digit is 0x30 to 0x39, so every fourth letter of three is M, N or O;
 * digits of other scripts take more letters, which are never of one case.
 */
export function mayBeBase64(bytes: Uint8Array, at: number, end: number): boolean {
  let marks = 0
  let cases = 0
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!
    if (byte >= 0x4d && byte <= 0x4f) marks++
    if (byte > 0x40 && byte !== UNDERSCORE) cases |= byte & CASE_BIT ? LOWER : UPPER
  }
  return marks > 2 || cases === (LOWER | UPPER)
}

/** Decodes the letters `[at, end)` into `out`; returns how many bytes came out. A single last letter spells none. */
export function decodeBase64(bytes: Uint8Array, at: number, end: number, out: Uint8Array): number {
  let bits = 0
  let bitCount = 0
  let length = 0
  for (let i = at; i < end; i++) {
    bits = ((bits << 6) | sextets[bytes[i]!]!) & 0xffffff
    bitCount += 6
    if (bitCount >= 8) {
      bitCount -= 8
      out[length++] = (bits >>> bitCount) & 0xff
    }
  }
  return length
}

/** The base64 of `bytes` in the alphabet of the word it takes the place of, padded if that one was. */
export function encodeBase64(bytes: Uint8Array, urlSafe: boolean, padded: boolean): Uint8Array {
  const alphabet = urlSafe ? URL_SAFE : STANDARD
  const out: number[] = []
  for (let i = 0; i < bytes.length; i += 3) {
    const triple = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const letters = Math.min(bytes.length - i, 3) + 1
    for (let k = 0; k < letters; k++) out.push(alphabet.charCodeAt((triple >>> (18 - 6 * k)) & 63))
  }
  while (padded && out.length % 4 !== 0) out.push(PAD)
  return Uint8Array.from(out)
}
