/** No card number has fewer digits. */
const CARD_DIGITS_MIN = 12
/** Shorter words of base64 cannot spell one. */
const BASE64_LETTERS_MIN = 16
/** Of the letters that spell ASCII digits in base64, every fourth is M, N or O; a card number has at least three. */
const BASE64_MARKS_MIN = 3
const UUID_LENGTH = 36
/** With fewer letters a UUID is digits enough to be read as a number. */
const UUID_LETTERS_MIN = 3

/**
 * True when an id cannot hold a card number however it is read (SPEC M4), so that the mask need not look at it: a
 * UUID in lower case, or ASCII whose digits are too few between letters and whose letters spell none in base64. False
 * says nothing: the mask decides.
 */
export function isCardFreeId(id: string): boolean {
  if (isLowerCaseUuid(id)) return true
  let digits = 0
  let marks = 0
  let lower = false
  let upper = false
  for (let i = 0; i < id.length; i++) {
    const unit = id.charCodeAt(i)
    if (unit >= 0x30 && unit <= 0x39) {
      if (++digits === CARD_DIGITS_MIN) return false
    } else if (unit >= 0x61 && unit <= 0x7a) {
      lower = true
      digits = 0
    } else if (unit >= 0x41 && unit <= 0x5a) {
      upper = true
      if (unit >= 0x4d && unit <= 0x4f) marks++
      digits = 0
    } else if (unit > 0x7f || unit === 0x25 || unit === 0x5c) {
      return false // Another script, or an escape.
    }
  }
  return id.length < BASE64_LETTERS_MIN || (marks < BASE64_MARKS_MIN && !(lower && upper))
}

/** The numbers of a UUID are no card's, whatever their digits. */
function isLowerCaseUuid(id: string): boolean {
  if (id.length !== UUID_LENGTH) return false
  let letters = 0
  for (let i = 0; i < UUID_LENGTH; i++) {
    const unit = id.charCodeAt(i)
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (unit !== 0x2d) return false
    } else if (unit >= 0x61 && unit <= 0x66) {
      letters++
    } else if (unit < 0x30 || unit > 0x39) {
      return false
    }
  }
  return letters >= UUID_LETTERS_MIN
}
