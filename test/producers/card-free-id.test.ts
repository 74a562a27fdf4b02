import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CardNumberScan } from '../../processors/mask/card-number-scan.ts'
import { isCardFreeId } from '../../producers/card-free-id.ts'

// Goal: an id that the remembering encoder keeps from the mask holds no card number.
// Method: the mask's own scan beside it, on ids that are made to look like card numbers.
const CARD = '4242424242424242'
const scan = new CardNumberScan()
const encoder = new TextEncoder()

function holdsCard(id: string): boolean {
  const bytes = encoder.encode(id)
  return scan.holds(bytes, 0, bytes.length)
}

const digits = fc.stringMatching(/^[0-9]{8,20}$/)
const uuid = fc.uuid()
const cardLike = fc.constantFrom(
  CARD,
  '4242-4242-4242-4242',
  '4242%20424242424242',
  Buffer.from(CARD).toString('base64'),
)
const base64 = digits.map((text) => Buffer.from(text).toString('base64url'))
const piece = fc.oneof(digits, uuid, cardLike, base64, fc.stringMatching(/^[A-Za-z0-9._-]{0,20}$/), fc.string())
const id = fc.oneof(
  piece,
  fc.tuple(piece, piece).map(([first, second]) => first + second),
)

describe('card-free id', () => {
  test('SPEC M4: an id said to be free of a card number holds none', () => {
    fc.assert(
      fc.property(id, (text) => {
        if (isCardFreeId(text)) expect(holdsCard(text), text).toBe(false)
      }),
      { numRuns: 5_000 },
    )
  })

  test.each([
    { why: 'a card number', text: `tx-${CARD}` },
    { why: 'one with separators', text: 'tx.4242_4242-4242.4242' },
    { why: 'one in base64', text: Buffer.from(CARD).toString('base64url') },
    { why: 'one in base64 behind letters', text: `xx${Buffer.from(CARD).toString('base64url')}` },
    { why: 'one in full-width digits', text: '４２４２４２４２４２４２４２４２' },
    { why: 'one in percent escapes', text: CARD.replaceAll('4', '%34') },
  ])('SPEC M4: $why is left to the mask', ({ text }) => {
    expect(holdsCard(text)).toBe(true)
    expect(isCardFreeId(text)).toBe(false)
  })

  test.each([
    { why: 'a UUID with a long run of digits', text: '01234567-8901-4345-a789-0123456789bc' },
    { why: 'an account', text: 'ACC_0001234' },
    { why: 'letters between the digits', text: 'a1234567890b1234567890' },
  ])('SPEC M4: $why need not be looked at', ({ text }) => {
    expect(holdsCard(text)).toBe(false)
    expect(isCardFreeId(text)).toBe(true)
  })
})
