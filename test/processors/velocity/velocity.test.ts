import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PaymentsDriver, START_MS } from '../../support/payments-driver.ts'

// Goal: the window's edges, disorder, lateness and repeats, with no log and no clock.
// Method: each row is one sender's payments, "id@seconds" in arrival order, and what the chain says of each: its count, `!` when it is
// flagged, `late` before the count of a late one, `dup` for a repeat.
function said(driver: PaymentsDriver, id: string, seconds: number): string {
  const { disposition, decisions } = driver.pay({
    transactionId: id,
    eventTime: START_MS + Math.round(seconds * 1_000),
  })
  if (disposition === 'duplicate') return 'dup'
  const { velocityCount, isVelocityFraud, late } = decisions[0]!
  return `${late ? 'late ' : ''}${velocityCount}${isVelocityFraud ? '!' : ''}`
}

function velocities(arrivals: string): string {
  const driver = new PaymentsDriver()
  const answers = arrivals.split(' ').map((arrival) => {
    const [id, seconds] = arrival.split('@')
    return said(driver, id!, Number(seconds))
  })
  return answers.join(', ')
}

// biome-ignore format: a table
const TABLE = [
  { clause: 'V1', why: 'a payment counts itself',                  arrivals: 'A@0',                            expected: '1' },
  { clause: 'V1', why: 'both ends are included: 60 s apart is in', arrivals: 'A@0 B@60',                       expected: '1, 2' },
  { clause: 'V1', why: 'one ms more is out',                       arrivals: 'A@0 B@60.001',                   expected: '1, 1' },
  { clause: 'V1', why: 'the same instant counts',                  arrivals: 'A@0 B@0 C@0',                    expected: '1, 2, 3' },
  { clause: 'V1', why: 'a repeat is counted once',                 arrivals: 'A@0 A@0 A@0 B@6',                expected: '1, dup, dup, 2' },
  { clause: 'V1', why: 'a restamped retry too',                    arrivals: 'A@0 A@5 A@30 B@61',              expected: '1, dup, dup, 1' },
  { clause: 'V1', why: 'out of order looks back from its own t',   arrivals: 'A@0 B@9 C@5',                    expected: '1, 2, 2' },
  { clause: 'V1', why: 'the future is not looked at',              arrivals: 'B@9 A@0',                        expected: '1, 1' },
  { clause: 'V2', why: 'the fourth within 60 s flags',             arrivals: 'A@0 B@20 C@40 D@60',             expected: '1, 2, 3, 4!' },
  { clause: 'V2', why: 'three are none, the first has left',       arrivals: 'A@0 B@20 C@40 D@60.001',         expected: '1, 2, 3, 3' },
  { clause: 'V2', why: 'the flag goes when the burst is over',     arrivals: 'A@0 B@1 C@2 D@3 E@63',           expected: '1, 2, 3, 4!, 2' },
  { clause: 'V3', why: 'exactly the grace is on time',             arrivals: 'A@20 B@10 C@20',                 expected: '1, 1, 3' },
  { clause: 'V3', why: 'past it is late, decided, not remembered', arrivals: 'A@20 B@9.999 C@20',              expected: '1, late 1, 2' },
  { clause: 'V3', why: 'a late one counts what is still held',     arrivals: 'A@0 B@1 C@70 D@2',               expected: '1, 2, 1, late 3' },
  { clause: 'V3', why: 'a late one can be flagged',                arrivals: 'A@0 B@1 C@2 D@70 E@3',           expected: '1, 2, 3, 1, late 4!' },
  { clause: 'V3', why: 'held to the ms: 310 s behind stream time', arrivals: 'A@0 B@310 C@0',                  expected: '1, 1, late 2' },
  { clause: 'V3', why: 'one ms further it is forgotten',           arrivals: 'A@0 B@310.001 C@0',              expected: '1, 1, late 1' },
  { clause: 'V3', why: 'a late repeat is a repeat',                arrivals: 'A@0 B@70 A@1',                   expected: '1, 1, dup' },
] as const
test.each(TABLE)('SPEC $clause: $why: $arrivals', ({ arrivals, expected }) =>
  expect(velocities(arrivals)).toBe(expected),
)

test('SPEC V1: a conflict is not counted either, and senders are counted apart', () => {
  const driver = new PaymentsDriver()
  driver.decide({ transactionId: 'A' })
  expect(driver.pay({ transactionId: 'A', amountMinor: 7 }).disposition).toBe('conflict')
  driver.decide({ transactionId: 'X', senderAccountId: 'ACC-9' })
  expect(driver.decide({ transactionId: 'B' }).velocityCount).toBe(2)
})

test('SPEC V2: the peers are the other ids of the window by time, and severity follows the count', () => {
  const driver = new PaymentsDriver()
  const pay = (id: string, seconds: number) =>
    driver.decide({ transactionId: id, eventTime: START_MS + seconds * 1_000 })
  const decisions = [pay('B', 8), pay('A', 1), pay('C', 8), pay('D', 61), pay('E', 61)]
  expect(decisions.map(({ severity }) => severity)).toEqual(['NONE', 'NONE', 'NONE', 'HIGH', 'CRITICAL'])
  expect(decisions.map(({ velocityFraudPeers }) => velocityFraudPeers.join(''))).toEqual(['', '', '', 'ABC', 'ABCD'])
})

test('SPEC V2: at most 50 peers, the oldest; the count goes on', () => {
  const driver = new PaymentsDriver()
  let last = driver.decide({ transactionId: 'p0' })
  for (let i = 1; i <= 60; i++) last = driver.decide({ transactionId: `p${i}`, eventTime: START_MS + i })
  expect(last.velocityCount).toBe(61)
  expect(last.velocityFraudPeers).toEqual(Array.from({ length: 50 }, (_, i) => `p${i}`))
})

test('SPEC V3: only a decided payment moves stream time', () => {
  const driver = new PaymentsDriver()
  const streamTime = () => driver.stores().streamTimeMs - START_MS
  driver.decide({ transactionId: 'A' })
  driver.pay({ transactionId: 'A', eventTime: START_MS + 1_000 })
  driver.pay({ transactionId: 'A', eventTime: START_MS + 2_000, amountMinor: 5 })
  driver.refuse({ transactionId: 'a b', eventTime: START_MS + 3_000 })
  driver.control({ kind: 'ACCOUNT_LIFTED', accountId: 'ACC-1', eventTime: START_MS + 4_000 }, 'board')
  expect(streamTime()).toBe(0)
  driver.decide({ transactionId: 'B', eventTime: START_MS + 5_000 })
  driver.decide({ transactionId: 'C', eventTime: START_MS - 500_000 })
  expect(streamTime()).toBe(5_000)
})

test('SPEC V4: a later window that is lifted over the threshold is alerted, and its decision stands', () => {
  const driver = new PaymentsDriver()
  const pay = (id: string, seconds: number) =>
    driver.pay({ transactionId: id, eventTime: START_MS + seconds * 1_000, region: 'DE' })
  for (const [id, seconds] of [
    ['A', 1],
    ['B', 2],
    ['C', 61.001],
  ] as const)
    expect(pay(id, seconds).alerts).toEqual([])
  // D's window holds A, B, D, and C's, which begins at 1.001, B, D, C: each one short. Of the five that E makes counted, three are not after it.
  expect(pay('D', 61).alerts).toEqual([])
  const { alerts, decisions } = pay('E', 60)
  expect(decisions[0]).toMatchObject({ isVelocityFraud: false, velocityCount: 3, fraudCount: 3 })
  expect(alerts).toHaveLength(2)
  const revised = { kind: 'VELOCITY', revised: true, severity: 'HIGH', velocityCount: 4, fraudScore: 0, reasons: [] }
  expect(alerts[0]).toMatchObject({
    ...revised,
    transactionId: 'D',
    alertId: '0-4-0',
    eventTime: START_MS + 61_000,
    region: 'DE',
  })
  expect(alerts[1]).toMatchObject({
    ...revised,
    transactionId: 'C',
    alertId: '0-4-1',
    fraudCount: 3,
    amountMinor: 1_000,
    currency: 'EUR',
  })
  // What is flagged stays so: no second alert for the same window.
  expect(pay('F', 61.001).alerts.map(({ transactionId, revised: again }) => [transactionId, again])).toEqual([
    ['F', false],
  ])
})

test('SPEC V5: up to 60 s ahead of the append time is taken; more is refused and moves nothing', () => {
  const driver = new PaymentsDriver()
  const appendTimeMs = START_MS
  driver.decide({ transactionId: 'A', eventTime: START_MS }, { appendTimeMs })
  expect(driver.refuse({ transactionId: 'B', eventTime: START_MS + 60_001 }, { appendTimeMs }).reason).toBe(
    'FUTURE_EVENT',
  )
  expect(driver.stores().streamTimeMs).toBe(START_MS)
  expect(driver.decide({ transactionId: 'B', eventTime: START_MS + 60_000 }, { appendTimeMs }).velocityCount).toBe(2)
})

/** What velocity must say, from the list of all first sights. */
class BruteForce {
  streamTimeMs = Number.NEGATIVE_INFINITY
  readonly onTime: { readonly id: string; readonly t: number }[] = []
  readonly seen = new Set<string>()

  expect(id: string, t: number): object | 'dup' {
    if (this.seen.has(id)) return 'dup'
    this.seen.add(id)
    this.streamTimeMs = Math.max(this.streamTimeMs, t)
    const late = t < this.streamTimeMs - 10_000
    const held = this.onTime.filter((entry) => entry.t >= this.streamTimeMs - 310_000 && entry.t <= t)
    const window = held.filter((entry) => entry.t >= t - 60_000).sort((a, b) => a.t - b.t)
    const velocityCount = window.length + 1
    const velocity5mCount = held.filter((entry) => entry.t >= t - 300_000).length + 1
    const isVelocityFraud = velocityCount > 3
    const velocityFraudPeers = isVelocityFraud ? window.slice(0, 50).map((entry) => entry.id) : []
    if (!late) this.onTime.push({ id, t })
    return { late, velocityCount, velocity5mCount, isVelocityFraud, velocityFraudPeers }
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -15_000, max: 25_000 }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 60_000, 60_001, -10_000, -10_001, -60_000, 300_000, 310_000) },
)

test('SPEC V1, V2, V3, V6: property: distinct ids of the window, in any disorder, with repeats', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 40 }), step), { minLength: 1, maxLength: 60 }), (arrivals) => {
      const driver = new PaymentsDriver()
      const brute = new BruteForce()
      let t = START_MS
      for (const [number, stepMs] of arrivals) {
        t += stepMs
        const { disposition, decisions } = driver.pay({ transactionId: `t${number}`, eventTime: t })
        const expected = brute.expect(`t${number}`, t)
        if (expected === 'dup') expect(disposition).toBe('duplicate')
        else expect(decisions[0]).toMatchObject(expected)
      }
    }),
    { numRuns: 60 },
  )
})
