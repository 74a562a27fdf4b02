import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Admission } from '../../api/admission.ts'
import { type Costs, type Phase, type Served, serve } from './modelled-server.ts'

// Goal: at the rate that is meant nobody is refused; past it a process decides near as many as it can, in time, and is itself again right after.
const TIMES = { waitMs: 50, delayMaxMs: 100, quickMs: 25 }
const BOUND = 1_024
const FEWEST = 100
/** Of the first second of an overload nothing is asked: calls are taken until the queue has been seen. */
const BEGIN: Phase = { ratePerSecond: 500, seconds: 1 }
const MEANT: Phase = { ratePerSecond: 1_000, seconds: 4 }
const HEALTHY: Costs = { callMs: 0.6, groupMs: 1, refusalMs: 0.12, logMs: 3 }

/** Nothing takes longer than one thing after the other: calls and refusals fill the process's time. */
function possiblePerSecond({ callMs, refusalMs }: Costs, ratePerSecond: number): number {
  return Math.min(ratePerSecond, (1_000 - ratePerSecond * refusalMs) / (callMs - refusalMs))
}

function played(costs: Costs, phases: readonly Phase[]): readonly Served[] {
  return serve(costs, (options) => new Admission({ ...options, ...TIMES, callsMin: FEWEST, boundMax: BOUND }), phases)
}

const OVERLOADS: readonly [string, Costs, number, { readonly share: number; readonly p99Ms: number }][] = [
  ['a little more than it can', HEALTHY, 1_600, { share: 0.7, p99Ms: 125 }],
  ['twice what is meant', HEALTHY, 2_000, { share: 0.7, p99Ms: 125 }],
  [
    'twice what is meant, a faster process',
    { ...HEALTHY, callMs: 0.42, refusalMs: 0.08 },
    2_000,
    { share: 0.7, p99Ms: 100 },
  ],
  ['four times', HEALTHY, 4_000, { share: 0.7, p99Ms: 175 }],
  ['twice, a refusal costs twice as much', { ...HEALTHY, refusalMs: 0.24 }, 2_000, { share: 0.65, p99Ms: 175 }],
  ['twice, a log that takes its time', { ...HEALTHY, logMs: 12 }, 2_000, { share: 0.6, p99Ms: 140 }],
  // Then as much goes to refusals as to calls, and no limit makes those in it quick.
  ['a slow moment', { callMs: 1, groupMs: 2, refusalMs: 0.4, logMs: 5 }, 1_600, { share: 0.6, p99Ms: 450 }],
  ['a slower one', { callMs: 1, groupMs: 2, refusalMs: 0.4, logMs: 5 }, 2_000, { share: 0.6, p99Ms: 1_500 }],
]

test.each(OVERLOADS)(
  'SPEC C2: asked for %s it decides near what it can, in time, and recovers',
  (_, costs, ratePerSecond, { share, p99Ms }) => {
    const overload = { ratePerSecond, seconds: 1 }
    const [, begin, steady, after] = played(costs, [
      BEGIN,
      overload,
      { ...overload, seconds: 15 },
      MEANT,
      { ...MEANT, seconds: 1 },
    ])
    const possible = possiblePerSecond(costs, ratePerSecond)
    expect(begin?.refused, 'it was an overload').toBeGreaterThan(0)
    expect(steady?.decidedPerSecond).toBeGreaterThan(possible * share)
    expect(steady?.p99Ms).toBeLessThan(p99Ms)
    if (costs.callMs === HEALTHY.callMs) expect(after?.lastRefusalMs).toBeLessThan(500)
  },
)

test('SPEC C2: at the rate that is meant nobody is refused, also behind a pause', () => {
  for (const pauseMs of [0, 30]) {
    const [, paused, after] = played(HEALTHY, [MEANT, { ...MEANT, pauseMs }, MEANT])
    expect([paused?.refused, paused?.decidedPerSecond, after?.refused], `${pauseMs} ms`).toEqual([0, 1_000, 0])
    expect(paused?.longestMs, 'there was a pause').toBeGreaterThan(pauseMs)
  }
})

test('SPEC C2: behind a long pause it is itself again within a second', () => {
  const [, paused, after] = played(HEALTHY, [MEANT, { ...MEANT, pauseMs: 300 }, MEANT])
  expect(paused?.longestMs, 'there was a pause').toBeGreaterThan(300)
  expect(paused?.lastRefusalMs).toBeLessThan(1_000)
  expect(paused?.refused).toBeLessThan(300)
  expect(after?.refused).toBe(0)
})

test('SPEC C2: a log that is slow refuses nobody: what waits for it does not wait for the process', () => {
  const [slow] = played({ ...HEALTHY, callMs: 0.3, logMs: 200 }, [{ ratePerSecond: 1_000, seconds: 5 }])
  expect([slow?.refused, slow?.decidedPerSecond]).toEqual([0, 1_000])
  expect(slow?.p99Ms).toBeGreaterThan(800)
})

test('SPEC C2: when calls begin to stand, as many are taken as are answered in the time that a call may wait', () => {
  let nowMs = 0
  const loopDelay = { ms: 20, usualMs: 20 }
  const admission = new Admission({
    loopDelay,
    ...TIMES,
    callsMin: FEWEST,
    boundMax: BOUND,
    nowMs: () => nowMs,
  })
  const isRoomFor = (calls: number) => [admission.hasRoom(calls - 1), admission.hasRoom(calls)]
  /** 3,000 answers a second. */
  const step = (tookMs: number, slowestMs = tookMs) => {
    for (let i = 0; i < 300; i++) admission.answered(nowMs - (i === 0 ? slowestMs : tookMs))
    admission.hasRoom(101)
    nowMs += 100
  }
  for (let i = 0; i < 9; i++) step(20, 300)
  expect(isRoomFor(BOUND), 'even in a late process: the quickest is quick').toEqual([true, false])
  step(30)
  expect(isRoomFor(BOUND), 'slow for 100 ms').toEqual([true, false])
  step(30)
  expect(isRoomFor(150), '50 ms each').toEqual([true, false])
  step(30)
  expect(isRoomFor(135), 'a tenth less').toEqual([true, false])
  loopDelay.usualMs = 0
  step(30)
  expect(isRoomFor(137), 'a fiftieth more: they wait for the log').toEqual([true, false])
  loopDelay.ms = 101
  expect(admission.hasRoom(0), 'who was seen so late has waited longer than a call may').toBe(false)
  loopDelay.ms = 0
  for (let i = 0; i < 120; i++) step(20)
  loopDelay.ms = 101
  expect(isRoomFor(BOUND), 'where nothing stands any more it was a pause').toEqual([true, false])
})

test('SPEC C2: whatever is answered when, a few calls always have room in a process that is in time, and no more than the bound', () => {
  const step = fc.record({
    forMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constant(1e9)),
    answered: fc.nat(500),
    tookMs: fc.constantFrom(1, 200),
    inFlight: fc.nat(2 * BOUND),
    usualMs: fc.constantFrom(0, 4, 500),
  })
  let shrunk = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: BOUND }), (steps, boundMax) => {
      let nowMs = 0
      const loopDelay = { ms: 0, usualMs: 0 }
      const admission = new Admission({ loopDelay, ...TIMES, callsMin: FEWEST, boundMax, nowMs: () => nowMs })
      for (const { forMs, answered, tookMs, inFlight, usualMs } of steps) {
        nowMs += forMs
        loopDelay.usualMs = usualMs
        for (let i = 0; i < answered; i++) admission.answered(nowMs - tookMs)
        if (inFlight < boundMax && !admission.hasRoom(inFlight)) shrunk++
        expect(admission.hasRoom(Math.min(FEWEST, boundMax) - 1)).toBe(true)
        expect(admission.hasRoom(boundMax)).toBe(false)
      }
    }),
  )
  expect(shrunk, 'there was less room than the bound').toBeGreaterThan(0)
})
