import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Decision } from '../../../schemas/generated/decision.ts'
import { PaymentsDriver, START_MS } from '../../support/payments-driver.ts'

// Goal: what is kept of a sender is bounded, and a sender over a bound is flagged and never unbounded (SPEC V6).

test('SPEC V6: the 513th payment that could be held saturates the sender, who stays flagged while an entry is missing', () => {
  const driver = new PaymentsDriver()
  const pay = (number: number, atMs: number) =>
    driver.decide({ transactionId: `p${number}`, eventTime: START_MS + atMs })
  // One each 500 ms: 121 in a window of 60 s, 512 in 256 s.
  let full: Decision | undefined
  for (let i = 0; i < 512; i++) full = pay(i, i * 500)
  expect(full).toMatchObject({ saturated: false, velocityCount: 121, velocity5mCount: 512 })
  const over = pay(512, 256_000)
  expect(over).toMatchObject({ saturated: true, isVelocityFraud: true, severity: 'CRITICAL', velocity5mCount: 513 })
  expect(driver.stores().entries.size).toBe(512)
  // The payment of 256 s has no entry, so until 566 s of stream time something that should be held is not.
  expect(pay(600, 566_000)).toMatchObject({ saturated: true })
  expect(pay(601, 566_001).saturated).toBe(false)
  expect(pay(602, 700_000)).toMatchObject({
    saturated: false,
    isVelocityFraud: false,
    severity: 'NONE',
    velocityCount: 1,
  })
})

test('SPEC V6: a full window without a burst is flagged by its saturation alone', () => {
  const driver = new PaymentsDriver()
  for (let i = 0; i < 513; i++) driver.decide({ transactionId: `p${i}`, eventTime: START_MS + i })
  const alone = driver.decide({ transactionId: 'alone', eventTime: START_MS + 310_000 })
  expect(alone).toMatchObject({ saturated: true, velocityCount: 1, isVelocityFraud: true, severity: 'CRITICAL' })
  expect(alone.reasons).toContainEqual({ signal: 'VELOCITY', points: 40 })
  // It found no room either, so what is missing is missing until 310 s behind it.
  expect(driver.decide({ transactionId: 'next', eventTime: START_MS + 620_000 })).toMatchObject({ saturated: true })
  expect(driver.decide({ transactionId: 'then', eventTime: START_MS + 620_001 })).toMatchObject({ saturated: false })
})

test('SPEC V6: saturation ends 310 s behind the payment that found no room, to the ms; a late payment sees it too', () => {
  const late = [310_000, 310_001].map((streamMs) => {
    const driver = new PaymentsDriver()
    const pay = (id: string, atMs: number) => driver.decide({ transactionId: id, eventTime: START_MS + atMs })
    for (let i = 0; i < 512; i++) pay(`p${i}`, i)
    expect(pay('no-room', 0).saturated).toBe(true)
    driver.decide({ transactionId: 'else', senderAccountId: 'ACC-9', eventTime: START_MS + streamMs })
    return pay('late', 290_000)
  })
  expect(late.map(({ saturated, isVelocityFraud }) => [saturated, isVelocityFraud])).toEqual([
    [true, true],
    [false, false],
  ])
})

test('SPEC V6: at the bound nothing is pushed out, and what is passed by makes room', () => {
  const driver = new PaymentsDriver()
  for (let i = 0; i < 2_000; i++) driver.decide({ transactionId: `p${i}`, eventTime: START_MS + i })
  expect(driver.stores().entries.size).toBe(512)
  const peers = (id: string, atMs: number) =>
    driver.decide({ transactionId: id, eventTime: START_MS + atMs }).velocityFraudPeers
  expect(peers('soon', 60_000)[0]).toBe('p0')
  driver.decide({ transactionId: 'else', senderAccountId: 'ACC-9', eventTime: START_MS + 310_001 })
  expect(driver.decide({ transactionId: 'then', eventTime: START_MS + 310_001 }).saturated).toBe(true)
  expect(driver.stores().entries.size).toBe(513)
})

// biome-ignore format: a table
const HOUR = [
  { why: 'a new device counts itself',           steps: 'a@0',                          devices: [1] },
  { why: 'the same device counts once',          steps: 'a@0 a@9',                      devices: [1, 1] },
  { why: 'exactly an hour ago is in',            steps: 'a@0 b@3600',                   devices: [1, 2] },
  { why: 'one ms more is out',                   steps: 'a@0 b@3600.001',               devices: [1, 1] },
  { why: 'used again, it is recent again',       steps: 'a@0 a@1000 b@4600',            devices: [1, 1, 2] },
  { why: 'disorder does not make it older',      steps: 'a@9 a@2 b@3609',               devices: [1, 1, 2] },
  { why: 'a late one counts its own value once', steps: 'a@100 b@0 b@0 a@100',          devices: [1, 2, 2, 1] },
  { why: 'a late known one counts no more',      steps: 'a@100 b@100 a@0',              devices: [1, 2, 2] },
  { why: 'without a device the others count',    steps: 'a@0 -@1 b@2',                  devices: [1, 1, 2] },
  { why: 'eight are kept: the ninth takes the place of the oldest',
    steps: 'a@1 b@2 c@3 d@4 e@5 f@6 g@7 h@8 i@9 a@10',                                  devices: [1, 2, 3, 4, 5, 6, 7, 8, 8, 8] },
  { why: 'of a full list the lowest time goes',  
    steps: 'a@8 b@7 c@6 d@5 e@4 f@3 g@2 h@1 i@9 h@3602.001',                            devices: [1, 2, 3, 4, 5, 6, 7, 8, 8, 8] },
  { why: 'late beside a full list: nine',        
    steps: 'a@20 b@20 c@20 d@20 e@20 f@20 g@20 h@20 i@1',                               devices: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
] as const
test.each(HOUR)('SPEC V6: $why: $steps', ({ steps, devices }) => {
  const driver = new PaymentsDriver()
  const regions: Record<string, string> = {
    a: 'DE',
    b: 'FR',
    c: 'US',
    d: 'JP',
    e: 'IT',
    f: 'ES',
    g: 'GB',
    h: 'PL',
    i: 'SE',
  }
  const decisions = steps.split(' ').map((step, i) => {
    const [device, seconds] = step.split('@')
    const deviceId = device === '-' ? null : device!
    const eventTime = START_MS + Math.round(Number(seconds) * 1_000)
    return driver.decide({ transactionId: `t${i}`, eventTime, deviceId, region: regions[device!] ?? null })
  })
  expect(decisions.map(({ devices1h }) => devices1h)).toEqual(devices)
  expect(decisions.map(({ regions1h }) => regions1h)).toEqual(devices)
})

test('SPEC V6: property: devices of the last hour over at most eight', () => {
  const payment = fc.record({ device: fc.nat({ max: 10 }), stepMs: fc.integer({ min: -9_000, max: 1_000_000 }) })
  fc.assert(
    fc.property(fc.array(payment, { maxLength: 50 }), (payments) => {
      const driver = new PaymentsDriver()
      const pairs: { readonly device: number; latest: number }[] = []
      let t = START_MS
      for (const [i, { device, stepMs }] of payments.entries()) {
        t += stepMs
        const found = pairs.find((pair) => pair.device === device)
        if (found !== undefined) found.latest = Math.max(found.latest, t)
        else {
          if (pairs.length === 8) pairs.splice(lowest(pairs.map(({ latest }) => latest)), 1)
          pairs.push({ device, latest: t })
        }
        const decision = driver.decide({ transactionId: `t${i}`, eventTime: t, deviceId: `d${device}` })
        // Steps back are within the grace of one payment, not of many.
        if (decision.late) return
        expect(decision.devices1h).toBe(pairs.filter(({ latest }) => latest >= t - 3_600_000).length)
      }
    }),
    { numRuns: 60 },
  )
})

function lowest(values: readonly number[]): number {
  return values.indexOf(Math.min(...values))
}
