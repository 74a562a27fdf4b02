import { expect, test } from 'vitest'
import { amountText } from '../../bin/view/text.ts'

// Goal: the command line shows every amount to its last minor unit.
test.each([
  { minor: 5, currency: 'EUR', text: '0.05 EUR' },
  { minor: 1_500, currency: 'JPY', text: '1500 JPY' },
  { minor: 1_234, currency: 'KWD', text: '1.234 KWD' },
  { minor: 7_036_874_417_766_401, currency: 'EUR', text: '70368744177664.01 EUR' },
  { minor: Number.MAX_SAFE_INTEGER, currency: 'KWD', text: '9007199254740.991 KWD' },
])('SPEC R1: an amount is shown as $text', ({ minor, currency, text }) => {
  expect(amountText(minor, currency)).toBe(text)
})
