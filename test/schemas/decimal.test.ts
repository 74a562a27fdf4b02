import fc from 'fast-check'
import { expect, test } from 'vitest'
import { currencyExponent } from '../../schemas/currencies.ts'
import { majorUnits, readDecimal } from '../../schemas/decimal.ts'

// Goal: amounts become minor units digit by digit; nothing is rounded but what a double's print left behind.
const TABLE = [
  { why: 'two places', text: '27.60', exponent: 2, expected: { kind: 'exact', minor: 2760 } },
  { why: 'one place', text: '27.6', exponent: 2, expected: { kind: 'exact', minor: 2760 } },
  { why: 'no places', text: '5200', exponent: 2, expected: { kind: 'exact', minor: 520_000 } },
  { why: 'zero', text: '0.0', exponent: 2, expected: { kind: 'exact', minor: 0 } },
  { why: 'zeros past the unit say nothing', text: '1.5000', exponent: 2, expected: { kind: 'exact', minor: 150 } },
  { why: 'a currency without minor units', text: '1500', exponent: 0, expected: { kind: 'exact', minor: 1500 } },
  { why: 'three places', text: '1.234', exponent: 3, expected: { kind: 'exact', minor: 1234 } },
  { why: 'leading zeros', text: '007.10', exponent: 2, expected: { kind: 'exact', minor: 710 } },
  { why: 'a double above', text: '1108.8500000000001', exponent: 2, expected: { kind: 'nearest', minor: 110_885 } },
  { why: 'a double below', text: '16.349999999999998', exponent: 2, expected: { kind: 'nearest', minor: 1635 } },
  { why: 'nines carry over', text: '9.99999999999', exponent: 2, expected: { kind: 'nearest', minor: 1000 } },
  { why: 'a real fraction of a cent', text: '10.005', exponent: 2, expected: { kind: 'too-precise' } },
  { why: 'yen have no places', text: '10.5', exponent: 0, expected: { kind: 'too-precise' } },
  { why: 'the largest', text: '90071992547409.91', exponent: 2, expected: { kind: 'exact', minor: 2 ** 53 - 1 } },
  { why: 'one more', text: '90071992547409.92', exponent: 2, expected: { kind: 'too-large' } },
  { why: 'rounded up over the bound', text: '90071992547409.919999999', exponent: 2, expected: { kind: 'too-large' } },
  ...[
    '',
    '.',
    '.5',
    '5.',
    '-1',
    '+1',
    ' 1',
    '1 ',
    '1e3',
    '0x10',
    '1_000',
    '1,000.00',
    'NaN',
    'Infinity',
    '１',
    '1\n',
    '1'.repeat(65),
  ].map((text) => ({ why: 'no plain decimal', text, exponent: 2, expected: { kind: 'not-decimal' } })),
] as const

test.each(TABLE)('SPEC R1: $why: $text with $exponent places', ({ text, exponent, expected }) => {
  expect(readDecimal(text, exponent)).toEqual(expected)
})

test('property: SPEC R1: what is written with its places is read back exactly', () => {
  const property = fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 4 }), (minor, exponent) => {
    const digits = String(minor).padStart(exponent + 1, '0')
    const text = exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
    expect(readDecimal(text, exponent)).toEqual({ kind: 'exact', minor })
  })
  fc.assert(property)
})

test('property: SPEC R1: an amount that went through a double and back as text is still the same amount', () => {
  const property = fc.property(
    fc.integer({ min: 0, max: 100_000_000 }),
    fc.integer({ min: 1, max: 5 }),
    (minor, factor) => {
      const text = String((minor / 100) * factor)
      expect(readDecimal(text, 2)).toMatchObject({ minor: minor * factor })
    },
  )
  fc.assert(property)
})

test.each([
  { minor: 0, currency: 'EUR', text: '0.00' },
  { minor: 5, currency: 'EUR', text: '0.05' },
  { minor: 7_036_874_417_766_401, currency: 'EUR', text: '70368744177664.01' },
  { minor: Number.MAX_SAFE_INTEGER, currency: 'EUR', text: '90071992547409.91' },
  { minor: Number.MAX_SAFE_INTEGER, currency: 'JPY', text: '9007199254740991' },
  { minor: Number.MAX_SAFE_INTEGER, currency: 'KWD', text: '9007199254740.991' },
  { minor: 9, currency: 'CLF', text: '0.0009' },
])('SPEC R1: $minor minor units of $currency are $text', ({ minor, currency, text }) => {
  expect(majorUnits(minor, currency)).toBe(text)
})

test('SPEC R1: every amount is read back from its text as it was', () => {
  const amounts = fc.oneof(fc.maxSafeNat(), fc.integer({ min: 2 ** 52, max: Number.MAX_SAFE_INTEGER }))
  fc.assert(
    fc.property(amounts, fc.constantFrom('JPY', 'EUR', 'KWD', 'CLF'), (minor, currency) => {
      const read = readDecimal(majorUnits(minor, currency), currencyExponent(currency) ?? 0)
      expect(read).toEqual({ kind: 'exact', minor })
    }),
  )
})
