import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { maskPayment } from '../../processors/mask/mask-payment.ts'
import { rememberMasks } from '../../producers/mask-memory.ts'
import type { PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { paymentsOf, recordsOf, simulationRun } from './simulator/simulation.ts'

// Goal: remembering changes the cost of masking and nothing else.
const SEED = `mask-memory-${process.env['SLUICE_TEST_SEED'] ?? 1}`
const hmacHex = (message: Uint8Array) => createHmac('sha256', 'a key for this test').update(message).digest('hex')
const mask = (payment: PaymentSubmitted) => maskPayment(payment, hmacHex, 'k1')
const payments = paymentsOf(recordsOf('mixed', simulationRun(SEED), { records: 5_000, people: 200 }))

test(`SPEC M1: a remembered mask gives what the mask gives, payment by payment (${SEED})`, () => {
  let masked = 0
  const remembered = rememberMasks((payment) => {
    masked++
    return mask(payment)
  })
  for (const payment of payments) expect(remembered(payment)).toEqual(mask(payment))
  expect(masked).toBeLessThan(payments.length / 2)
})

test.each([
  { why: 'another card', changed: { pan: '5555555555554444' } },
  { why: 'another address', changed: { ip: '203.0.113.77' } },
  { why: 'a card number in the memo', changed: { memo: 'paid with 4242 4242 4242 4242' } },
  { why: 'a card number as a device', changed: { deviceId: '4242424242424242' } },
  {
    why: 'no personal data at all',
    changed: { pan: null, expiry: null, cvv: null, cardholderName: null, email: null, ip: null },
  },
])('SPEC M1: $why is masked anew', ({ changed }) => {
  const remembered = rememberMasks(mask)
  const [first] = payments.filter((payment) => payment.pan !== null)
  if (first === undefined) throw new Error('nobody pays by card')
  remembered(first)
  expect(remembered(first)).toEqual(mask(first))
  expect(remembered({ ...first, ...changed })).toEqual(mask({ ...first, ...changed }))
})

test('SPEC M1: a card number in an id is refused, remembered or not', () => {
  const remembered = rememberMasks(mask)
  const [first] = payments
  if (first === undefined) throw new Error('nobody pays')
  remembered(first)
  for (const changed of [{ transactionId: 'tx-4242424242424242' }, { idempotencyKey: '4242424242424242' }]) {
    expect(() => remembered({ ...first, ...changed })).toThrow('card number')
  }
})
