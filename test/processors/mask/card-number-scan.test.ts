import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CardNumberScan } from '../../../processors/mask/card-number-scan.ts'
import { anyDisguise, type Disguise, digitsOf, disguise, ENCODINGS } from './card-disguises.ts'
import { cleanText, integers } from './clean-texts.ts'

// Goal: no card number survives in free text, and nothing else is touched.

const scan = new CardNumberScan()

function redact(text: string): string {
  const bytes = new TextEncoder().encode(`é${text}ñ`)
  // In the middle of a buffer, so that a look past either end would show.
  const redacted = scan.redact(bytes, 2, bytes.length - 2)
  return redacted === null ? text : new TextDecoder('utf-8', { ignoreBOM: true }).decode(redacted)
}

const REDACTED = [
  { text: '4111 1111-1111.1111', expected: 'XXXX XXXX-XXXX.1111', why: 'the separators stay' },
  {
    text: '4111\u00a01111\u20131111\u30001111',
    expected: 'XXXX\u00a0XXXX\u2013XXXX\u30001111',
    why: 'separators of any script',
  },
  { text: '４１１１１１１１１１１１１１１１', expected: 'XXXXXXXXXXXX１１１１', why: 'fullwidth digits' },
  { text: '٤١١١١١١١١١١١١١١١', expected: 'XXXXXXXXXXXX١١١١', why: 'Arabic-Indic digits' },
  { text: '⁴①¹₁𝟏𝟙❶⒈11111111', expected: 'XXXXXXXXXXXX1111', why: 'digits in all sorts of dress' },
  {
    text: '4111\u200d1111\u00ad1111\u200f1111',
    expected: 'XXXX\u200dXXXX\u00adXXXX\u200f1111',
    why: 'unseen characters',
  },
  { text: 'card4111111111111111end', expected: 'cardXXXXXXXXXXXX1111end', why: 'letters around it' },
  {
    text: '4111111111111111 12/27 123',
    expected: 'XXXXXXXXXXXX1111 12/27 123',
    why: 'groups that follow are not its own',
  },
  {
    text: 'ref 12345 4111 1111 1111 1111',
    expected: 'ref 12345 XXXX XXXX XXXX 1111',
    why: 'groups before it are not its own',
  },
  { text: '4111111111111111123', expected: 'XXXXXXXXXXXX1111123', why: 'its code behind it' },
  { text: '41111111111111111227123', expected: 'XXXXXXXXXXXX11111227123', why: 'expiry and code behind it' },
  { text: '00004111111111111111', expected: '0000XXXXXXXXXXXX1111', why: 'leading zeros' },
  { text: '4111 1111\r\n1111 1111', expected: 'XXXX XXXX\r\nXXXX 1111', why: 'split over two lines' },
  { text: '%34111%2d1111-1111-1111', expected: 'XXXX%2dXXXX-XXXX-1111', why: 'percent escapes' },
  { text: '4111+1111+1111+1111', expected: 'XXXX+XXXX+XXXX+1111', why: 'a form field' },
  { text: '\\u0034111\\n1111 1111 1111', expected: 'XXXX\\nXXXX XXXX 1111', why: 'JSON escapes' },
  {
    text: '{\\"pan\\":\\"4111111111111111\\"}',
    expected: '{\\"pan\\":\\"XXXXXXXXXXXX1111\\"}',
    why: 'JSON in a string',
  },
  { text: 'x NDExMTExMTExMTExMTExMQ== y', expected: 'x WFhYWFhYWFhYWFhYMTExMQ== y', why: 'base64' },
  { text: 'idNDExMTExMTExMTExMTExMQ', expected: 'idWFhYWFhYWFhYWFhYMTExMQ', why: 'base64 with letters before it' },
  {
    text: '4242 4242 4242 4242 4242 4242 4242',
    expected: 'XXXX XXXX XXXX XXXX XXXX XXXX 4242',
    why: 'numbers that overlap',
  },
  {
    text: '4242424242424242424 2424 24242',
    expected: 'XXXXXXXXXXXXXXXXXXX XXXX X4242',
    why: 'one that the last four of another begin',
  },
  {
    text: '4111111111111111 NDExMTExMTExMTExMTExMQ==',
    expected: 'XXXXXXXXXXXX1111 WFhYWFhYWFhYWFhYMTExMQ==',
    why: 'in clear and in base64',
  },
  {
    text: '4111111111111111 and 378282246310005',
    expected: 'XXXXXXXXXXXX1111 and XXXXXXXXXXX0005',
    why: 'two numbers',
  },
  {
    text: '42424242-4242-4242-0000-000000000000',
    expected: 'XXXXXXXX-XXXX-4242-0000-000000000000',
    why: 'digits in a UUID form that is no UUID of RFC 9562',
  },
  { text: '\u001b[31m4111111111111111', expected: '\u001b[31mXXXXXXXXXXXX1111', why: 'after an escape sequence' },
]
test.each(REDACTED)('SPEC M4: $text: $why', ({ text, expected }) => {
  expect(redact(text)).toBe(expected)
  expect(scan.found).toBeGreaterThan(0)
})

const LEFT = [
  { text: '4111111111111112', why: 'an order number of 16 digits that fails Luhn' },
  { text: 'DE89 3704 0044 0532 0130 00', why: 'an IBAN' },
  { text: 'GB29NWBK60161331926819', why: 'an IBAN without spaces' },
  { text: '+49 170 1234567', why: 'a telephone number' },
  { text: '1764000000000000000', why: 'a time in ns' },
  { text: '41111111111111110000', why: 'four more digits that are no expiry' },
  { text: '550e8400-e29b-41d4-4111-111111111111', why: 'a UUID' },
  { text: '40008436-0235-4404-b961-48d019297445', why: 'a random UUID with two letters' },
  { text: '40008436-0235-4404-8961-480019297445', why: 'a random UUID without a letter' },
  { text: '9f86d081884c7d659a2feaa0c55ad4111111111111111', why: 'a long hexadecimal id' },
  { text: '36.532499, 45.700018', why: 'a position' },
  { text: '2026-11-22T18:48:55.123Z', why: 'a time' },
  { text: '1.234,56 EUR und 7.890,12 EUR', why: 'amounts' },
  { text: 'XXXX-XXXX-XXXX-1111', why: 'a masked card' },
  { text: '4111     1111     1111     1111', why: 'five separators part two numbers' },
  { text: '100 % \\ 50 %', why: 'escapes that are none' },
  { text: '', why: 'nothing' },
]
test.each(LEFT)('SPEC M4: $text stays: $why', ({ text }) => expect(redact(text)).toBe(text))

test('SPEC M4: a byte that is not UTF-8 hides no card number', () => {
  const bytes = Uint8Array.of(0xff, ...new TextEncoder().encode('4111111111111111'), 0xc3)
  const expected = Uint8Array.of(0xff, ...new TextEncoder().encode('XXXXXXXXXXXX1111'), 0xc3)
  expect(scan.redact(bytes, 0, bytes.length)).toEqual(expected)
})

/** What is left of the card number's digits in sight, once the disguise is undone. */
function shown({ encoding }: Disguise, redacted: string): string {
  return digitsOf(ENCODINGS[encoding].decode(redacted))
}

test('SPEC M4: of 200 disguises of card numbers none is left', () => {
  const left = Array.from({ length: 200 }, (_, n) => disguise(n)).filter((one) => {
    const redacted = redact(one.text)
    return (
      redacted === one.text ||
      shown(one, redacted).includes(one.card.slice(0, -4)) ||
      !shown(one, redacted).includes(one.card.slice(-4))
    )
  })
  process.stdout.write(`card numbers in disguise: 200 tried, ${left.length} left\n`)
  expect(left.map(({ how, text }) => `${how} ${text}`)).toEqual([])
})

test('SPEC M4: any disguise: redacted once, nothing is left to redact, and no 12 digits in a row', () => {
  fc.assert(
    fc.property(anyDisguise(fc), fc.string(), (one, rest) => {
      const redacted = redact(one.text)
      expect(redact(redacted)).toBe(redacted)
      expect(shown(one, redacted)).not.toContain(one.card.slice(0, -4))
      const beside = redact(`${rest} | ${one.text} | ${rest}`)
      expect(redact(beside)).toBe(beside)
    }),
    { numRuns: 300 },
  )
})

test('SPEC M4: any text of digits and separators: redacting is idempotent and keeps the shape', () => {
  const text = fc.string({
    unit: fc.constantFrom(...'0123456789444555', ' ', '-', '\u00a0', '\u200b', 'a'),
    maxLength: 80,
  })
  fc.assert(
    fc.property(text, (digits) => {
      const redacted = redact(digits)
      expect(redact(redacted)).toBe(redacted)
      expect(redacted.length).toBe(digits.length)
      for (let i = 0; i < digits.length; i++) expect([digits[i], 'X']).toContain(redacted[i])
    }),
  )
})

test('SPEC M4: at most 0.1 % of 10^6 clean texts are taken for a card number', () => {
  const seed = 20_261_122
  const next = integers(seed)
  const encoder = new TextEncoder()
  let hits = 0
  for (let i = 0; i < 1_000_000; i++) {
    const bytes = encoder.encode(cleanText(next))
    if (scan.holds(bytes, 0, bytes.length)) hits++
  }
  process.stdout.write(`clean texts: 1000000 tried with seed ${seed}, ${hits} taken for a card number\n`)
  expect(hits).toBeLessThanOrEqual(1_000)
})
