import { describe, expect, test } from 'vitest'
import { CURRENCIES, CURRENCY_EXPONENTS, currencyExponent } from '../../schemas/currencies.ts'
import { REGIONS } from '../../schemas/regions.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const findCurrency = (code: string) => CURRENCIES.findAnyCase(bytes(code), 0, bytes(code).length)
const findRegion = (code: string) => REGIONS.find(bytes(code), 0, bytes(code).length)

describe('SPEC R1: currencies of ISO 4217', () => {
  const ACTIVE = [
    { code: 'EUR', exponent: 2 },
    { code: 'jpy', exponent: 0 },
    { code: 'Kwd', exponent: 3 },
    { code: 'CLF', exponent: 4 },
    { code: 'XCG', exponent: 2 },
    { code: 'ISK', exponent: 0 },
  ]
  test.each(ACTIVE)('$code has $exponent places', ({ code, exponent }) => {
    const ordinal = findCurrency(code)
    expect(CURRENCIES.codes[ordinal]).toBe(code.toUpperCase())
    expect(CURRENCY_EXPONENTS[ordinal]).toBe(exponent)
    expect(currencyExponent(code.toUpperCase())).toBe(exponent)
    expect(new TextDecoder().decode(CURRENCIES.bytes(ordinal))).toBe(code.toUpperCase())
  })

  const REFUSED = ['XXX', 'XTS', 'XAU', 'XDR', 'HRK', 'BGN', 'ANG', 'US$', 'EU', 'EURO', '', 'ÄÖ', '   ']
  test.each(REFUSED)('%j is none', (code) => expect(findCurrency(code)).toBe(-1))

  test('every code finds itself, and there are as many as in list one', () => {
    for (const [ordinal, code] of CURRENCIES.codes.entries()) expect(findCurrency(code)).toBe(ordinal)
    expect(CURRENCIES.codes.length).toBe(164)
  })
})

describe('SPEC R1: regions of ISO 3166-1', () => {
  test.each(['DE', 'US', 'BQ', 'SS', 'AX'])('%s is one', (code) => expect(REGIONS.codes[findRegion(code)]).toBe(code))
  test.each(['ZZ', 'XK', 'EU', 'UK', 'AN', 'de', 'D', 'DEU', ''])('%j is none', (code) =>
    expect(findRegion(code)).toBe(-1),
  )

  test('there are 249, and each finds itself', () => {
    for (const [ordinal, code] of REGIONS.codes.entries()) expect(findRegion(code)).toBe(ordinal)
    expect(REGIONS.codes.length).toBe(249)
  })
})
