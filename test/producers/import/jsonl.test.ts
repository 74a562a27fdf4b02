import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MaskError } from '../../../processors/mask/mask-payment.ts'
import { readJsonLines } from '../../../producers/import/jsonl.ts'
import { paymentSubmittedDefaults } from '../../../schemas/generated/payment-submitted.ts'
import { readJsonObject } from '../../../schemas/json-object.ts'
import { imported, sourceOf } from './imported.ts'

// Goal: a line is exactly the payment that it says, or an error that names line and field and shows no value.
const PAYMENT = {
  transaction_id: 'tx-1',
  event_time: 1_772_010_000_000,
  sender_account_id: 'a',
  receiver_account_id: 'b',
  amount_minor: 5_200,
  currency: 'USD',
  kind: 'card',
  channel: 'pos',
}
const line = (changed: Record<string, unknown> = {}) => `${JSON.stringify({ ...PAYMENT, ...changed })}\n`
/** A line whose amount is written as given. */
const amount = (text: string) => line().replace(':5200', `:${text}`)

describe('jsonl import', () => {
  test('SPEC R1: a line with the required fields is a payment, in file order', async () => {
    const text = line({ transaction_id: 'tx-2' }) + line({ transaction_id: 'tx-1', event_time: 946_684_800_000 })
    const { payments, bad } = await imported(sourceOf(text), readJsonLines)
    expect(bad).toEqual([])
    expect(payments.map((payment) => payment.transactionId)).toEqual(['tx-2', 'tx-1'])
    expect(payments[0]).toEqual({
      ...paymentSubmittedDefaults,
      transactionId: 'tx-2',
      eventTime: 1_772_010_000_000,
      senderAccountId: 'a',
      receiverAccountId: 'b',
      amountMinor: 5_200,
      currency: 'USD',
      kind: 'card',
      channel: 'pos',
    })
  })

  test('SPEC R1: optional fields, raw card data and nulls are taken by their names', async () => {
    const optional = {
      latitude: -0.5,
      longitude: 1e2,
      pan: '4242 4242 4242 4242',
      cvv: '123',
      memo: 'añ😀\n"x"',
      region: null,
    }
    const { payments } = await imported(sourceOf(line(optional)), readJsonLines)
    expect(payments[0]).toMatchObject({ ...optional, longitude: 100 })
  })

  test('SPEC R1: an absent channel is other', async () => {
    const { channel: _, ...rest } = PAYMENT
    const { payments } = await imported(sourceOf(JSON.stringify(rest)), readJsonLines)
    expect(payments[0]?.channel).toBe('other')
  })

  test.each([
    { text: '0', minor: 0 },
    { text: '-0', minor: 0 },
    { text: '-5', minor: -5 },
    { text: '9007199254740991', minor: 9_007_199_254_740_991 },
  ])('SPEC R1: amount_minor $text is read from its digits', async ({ text, minor }) => {
    const { payments } = await imported(sourceOf(amount(text)), readJsonLines)
    expect(payments[0]?.amountMinor).toBe(minor)
  })

  const without = (name: string) =>
    JSON.stringify(Object.fromEntries(Object.entries(PAYMENT).filter(([key]) => key !== name)))
  test.each([
    { why: 'one past 2^53 - 1', text: amount('9007199254740992'), field: 'amount_minor' },
    { why: 'a number that a double would round into range', text: amount('9007199254740993'), field: 'amount_minor' },
    { why: 'an exponent', text: amount('1e3'), field: 'amount_minor' },
    { why: 'a point', text: amount('52.00'), field: 'amount_minor' },
    { why: 'an amount in quotes', text: amount('"5200"'), field: 'amount_minor' },
    { why: 'NaN', text: amount('NaN'), field: 'amount_minor' },
    { why: 'a hexadecimal number', text: amount('0x10'), field: null },
    { why: 'a leading zero', text: amount('0100'), field: null },
    { why: 'a double that is infinite', text: line({ longitude: 0 }).replace(':0}', ':1e999}'), field: 'longitude' },
    { why: 'an unknown field', text: line({ risk_score: 0 }), field: 'risk_score' },
    { why: 'a field of the object prototype', text: line().replace('{', '{"__proto__":1,'), field: '__proto__' },
    { why: 'a key that comes twice', text: line().replace('{', '{"amount_minor":1,'), field: 'amount_minor' },
    {
      why: 'a key that comes twice in disguise',
      text: line().replace('{', '{"amount\\u005fminor":1,'),
      field: 'amount_minor',
    },
    { why: 'a nested value', text: line({ memo: { a: 1 } }), field: 'memo' },
    { why: 'a list', text: line({ memo: ['x'] }), field: 'memo' },
    { why: 'a number for a text', text: line({ region: 49 }), field: 'region' },
    { why: 'a boolean', text: line({ currency: true }), field: 'currency' },
    { why: 'null where a value must be', text: line({ currency: null }), field: 'currency' },
    { why: 'a kind that is none', text: line({ kind: 'Card' }), field: 'kind' },
    { why: 'a missing field', text: without('event_time'), field: 'event_time' },
    { why: 'a missing kind', text: without('kind'), field: 'kind' },
    { why: 'half a surrogate pair', text: line().replace('"tx-1"', '"\\ud800"'), field: 'transaction_id' },
    { why: 'a bare control character', text: line().replace('tx-1', 't\tx'), field: 'transaction_id' },
    { why: 'an escape that JSON does not have', text: line().replace('tx-1', '\\x41'), field: 'transaction_id' },
    { why: 'no object', text: '[]', field: null },
    { why: 'no JSON', text: 'hello', field: null },
    { why: 'two objects', text: `${line().trim()}{}`, field: null },
    { why: 'a comma too many', text: line().replace('}', ',}'), field: null },
    { why: 'an object that does not end', text: line().replace('}', ''), field: null },
  ])('SPEC R1: $why is an error with line and field', async ({ text, field }) => {
    const { payments, bad } = await imported(sourceOf(`${line()}\n${text.trimEnd()}\n${line()}`), readJsonLines)
    expect(bad).toEqual([{ line: 3, field, reason: expect.any(String) }])
    expect(payments).toHaveLength(2)
  })

  test('SPEC M1: no error shows a value, nor a key that could be one', async () => {
    const secret = '4242424242424242'
    const texts = [
      line({ [secret]: 1 }),
      line({ memo: { [secret]: secret } }),
      amount(`"${secret}"`),
      `{"a":${secret}`,
      secret,
    ]
    const { bad } = await imported(sourceOf(texts.map((text) => text.trimEnd()).join('\n')), readJsonLines)
    expect(bad).toHaveLength(texts.length)
    expect(JSON.stringify(bad)).not.toContain(secret)
  })

  test('SPEC M1: what the mask refuses is a bad row that names the field', async () => {
    const { bad, summary } = await imported(sourceOf(line()), readJsonLines, {
      send: () => {
        throw new MaskError('BAD_PAN', 'pan', 'is not a card number')
      },
    })
    expect(bad).toEqual([
      { line: 1, field: 'pan', reason: 'is not a card number; the payment was not sent'.replace(/^/, 'pan ') },
    ])
    expect(summary).toMatchObject({ rows: 1, sent: 0, bad: 1 })
  })

  test('jsonl import: a byte order mark at the start, CR LF, empty lines and a last line without end', async () => {
    const { payments, summary } = await imported(
      sourceOf(`\ufeff${line().trim()}\r\n\r\n  \n${line().trim()}`),
      readJsonLines,
    )
    expect(payments).toHaveLength(2)
    expect(summary.rows).toBe(2)
  })

  test('property: jsonl import: strings and whole numbers are read as JSON.parse reads them', () => {
    const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.maxSafeInteger(), fc.constant(null), fc.boolean())
    const property = fc.property(fc.dictionary(fc.string(), value), (object) => {
      const fields = readJsonObject(JSON.stringify(object, null, 1))
      const read = [...fields].map(([key, scalar]) => {
        if (scalar.type === 'string') return [key, scalar.text]
        return [key, scalar.type === 'number' ? Number(scalar.text) : scalar.type]
      })
      const plain = Object.entries(object).map(([key, v]) => {
        return [key, v === null ? 'null' : typeof v === 'boolean' ? 'boolean' : v]
      })
      expect(read).toEqual(plain)
    })
    fc.assert(property)
  })
})
