import type { Random } from './random.ts'

/**
 * Test card numbers only: the leading digits of the two best known published test cards (4242 4242 4242 4242 and
 * 5555 5555 5555 4444), seven free digits, and the Luhn check digit. No issuer gives out cards in these ranges.
 */
const TEST_PREFIXES = ['42424242', '55555555'] as const
const FREE_DIGITS = 7

/** A Luhn-valid test card number of 16 digits. */
export function testCard(random: Random): string {
  const free = String(random.below(10 ** FREE_DIGITS)).padStart(FREE_DIGITS, '0')
  const body = random.pick(TEST_PREFIXES) + free
  return body + luhnCheckDigit(body)
}

/**
 * The digit that makes `body` followed by it pass Luhn's check.
 * Source: ISO/IEC 7812-1, annex B.
 */
export function luhnCheckDigit(body: string): string {
  let sum = 0
  for (let i = 0; i < body.length; i++) {
    const digit = body.charCodeAt(body.length - 1 - i) - 48
    const doubled = i % 2 === 0 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return String((10 - (sum % 10)) % 10)
}
