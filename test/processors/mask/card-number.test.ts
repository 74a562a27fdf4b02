import { expect, test } from 'vitest'
import { isCardNumber } from '../../../processors/mask/card-number.ts'
import { Pan } from '../../../processors/mask/pan.ts'
import { TEST_CARDS } from './card-disguises.ts'

const digitsOf = (text: string) => Uint8Array.from(text, Number)
const isCard = (text: string) => isCardNumber(digitsOf(text), 0, text.length)

test.each(TEST_CARDS)('SPEC M4: %s is a card number', (card) => expect(isCard(card)).toBe(true))

const NO_CARDS = [
  { number: '4111111111111112', why: 'fails Luhn' },
  { number: '411111111111116', why: 'Visa issues 13, 16 and 19 digits, not 15' },
  { number: '378282246310005000', why: 'American Express issues 15 digits alone' },
  { number: '1111111111111117', why: 'no issuer begins with 1' },
  { number: '2720999999999996'.replace('2720', '2721'), why: 'the 2 series of Mastercard ends at 2720' },
  { number: '67596498264', why: 'under 12 digits' },
  { number: '62000000000000000003', why: 'over 19 digits' },
  { number: '', why: 'nothing' },
]
test.each(NO_CARDS)('SPEC M4: $number is none: $why', ({ number }) => expect(isCard(number)).toBe(false))

test('SPEC M4: one wrong digit anywhere makes a card number none', () => {
  for (const card of TEST_CARDS) {
    for (let i = 0; i < card.length; i++) {
      const digits = digitsOf(card)
      digits[i] = (digits[i]! + 1) % 10
      expect(isCardNumber(digits, 0, digits.length)).toBe(false)
    }
  }
})

const PANS = [
  { field: '4111111111111111', digits: '4111111111111111', why: 'bare' },
  { field: '4111 1111-1111.1111', digits: '4111111111111111', why: 'separators go' },
  { field: '４１１１１１１１１１１１１１１１', digits: '4111111111111111', why: 'fullwidth digits are folded' },
  { field: '4111\u200d1111\u00ad11111111', digits: '4111111111111111', why: 'unseen characters go' },
  { field: '4111111111111111x', digits: null, why: 'any other character makes it none' },
  { field: '41111111111111111111', digits: null, why: '20 digits' },
  { field: '676770000000', digits: null, why: '12 digits' },
  { field: '', digits: null, why: 'empty' },
]
test.each(PANS)('SPEC M2: pan $field: $why', ({ field, digits }) => {
  const pan = new Pan()
  const bytes = new TextEncoder().encode(`_${field}_`)
  expect(pan.read(bytes, 1, bytes.length - 1)).toBe(digits !== null)
  if (digits === null) return
  expect(new TextDecoder().decode(pan.ascii())).toBe(digits)
  expect(pan.lastFour()).toBe(Number(digits.slice(-4)))
  expect(pan.isBare).toBe(field === digits)
})
