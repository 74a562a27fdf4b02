import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { maskPayment } from '../../processors/mask/mask-payment.ts'
import { MaskingEncoder } from '../../producers/payment-encoder.ts'
import { RememberingEncoder } from '../../producers/remembering-encoder.ts'
import type { PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { paymentsOf, recordsOf, simulationRun } from './simulator/simulation.ts'

// Goal: remembering changes the cost of a value and not one byte of it.
// Method: the encoder that remembers nothing stands beside it.
const SEED = `remembering-${process.env['SLUICE_TEST_SEED'] ?? 1}`
const SCHEMA_ID = 7
const hmacHex = (message: Uint8Array) => createHmac('sha256', 'a key for this test').update(message).digest('hex')
const mask = (payment: PaymentSubmitted) => maskPayment(payment, hmacHex, 'k1')
const payments = paymentsOf(recordsOf('mixed', simulationRun(SEED), { records: 5_000, people: 200 }))

function plainly(payment: PaymentSubmitted): Uint8Array {
  return new MaskingEncoder(mask, SCHEMA_ID).encode(payment)
}

/** A payment with a card, and an encoder that remembers its sender. */
function remembered(): { first: PaymentSubmitted; encoder: RememberingEncoder } {
  const first = payments.find((payment) => payment.pan !== null && payment.merchantId !== null)
  if (first === undefined) throw new Error('nobody pays by card')
  const encoder = new RememberingEncoder(mask, SCHEMA_ID)
  encoder.encode(first)
  return { first, encoder }
}

describe(`remembering encoder (${SEED})`, () => {
  test('SPEC M1: a remembered sender has the bytes of one who is masked each time', () => {
    let masked = 0
    const encoder = new RememberingEncoder((payment) => {
      masked++
      return mask(payment)
    }, SCHEMA_ID)
    for (const payment of payments) expect(encoder.encode(payment)).toEqual(plainly(payment))
    expect(masked).toBeLessThan(payments.length / 2)
  })

  test.each([
    { why: 'another card', changed: { pan: '5555555555554444' } },
    { why: 'another address', changed: { ip: '203.0.113.77' } },
    { why: 'another expiry', changed: { expiry: '01/40' } },
    { why: 'a CVV that is gone', changed: { cvv: null } },
    { why: 'another name', changed: { cardholderName: 'Jane Roe' } },
    { why: 'another address to write to', changed: { email: 'jane@example.com' } },
    { why: 'a card number in the memo', changed: { memo: 'paid with 4242 4242 4242 4242' } },
    { why: 'a card number as a device', changed: { deviceId: '4242424242424242' } },
    { why: 'a card number as a merchant', changed: { merchantId: '4242424242424242' } },
    { why: 'another region', changed: { region: 'NZ' } },
    { why: 'another currency', changed: { currency: 'NZD' } },
    { why: 'a position', changed: { latitude: 40.5, longitude: -74.25 } },
    { why: 'an idempotency key', changed: { idempotencyKey: 'key-1' } },
    { why: 'ids that are not ASCII', changed: { transactionId: 'añ', receiverAccountId: '口座' } },
    { why: 'long ids', changed: { transactionId: 'x'.repeat(9_000) } },
    {
      why: 'no texts',
      changed: { merchantId: null, merchantCategory: null, terminalId: null, deviceId: null, region: null },
    },
  ])('SPEC M1: $why is encoded as if nothing were remembered', ({ changed }) => {
    const { first, encoder } = remembered()
    const payment = { ...first, ...changed }
    expect(encoder.encode(payment)).toEqual(plainly(payment))
    expect(encoder.encode(payment)).toEqual(plainly(payment))
    expect(encoder.encode(first)).toEqual(plainly(first))
  })

  test('SPEC M1 M6: what the mask or the encoder refuses is refused of a known sender too', () => {
    const { first, encoder } = remembered()
    for (const changed of [
      { transactionId: 'tx-4242424242424242' },
      { idempotencyKey: '4242424242424242' },
      { pan: '4242424242424241' },
      { amountMinor: 2 ** 53 },
      { eventTime: 0.5 },
      { currency: '4242424242424242' },
      { region: '4242424242424242' },
      { cardMasked: '4242424242424242' },
      { emailMasked: 'jane@example.com' },
      { ipToken: '203.0.113.9' },
    ]) {
      expect(() => encoder.encode({ ...first, ...changed }), JSON.stringify(Object.keys(changed))).toThrow()
    }
    expect(encoder.encode(first)).toEqual(plainly(first))
  })
})
