import { describe, expect, test } from 'vitest'
import type { LabelledRecord } from '../../../producers/simulator/labelled-record.ts'
import { NINE_O_CLOCK_MS, paymentsOf, recordsOf, simulationRun } from './simulation.ts'

// Goal: each story says what its scenario's description promises, to the second and the cent.
// Method: the records of one telling. That the chain meets the expectations: test/processors/stories.test.ts.
const SEED = `stories-${process.env['SLUICE_TEST_SEED'] ?? 1}`
const run = simulationRun(SEED)
const SECOND_MS = 1_000

/** The bucket of an amount: its number of bits. */
const bucket = (amountMinor: number) => amountMinor.toString(2).length

/** The payments of one sender, in order of sending, as `second:amount`. */
function timeline(records: readonly LabelledRecord[], sender: string, fromMs: number): string[] {
  return paymentsOf(records)
    .filter((payment) => payment.senderAccountId === sender)
    .map((payment) => `${(payment.eventTime - fromMs) / SECOND_MS}:${payment.amountMinor}`)
}

describe(`stories (${SEED})`, () => {
  test('SPEC S3: card-testing is five charges of 1.00 from second 5 on, then 5,000.00 at second 55', () => {
    const records = recordsOf('card-testing', run, { records: 6, ratePerSecond: 0.01 })
    expect(timeline(records, run.account('victim', 0), NINE_O_CLOCK_MS)).toEqual([
      '5:100',
      '15:100',
      '25:100',
      '35:100',
      '45:100',
      '55:500000',
    ])
    const outcomes = records.map((record) => record.label.expectation?.outcome)
    expect(outcomes).toEqual(['approve', 'approve', 'approve', 'challenge', 'block', 'block'])
    expect(records.map((record) => record.label.expectation?.flagged)).toEqual([false, false, false, true, true, true])
    expect(records.every((record) => record.label.isFraud)).toBe(true)
  })

  describe('SPEC S2: mall-burst', () => {
    const records = recordsOf('mall-burst', run, { records: 136, ratePerSecond: 0.01 })
    const historySent = 60 * 10
    const burstMs = NINE_O_CLOCK_MS + historySent
    const isHistory = (record: LabelledRecord) => (record.payment?.eventTime ?? 0) < NINE_O_CLOCK_MS
    const six = ['5:450', '20:1200', '35:4500', '45:3500', '50:1800', '55:420']

    test('SPEC S2: four and six visits follow 30 days of own history and are expected to be excused', () => {
      for (const [role, visits] of [
        ['mall-four', 4],
        ['mall-six', 6],
      ] as const) {
        const own = records.filter((record) => record.key === run.account(role, 0))
        const history = paymentsOf(own.filter(isHistory))
        expect(history).toHaveLength(60)
        const span = (history.at(-1)?.eventTime ?? 0) - (history[0]?.eventTime ?? 0)
        expect(span).toBeGreaterThan(29 * 86_400_000)
        expect(timeline(own, run.account(role, 0), burstMs).slice(60)).toEqual(six.slice(0, visits))
        const burst = own.filter((record) => !isHistory(record))
        for (const key of ['region', 'deviceId', 'merchantCategory', 'receiverAccountId'] as const) {
          const known = new Set(history.map((payment) => payment[key]))
          expect(paymentsOf(burst).every((payment) => known.has(payment[key]))).toBe(true)
        }
        // The amounts' buckets lie between the 5th and the 95th percentile bucket of the own history.
        const buckets = history.map((payment) => bucket(payment.amountMinor)).sort((x, y) => x - y)
        for (const { amountMinor } of paymentsOf(burst)) {
          expect(bucket(amountMinor)).toBeGreaterThanOrEqual(buckets[2] ?? 0)
          expect(bucket(amountMinor)).toBeLessThanOrEqual(buckets[56] ?? 0)
        }
        expect(burst.map((record) => record.label.expectation?.outcome)).toEqual(Array(visits).fill('approve'))
        expect(burst.map((record) => record.label.expectation?.excused)).toEqual(burst.map((_, i) => i >= 3))
      }
    })

    test('SPEC S2: the same six without history and from a device of their own are expected to be blocked at the 5th', () => {
      const stranger = records.filter((record) => record.key === run.account('mall-stranger', 0))
      expect(timeline(stranger, run.account('mall-stranger', 0), burstMs)).toEqual(six)
      const devices = new Set(paymentsOf(records.filter((r) => r.key !== stranger[0]?.key)).map((p) => p.deviceId))
      expect(paymentsOf(stranger).some((payment) => devices.has(payment.deviceId))).toBe(false)
      const outcomes = stranger.map((record) => record.label.expectation?.outcome)
      expect(outcomes).toEqual(['approve', 'approve', 'approve', 'challenge', 'block', 'block'])
    })
  })

  test('SPEC D2: retry-storm repeats one content 24 times, half of it restamped', () => {
    const records = recordsOf('retry-storm', run, { records: 26, ratePerSecond: 0.1 })
    const [first, ...rest] = paymentsOf(records.filter((record) => record.payment?.transactionId.endsWith('-0.1')))
    expect(rest).toHaveLength(24)
    expect(rest.filter((payment) => payment.eventTime === first?.eventTime)).toHaveLength(12)
    for (const retry of rest) {
      const { eventTime: _time, ip: _ip, deviceId: _device, ...content } = retry
      expect(first).toMatchObject(content)
    }
    expect(records.filter((record) => record.label.expectation?.disposition === 'duplicate')).toHaveLength(24)
    expect(records.at(-1)?.label.expectation?.velocityCount).toBe(2)
  })

  test('SPEC D2: id-conflict sends one id with another amount and another receiver', () => {
    const [first, amount, receiver, retry, next] = recordsOf('id-conflict', run, { records: 5, ratePerSecond: 0.1 })
    expect(amount?.payment?.transactionId).toBe(first?.payment?.transactionId)
    expect(amount?.payment?.amountMinor).not.toBe(first?.payment?.amountMinor)
    expect(receiver?.payment?.receiverAccountId).not.toBe(first?.payment?.receiverAccountId)
    expect(retry?.payment).toEqual({ ...first?.payment, eventTime: retry?.payment?.eventTime })
    expect(next?.payment?.transactionId).not.toBe(first?.payment?.transactionId)
  })

  test('SPEC V3: late payments lie more than the grace behind the newest of their sender, the others do not', () => {
    for (const record of recordsOf('late', run, { records: 50, ratePerSecond: 10 })) {
      const behindMs = record.intendedSendMs - (record.payment?.eventTime ?? 0)
      expect(behindMs > 10_000).toBe(record.label.expectation?.late)
    }
  })

  test('SPEC V3: out-of-order bursts are shuffled within the grace and count what has arrived', () => {
    const records = recordsOf('out-of-order', run, { records: 600, ratePerSecond: 0.5 })
    for (let from = 0; from < records.length; from += 6) {
      const burst = paymentsOf(records.slice(from, from + 6))
      const times = burst.map((payment) => payment.eventTime)
      expect(times).not.toEqual([...times].sort((a, b) => a - b))
      expect(Math.max(...times) - Math.min(...times)).toBeLessThan(10_000)
      const counts = times.map((time, i) => times.slice(0, i + 1).filter((other) => other <= time).length)
      expect(records.slice(from, from + 6).map((record) => record.label.expectation?.velocityCount)).toEqual(counts)
    }
  })

  test('SPEC V5: refused clocks are over 60 s ahead of the time of sending, accepted ones within the grace', () => {
    for (const record of recordsOf('future-clock', run, { records: 50, ratePerSecond: 10 })) {
      const aheadMs = (record.payment?.eventTime ?? 0) - record.intendedSendMs
      if (record.label.expectation?.reason === 'FUTURE_EVENT') expect(aheadMs).toBeGreaterThan(60_000)
      else expect(aheadMs).toBeLessThan(10_000)
    }
  })

  test('SPEC S3: a mule is sent 6,400.00 by four people, and sends 5,100.00 on to each of five others within a minute', () => {
    const records = recordsOf('mule', run, { records: 9, ratePerSecond: 0.01 })
    const account = run.account('mule', 0)
    const [received, onward] = [records.slice(0, 4), records.slice(4)].map(paymentsOf)
    expect(received?.map((payment) => payment.receiverAccountId)).toEqual(Array(4).fill(account))
    expect(new Set(received?.map((payment) => payment.senderAccountId)).size).toBe(4)
    expect(timeline(records, account, NINE_O_CLOCK_MS)).toEqual([
      '110:510000',
      '118:510000',
      '126:510000',
      '134:510000',
      '142:510000',
    ])
    expect(new Set(onward?.map((payment) => payment.receiverAccountId)).size).toBe(5)
    const outcomes = records.map((record) => record.label.expectation?.outcome)
    expect(outcomes).toEqual([...Array(7).fill('challenge'), 'review', 'block'])
    expect(records.every((record) => record.label.isFraud)).toBe(true)
  })

  test('simulator: impossible-travel is two places 45 s apart; Brooklyn is genuine', () => {
    const records = recordsOf('impossible-travel', run, { records: 6, ratePerSecond: 0.01 })
    expect(records.map((record) => record.label.isFraud)).toEqual([false, false, false, true, true, false])
    const arrived = paymentsOf(records.slice(3))
    expect(arrived.map((payment) => payment.region)).toEqual(['GB', 'JP', 'US'])
    expect(arrived.map((payment) => payment.eventTime - NINE_O_CLOCK_MS)).toEqual([45_000, 45_000, 45_000])
  })
})
