import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiGround, type ApiInstance, CALL, confirm } from './api-ground.ts'

// Goal: of the corpus of bad inputs, every one that can reach HTTP gets its stated status and code, and none of them a 5xx.
let ground: ApiGround
let api: ApiInstance
let token: string
let number = 0

const ACCOUNTS = Array.from({ length: 60 }, (_, i) => `acc-${i}`)

beforeAll(async () => {
  ground = await ApiGround.open()
  await ground.decide()
  api = await ground.serve('one', { env: { SLUICE_API_RATE: '10000' } })
  token = await ground.token('usr-1', ACCOUNTS)
}, 60_000)
afterAll(() => ground.close())

/** The seed's call under names of its own, with what is wrong with it. */
function body(given: object): string {
  const id = number++
  const names = { transaction_id: `tx-${id}`, idempotency_key: `key-${id}`, from_account: `acc-${id % 60}` }
  return JSON.stringify({ ...CALL, ...names, ...given })
}

/** The same as text, with more text before its end. */
const withText = (text: string) => body({}).replace(/\}$/, `,${text}}`)
const without = (field: string) => body({ [field]: undefined })
const ahead = (ms: number) => new Date(Date.now() + ms).toISOString()
const CARD = '4111 1111-1111.1111'

const TABLE: readonly (readonly [row: string, make: () => string | Uint8Array, status: number, code: string | null])[] =
  [
    ['1 a card number with separators', () => body({ kind: 'card', pan: CARD }), 200, null],
    ['2 in full-width digits', () => body({ kind: 'card', pan: '４１１１１１１１１１１１１１１１' }), 200, null],
    ['3 with zero-width joiners', () => body({ memo: `4111\u200d1111\u200d1111\u200d1111` }), 200, null],
    ['4 in a memo', () => body({ memo: `my card ${CARD}` }), 200, null],
    ['4 in a key of the body', () => body({ [CARD]: 1 }), 400, 'UNKNOWN_FIELD'],
    ['4 in an idempotency key', () => body({ idempotency_key: '4111111111111111' }), 422, 'PAN_IN_ID'],
    ['4 in a random UUID by chance', () => body({ transaction_id: '40008436-0235-4404-b961-48d019297445' }), 200, null],
    ['6 an order number that fails Luhn', () => body({ memo: 'order 1234567890123456' }), 200, null],
    ['7 in base64', () => body({ memo: Buffer.from('4111111111111111').toString('base64') }), 200, null],
    ['8 a verification code', () => body({ cvv: '123' }), 400, 'SAD_NOT_ALLOWED'],
    ['8 a PIN', () => body({ pin: '1234' }), 400, 'SAD_NOT_ALLOWED'],
    ['8 track data', () => body({ track2: ';4111=2512?' }), 400, 'SAD_NOT_ALLOWED'],
    ['9 a card number that fails Luhn', () => body({ kind: 'card', pan: '4111111111111112' }), 422, 'BAD_PAN'],
    ['9 of 20 digits', () => body({ kind: 'card', pan: '41111111111111111111' }), 422, 'BAD_PAN'],
    ['10 an amount as a string', () => body({ amount: '10.50' }), 200, null],
    ['11 an exponent', () => body({ amount: '1e3' }), 400, 'BAD_AMOUNT'],
    ['11 an exponent in a number', () => without('amount').replace(/\}$/, ',"amount":1E-2}'), 400, 'BAD_AMOUNT'],
    ['11 hexadecimal', () => body({ amount: '0x10' }), 400, 'BAD_AMOUNT'],
    ['11 an underscore', () => body({ amount: '1_000' }), 400, 'BAD_AMOUNT'],
    ['11 a plus', () => body({ amount: '+5' }), 400, 'BAD_AMOUNT'],
    ['11 spaces', () => body({ amount: ' 5 ' }), 400, 'BAD_AMOUNT'],
    ['12 too many places', () => body({ amount: 10.005 }), 422, 'PRECISION'],
    ['12 what a double leaves', () => body({ amount: 20.299999999999997 }), 422, 'PRECISION'],
    ['12 yen with places', () => body({ amount: 10.5, currency: 'JPY' }), 422, 'PRECISION'],
    ['12 dinars with four', () => body({ amount: '1.2345', currency: 'KWD' }), 422, 'PRECISION'],
    ['13 a thousands separator', () => body({ amount: '1,000.00' }), 400, 'BAD_AMOUNT'],
    ['13 the other one', () => body({ amount: '1.000,00' }), 400, 'BAD_AMOUNT'],
    ['14 no number', () => without('amount').replace(/\}$/, ',"amount":NaN}'), 400, 'BAD_JSON'],
    ['14 infinity', () => body({ amount: 'Infinity' }), 400, 'BAD_AMOUNT'],
    ['15 negative', () => body({ amount: -1 }), 400, 'BAD_AMOUNT'],
    ['15 zero', () => body({ amount: 0 }), 400, 'BAD_AMOUNT'],
    ['15 zero of a card is a verification', () => body({ amount: 0, kind: 'card' }), 200, null],
    ['16 one over 2^53 - 1', () => body({ amount: '90071992547409.92' }), 422, 'AMOUNT_LIMIT'],
    ['16 over int64', () => body({ amount: '99999999999999999999' }), 422, 'AMOUNT_LIMIT'],
    ['17 a currency in lower case', () => body({ currency: 'usd' }), 200, null],
    ['17 a sign', () => body({ currency: 'US$' }), 400, 'BAD_CURRENCY'],
    ['17 no money', () => body({ currency: 'XXX' }), 400, 'BAD_CURRENCY'],
    ['17 a withdrawn one', () => body({ currency: 'HRK' }), 400, 'BAD_CURRENCY'],
    ['18 59 s ahead', () => body({ event_time: ahead(55_000) }), 200, null],
    ['18 10 min ahead', () => body({ event_time: ahead(600_000) }), 422, 'FUTURE_EVENT'],
    ['18 year 10000', () => body({ event_time: 253_402_300_800_000 }), 400, 'BAD_TIME'],
    ['20 in seconds', () => body({ event_time: 1_780_315_200 }), 400, 'BAD_TIME'],
    ['20 without a zone', () => body({ event_time: '2026-06-01T12:00:00' }), 400, 'BAD_TIME'],
    ['20 no such day', () => body({ event_time: '2026-02-30T12:00:00Z' }), 400, 'BAD_TIME'],
    ['20 a leap second', () => body({ event_time: '2026-06-30T23:59:60Z' }), 400, 'BAD_TIME'],
    ['24 an id with a space', () => body({ transaction_id: 'TX-1 ' }), 400, 'BAD_ID'],
    ['24 in full-width letters', () => body({ transaction_id: 'ｔx-1' }), 400, 'BAD_ID'],
    ['25 of 65 letters', () => body({ transaction_id: 'x'.repeat(65) }), 400, 'BAD_ID'],
    ['25 empty', () => body({ transaction_id: '' }), 400, 'BAD_ID'],
    ['25 null', () => body({ transaction_id: null }), 400, 'BAD_ID'],
    ['25 a path', () => body({ transaction_id: '../../etc' }), 400, 'BAD_ID'],
    ['25 a null byte', () => body({ transaction_id: 'tx\u0000' }), 400, 'BAD_ID'],
    ['25 a line end', () => body({ transaction_id: 'tx\r\n' }), 400, 'BAD_ID'],
    ['26 __proto__ as a key', () => withText('"__proto__":{}'), 400, 'BAD_JSON'],
    ['26 __proto__ with a plain value', () => withText('"__proto__":1'), 400, 'BAD_KEY'],
    ['26 constructor', () => withText('"constructor":1'), 400, 'BAD_KEY'],
    ['27 an id named __proto__', () => body({ transaction_id: '__proto__' }), 200, null],
    ['27 an id named toString', () => body({ transaction_id: 'toString' }), 200, null],
    ['28 a key twice', () => withText('"amount":1'), 400, 'BAD_JSON'],
    ['29 nested', () => withText('"memo":[]'), 400, 'BAD_JSON'],
    ['29 as deep as fits', () => `${'['.repeat(8_000)}${']'.repeat(8_000)}`, 400, 'BAD_JSON'],
    ['29 100,000 deep', () => '['.repeat(100_000), 413, 'TOO_LARGE'],
    ['29 a million keys', () => `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join()}}`, 413, 'TOO_LARGE'],
    ['30 a score of its own', () => body({ risk_score: 0 }), 400, 'UNKNOWN_FIELD'],
    ['30 an outcome of its own', () => body({ status: 'SUCCESS' }), 400, 'UNKNOWN_FIELD'],
    ['34 a lone surrogate', () => withText('"memo":"\\ud800"'), 400, 'BAD_JSON'],
    ['34 invalid UTF-8', () => Uint8Array.from([0x7b, 0xff, 0x7d]), 400, 'BAD_TEXT'],
    ['34 a byte order mark', () => `\ufeff${body({})}`, 400, 'BAD_JSON'],
    ['35 a formula', () => body({ merchant_id: '=HYPERLINK("http://x")' }), 200, null],
    ['35 a script', () => body({ memo: '<script>alert(1)</script>' }), 200, null],
    ['36 to itself', () => body({ to_account: 'acc-7', from_account: 'acc-7' }), 422, 'BAD_PARTIES'],
    ['36 from an account of somebody else', () => body({ from_account: 'acc-of-others' }), 403, 'NOT_YOUR_ACCOUNT'],
    ['38 latitude 91', () => body({ latitude: 91, longitude: 0 }), 400, 'BAD_POSITION'],
    ['38 latitude alone', () => body({ latitude: 9 }), 400, 'BAD_POSITION'],
    ['38 a country that is none', () => body({ region: 'ZZ' }), 422, 'BAD_REGION'],
    ['no amount', () => without('amount'), 400, 'MISSING_FIELD'],
    ['no accounts', () => without('to_account'), 400, 'MISSING_FIELD'],
    ['no transaction', () => without('transaction_id'), 400, 'MISSING_FIELD'],
    ['no JSON', () => 'amount=5', 400, 'BAD_JSON'],
    ['nothing', () => '', 400, 'BAD_JSON'],
  ]

describe('SPEC C1: bad inputs', () => {
  test.each(TABLE)('%s', async (_row, make, status, code) => {
    const answer = await confirm(api, token, make())
    expect([answer.status, answer.json['code'] ?? null, answer.text]).toEqual([status, code, answer.text])
    if (code === null) return
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.json).toMatchObject({ status, error: expect.any(String), details: expect.any(String) })
    expect(answer.text).not.toMatch(/4111|acc-of-others/)
  })

  test('a body of another type is refused', async () => {
    const answer = await confirm(api, token, body({}), { 'content-type': 'text/plain' })
    expect([answer.status, answer.json['code']]).toEqual([415, 'UNSUPPORTED_TYPE'])
  })

  test('the prototype of all objects is untouched', () => {
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})
