import { describe, expect, test } from 'vitest'
import { TOPICS } from '../../schemas/topics.ts'
import { faultAt } from '../../streams/testing/fault-plan.ts'
import { TaskHarness } from '../streams/task/task-harness.ts'
import {
  createTestRuntime,
  OUTPUT_TOPICS,
  PaymentsDriver,
  paymentRecord,
  START_MS,
} from '../support/payments-driver.ts'

// Goal: the dedup cases of confluentinc/kafka-streams-examples and KIP-655, and the edges of our own horizon.

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Pays "id@minutes" in order; says of each whether it was decided or a duplicate. */
function pay(driver: PaymentsDriver, arrivals: string): string[] {
  return arrivals.split(' ').map((arrival) => {
    const [transactionId = '', minutes = '0'] = arrival.split('@')
    const eventTime = START_MS + Math.round(Number(minutes) * MINUTE_MS)
    return driver.pay({ transactionId, eventTime }, { appendTimeMs: START_MS + 10 * HOUR_MS }).disposition
  })
}

const paymentHarness = () => new TaskHarness(createTestRuntime(), OUTPUT_TOPICS)

describe('dedup', () => {
  test('KS-D1: of 1 2 1 1 2 3 3 1 2 the first of each is decided', () => {
    const ids = '1 2 1 1 2 3 3 1 2'.split(' ')
    const said = pay(new PaymentsDriver(), ids.join(' '))
    expect(ids.filter((_, i) => said[i] === 'decided')).toEqual(['1', '2', '3'])
    expect(said.filter((one) => one === 'duplicate')).toHaveLength(6)
  })

  test('KS-D1: a duplicate does not renew the horizon, unlike the example', () => {
    expect(pay(new PaymentsDriver(), 'a@0 other@30 a@30 other2@61 a@61')).toEqual([
      'decided',
      'decided',
      'duplicate',
      'decided',
      'decided',
    ])
  })

  test('KS-D1: a record without an id is a dead letter, where the example forwards it', () => {
    expect(new PaymentsDriver().refuse({ transactionId: '' }).reason).toBe('BAD_ID')
  })

  test.each(['crash-before', 'lost'] as const)(
    'KS-D2: replayed after an end that %s, a payment is no duplicate',
    async (fault) => {
      const harness = paymentHarness()
      harness.produce([paymentRecord({ transactionId: 'a' }), paymentRecord({ transactionId: 'b' })])
      const first = harness.start(faultAt('end', fault))
      await harness.settle(first)
      const last = fault === 'lost' ? first : harness.start()
      await harness.settle(last)
      await harness.stop(last)
      expect(harness.texts('payments.decided')).toHaveLength(2)
      expect(harness.texts('payments.duplicates')).toEqual([])
    },
  )

  test('KS-D2: committed but unanswered, a payment sent again is a duplicate of the first', async () => {
    const harness = paymentHarness()
    harness.produce([paymentRecord({ transactionId: 'a' })])
    const life = harness.start(faultAt('end', 'unanswered'))
    await harness.settle(life)
    harness.produce([paymentRecord({ transactionId: 'a' })])
    await harness.settle(life)
    await harness.stop(life)
    expect(harness.texts('payments.decided')).toHaveLength(1)
    expect(harness.texts('payments.duplicates')).toHaveLength(1)
  })

  // Stream time is moved by other payments: the horizon is asked for before the payment at hand moves it.
  test.each([
    { why: 'exactly an hour is within', arrivals: 'a@0 other@60 a@60', expected: 'duplicate' },
    { why: 'a millisecond more is not', arrivals: 'a@0 other@60.00002 a@60', expected: 'decided' },
    { why: 'its own event time counts for nothing', arrivals: 'a@0 a@90', expected: 'duplicate' },
    {
      why: 'first seen late: remembered from stream time',
      arrivals: 'other@30 a@0 other2@90 a@90',
      expected: 'duplicate',
    },
    { why: 'first seen late, past it', arrivals: 'other@30 a@0 other2@90.00002 a@90', expected: 'decided' },
    { why: 'an idle partition keeps ids', arrivals: 'a@0 a@599', expected: 'duplicate' },
  ])('KS-D3: $why: $arrivals', ({ arrivals, expected }) => {
    expect(pay(new PaymentsDriver(), arrivals).at(-1)).toBe(expected)
  })

  test('KS-D3: twice in one batch is one decision and one duplicate', () => {
    const driver = new PaymentsDriver()
    const record = paymentRecord({ transactionId: 'a' })
    driver.driver.pipeBatch(TOPICS.paymentsSubmitted.name, [record, record])
    const { decisions, duplicates } = driver.readOutputs()
    expect(decisions).toHaveLength(1)
    expect(duplicates).toMatchObject([{ transactionId: 'a', firstOffset: 0, inputOffset: 1 }])
  })

  test('KS-D3: one id in two partitions is decided twice: stated, and caught by the archive', () => {
    const driver = new PaymentsDriver({ partitionCount: 12 })
    const said = ['ACC-1', 'ACC-3', 'ACC-4'].map((senderAccountId) =>
      driver.pay({ transactionId: 'a', senderAccountId }),
    )
    expect(new Set(said.map(({ partition }) => partition)).size).toBeGreaterThan(1)
    const seen = new Set<number>()
    for (const { partition, disposition } of said) {
      expect(disposition).toBe(seen.has(partition) ? 'conflict' : 'decided')
      seen.add(partition)
    }
  })
})

describe('restart', () => {
  test('KS-C14: windows are there again after a restart', async () => {
    const harness = paymentHarness()
    const payments = [0, 10, 20, 30].map((seconds) => {
      return paymentRecord({ transactionId: `t${seconds}`, eventTime: START_MS + seconds * 1_000 })
    })
    harness.produce(payments.slice(0, 3))
    const first = harness.start()
    await harness.settle(first)
    await harness.stop(first)
    harness.produce(payments.slice(3))
    const second = harness.start()
    await harness.settle(second)
    await harness.stop(second)
    expect(harness.texts('fraud.alerts')).toHaveLength(1)
    const whole = paymentHarness()
    whole.produce(payments)
    const life = whole.start()
    await whole.settle(life)
    await whole.stop(life)
    expect(second.task.stores?.digest()).toBe(life.task.stores?.digest())
  })
})
