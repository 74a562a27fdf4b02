import { expect, test } from 'vitest'
import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { PaymentsDriver, START_MS } from '../../support/payments-driver.ts'

// Goal: the worked examples that the rules were made from, number by number.
const DAY_MS = 86_400_000

test('SPEC S3: card testing: flagged at the fourth, blocked at the fifth, the 5 000 attempt declined', () => {
  const driver = new PaymentsDriver()
  const pay = (id: string, seconds: number, amountMinor: number) =>
    driver.pay({
      transactionId: id,
      eventTime: START_MS + seconds * 1_000,
      amountMinor,
      currency: 'USD',
      receiverAccountId: `shop-${id}`,
    })
  const tests = [0, 10, 20, 30, 40].map((seconds, i) => pay(`t${i + 1}`, seconds, 100))
  const told = tests.map(({ decisions: [decision], alerts, actions }) => [
    decision?.velocityCount,
    decision?.severity,
    decision?.fraudScore,
    decision?.fraudCount,
    decision?.outcome,
    alerts.length,
    actions.map(({ action }) => action).join(),
  ])
  expect(told).toEqual([
    [1, 'NONE', 15, 0, 'approve', 0, ''],
    [2, 'NONE', 15, 0, 'approve', 0, ''],
    [3, 'NONE', 15, 0, 'approve', 0, ''],
    [4, 'HIGH', 80, 4, 'challenge', 1, 'REQUIRE_3DS'],
    [5, 'CRITICAL', 80, 5, 'block', 1, 'BLOCK_CARD'],
  ])
  expect(tests[3]?.decisions[0]?.reasons).toEqual([
    { signal: 'VELOCITY', points: 40 },
    { signal: 'TINY_EQUAL', points: 25 },
    { signal: 'FIRST_RECEIVER', points: 15 },
  ])
  const attempt = pay('big', 100, 500_000).decisions[0]
  expect(attempt).toMatchObject({
    outcome: 'block',
    decidedBy: 'AUTOMATIC_BLOCK',
    velocityCount: 2,
    isVelocityFraud: false,
  })
})

const AT_THE_MALL = { region: 'US', deviceId: 'phone', currency: 'USD', channel: 'pos' } as const
const SHOPS = ['5411', '5812', '5651'] as const
const AMOUNTS = [2_350, 4_199, 1_850, 3_075, 2_640, 3_990]

/** Two payments a day for 30 days, or none; then `count` payments, 8 s apart. */
function mallBurst(count: number, history: boolean, fields: Partial<PaymentSubmitted> = {}) {
  const driver = new PaymentsDriver()
  for (let i = 0; history && i < 60; i++) {
    driver.decide({
      ...AT_THE_MALL,
      transactionId: `h${i}`,
      eventTime: START_MS - 30 * DAY_MS + i * (DAY_MS / 2),
      amountMinor: AMOUNTS[i % 6]!,
      merchantCategory: SHOPS[i % 3]!,
    })
  }
  return AMOUNTS.slice(0, count).map((amountMinor, i) =>
    driver.pay({
      ...AT_THE_MALL,
      transactionId: `m${i}`,
      eventTime: START_MS + i * 8_000,
      amountMinor,
      merchantCategory: SHOPS[i % 3]!,
      ...fields,
    }),
  )
}

test.each([4, 6])(
  "SPEC S2: %i payments at the mall after 30 days of the sender's own history are not blocked",
  (count) => {
    const last = mallBurst(count, true).at(-1)
    expect(last).toMatchObject({ alerts: [], actions: [] })
    expect(last?.decisions[0]).toMatchObject({
      outcome: 'approve',
      isVelocityFraud: true,
      excused: true,
      velocityCount: count,
      fraudCount: 0,
    })
    expect(last?.decisions[0]?.reasons).toEqual([{ signal: 'VELOCITY', points: 0 }])
  },
)

test('SPEC S2: the same six without history, from a new device, are blocked', () => {
  const outcomes = mallBurst(6, false, { deviceId: 'new' }).map(({ decisions }) => decisions[0]?.outcome)
  expect(outcomes).toEqual(['approve', 'approve', 'approve', 'challenge', 'block', 'block'])
})

test('SPEC S3: one payment over 5 000 to a new payee is worth 40 and asks for a second factor', () => {
  const decision = new PaymentsDriver().decide({ amountMinor: 500_001, currency: 'USD' })
  expect(decision).toMatchObject({
    fraudScore: 40,
    outcome: 'challenge',
    decidedBy: 'STEP_UP',
    actions: ['REQUIRE_3DS'],
  })
})
