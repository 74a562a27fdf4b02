import { expect, test } from 'vitest'
import { count, duration, money, moneyOf, visible, words } from '../../../dashboards/page/text.ts'

// Goal: what the page makes of values: amounts to the last digit, and text of somebody else's making with everything in it to be seen.
test.each([
  { why: 'an escape sequence', text: 'a\u001b[31mred', shown: 'a␛[31mred' },
  { why: 'line ends', text: 'a\r\nb', shown: 'a␍␊b' },
  { why: 'a null', text: 'a\0b', shown: 'a␀b' },
  { why: 'delete', text: 'a\u007fb', shown: 'a␡b' },
  { why: 'an override of the direction', text: 'a\u202eb', shown: 'a⟨202e⟩b' },
  { why: 'a space of no width', text: 'a\u200bb', shown: 'a⟨200b⟩b' },
  { why: 'mark-up, which is text', text: '<b>&amp;', shown: '<b>&amp;' },
  { why: 'a formula, which is text', text: '=1+1', shown: '=1+1' },
  { why: 'letters of any script', text: 'Zoë 東京', shown: 'Zoë 東京' },
])('board: $why is seen', ({ text, shown }) => {
  expect(visible(text)).toBe(shown)
})

test.each([
  { minor: 0, currency: 'USD', text: '0.00 USD' },
  { minor: 5, currency: 'EUR', text: '0.05 EUR' },
  { minor: 123_456_789, currency: 'USD', text: '1,234,567.89 USD' },
  { minor: 1_500, currency: 'JPY', text: '1,500 JPY' },
  { minor: 1_234, currency: 'KWD', text: '1.234 KWD' },
  { minor: Number.MAX_SAFE_INTEGER, currency: 'USD', text: '90,071,992,547,409.91 USD' },
])('board: $minor minor units of $currency', ({ minor, currency, text }) => {
  expect(money(minor, currency)).toBe(text)
})

test('board: counts, durations, symbols and amounts that are text already', () => {
  expect(count(12_345)).toBe('12,345')
  expect([3, 1_500, 42_000, 240_000, 7_200_000, 200_000_000].map(duration)).toEqual([
    '3 ms',
    '1.5 s',
    '42 s',
    '4 min',
    '2 h',
    '2 d',
  ])
  expect(words('IMPOSSIBLE_TRAVEL')).toBe('Impossible travel')
  expect(moneyOf('1234567.50', 'USD')).toBe('1,234,567.50 USD')
})
