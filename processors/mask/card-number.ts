/** The shortest and the longest card number that any issuer of the table below gives out. */
export const CARD_DIGITS_MIN = 12
export const CARD_DIGITS_MAX = 19

/** First four digits (first and last of a range) and the lengths issued there. */
type IssuerRange = readonly [first: number, last: number, ...lengths: number[]]

/**
 * Issuer ranges by their first four digits. Ranges that are finer than four digits are rounded outward: to redact one
 * number too many costs less than to keep a card number. UATP (1, 15 digits) is left out: every time in ms with two
 * more digits would look like one.
 * Source: ISO/IEC 7812 and the schemes' published ranges as of 2026.
 */
const ISSUER_RANGES: readonly IssuerRange[] = [
  // Visa: 16; 13 on old accounts, 19 on some.
  [4000, 4999, 13, 16, 19],
  // Mastercard, the 2 series included.
  [5100, 5599, 16],
  [2221, 2720, 16],
  // American Express.
  [3400, 3499, 15],
  [3700, 3799, 15],
  // Discover.
  [6011, 6011, 16, 17, 18, 19],
  [6440, 6599, 16, 17, 18, 19],
  // Diners Club.
  [3000, 3059, 14, 16, 17, 18, 19],
  [3095, 3095, 14, 16, 17, 18, 19],
  [3600, 3699, 14, 16, 17, 18, 19],
  [3800, 3999, 14, 16, 17, 18, 19],
  // JCB.
  [3528, 3589, 16, 17, 18, 19],
  // UnionPay.
  [6200, 6299, 16, 17, 18, 19],
  [8100, 8199, 16, 17, 18, 19],
  // Maestro: 16 to 19 in its whole range; 12 to 15, which any telephone number may have, where they were issued.
  [5000, 5099, 16, 17, 18, 19],
  [5600, 5899, 16, 17, 18, 19],
  [6300, 6399, 16, 17, 18, 19],
  [6700, 6799, 16, 17, 18, 19],
  ...[5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763].map(
    (prefix): IssuerRange => [prefix, prefix, 12, 13, 14, 15],
  ),
  // Mir, RuPay, Troy, Uzcard, Humo; Verve, Elo and Dankort lie in Maestro's range, InstaPayment too.
  [2200, 2204, 16, 17, 18, 19],
  [6000, 6099, 16],
  [8200, 8299, 16],
  [9792, 9792, 16],
  [8600, 8600, 16],
  [9860, 9860, 16],
]

/** By the first four digits: bit n is set where numbers of n digits are issued. */
const LENGTHS_BY_PREFIX = lengthsByPrefix()

/**
 * Whether `count` digits (0 to 9) of `digits` from `from` on are a card number: an issuer's range, a length issued in
 * it, and the Luhn check digit decide together.
 */
export function isCardNumber(digits: Uint8Array, from: number, count: number): boolean {
  if (count < CARD_DIGITS_MIN || count > CARD_DIGITS_MAX) return false
  return ((issuedLengths(digits, from) >>> count) & 1) === 1 && passesLuhn(digits, from, count)
}

/** The lengths issued for numbers that begin with the four digits at `from`; bit n stands for n digits. */
function issuedLengths(digits: Uint8Array, from: number): number {
  const prefix = digits[from]! * 1000 + digits[from + 1]! * 100 + digits[from + 2]! * 10 + digits[from + 3]!
  return LENGTHS_BY_PREFIX[prefix]!
}

/** The check of ISO/IEC 7812-1 annex B: from the right, every second digit doubled, the sum of digits ends in 0. */
function passesLuhn(digits: Uint8Array, from: number, count: number): boolean {
  let sum = 0
  let doubled = false
  for (let i = from + count - 1; i >= from; i--) {
    const digit = digits[i]!
    sum += doubled ? DOUBLED[digit]! : digit
    doubled = !doubled
  }
  return sum % 10 === 0
}

/** The digit sum of twice a digit. */
const DOUBLED = Uint8Array.of(0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

function lengthsByPrefix(): Uint32Array {
  const table = new Uint32Array(10_000)
  for (const [first, last, ...lengths] of ISSUER_RANGES) {
    const bits = lengths.reduce((mask, length) => mask | (1 << length), 0)
    for (let prefix = first; prefix <= last; prefix++) table[prefix]! |= bits
  }
  return table
}
