import { expect, test } from 'vitest'
import { Admission } from '../../api/admission.ts'

// Goal: what is taken in a process that has more to do than it can is answered in time, and one that keeps up refuses nobody.
const WAIT_MS = 75
const TICK_MS = 20

test('SPEC C2: a process that keeps up takes any number; one that does not as many as it answers in the time that a call may wait', () => {
  let nowMs = 0
  const loop = { standingMs: 0 }
  const admission = new Admission(loop, WAIT_MS, () => nowMs)
  expect(admission.callsMax).toBe(Number.POSITIVE_INFINITY)
  loop.standingMs = 20
  expect(admission.callsMax, 'nothing is counted yet').toBe(16)
  for (let i = 0; i < 800; i++) {
    nowMs += 1.25
    admission.answered()
  }
  expect(admission.callsMax, '800 a second, 75 ms each').toBe(60)
  nowMs += 899
  expect(admission.callsMax, 'still within a second').toBe(60)
  nowMs += 200
  expect(admission.callsMax, 'no answer for a second').toBe(16)
  nowMs += 1e9
  expect(admission.callsMax, 'a pause without end').toBe(16)
})

interface Load {
  readonly ratePerSecond: number
  readonly seconds: number
  /** When the process does nothing, and for how long. */
  readonly pause?: { readonly atMs: number; readonly lastsMs: number }
}

/** A process that does one thing after the other: a call takes 0.6 ms of it, a refusal 0.1. */
function served({ ratePerSecond, seconds, pause }: Load): {
  readonly refused: number
  readonly waits: readonly number[]
} {
  const loop = { standingMs: 0 }
  let nowMs = 0
  const admission = new Admission(loop, WAIT_MS, () => nowMs)
  const late: number[] = [0, 0, 0, 0, 0]
  const ends: number[] = []
  const waits: number[] = []
  let busyUntilMs = 0
  let refused = 0
  let tickMs = TICK_MS
  for (let i = 0; i < ratePerSecond * seconds; i++) {
    nowMs = (i * 1_000) / ratePerSecond
    if (pause !== undefined && nowMs >= pause.atMs && nowMs < pause.atMs + pause.lastsMs) {
      busyUntilMs = Math.max(busyUntilMs, pause.atMs + pause.lastsMs)
    }
    for (; tickMs <= nowMs; tickMs += TICK_MS) {
      late.shift()
      late.push(Math.max(0, busyUntilMs - tickMs))
      loop.standingMs = Math.min(...late)
    }
    for (; (ends[0] ?? Number.POSITIVE_INFINITY) <= nowMs; ends.shift()) admission.answered()
    busyUntilMs = Math.max(busyUntilMs, nowMs)
    if (ends.length >= admission.callsMax) {
      refused++
      busyUntilMs += 0.1
      continue
    }
    busyUntilMs += 0.6
    ends.push(busyUntilMs)
    waits.push(busyUntilMs - nowMs)
  }
  return { refused, waits }
}

test('SPEC C2: at twice what is meant, what is taken is answered within 100 ms but for the moment in which it begins', () => {
  const { refused, waits } = served({ ratePerSecond: 2_000, seconds: 20 })
  expect(refused).toBeGreaterThan(2_000)
  expect(waits.length, 'most is taken').toBeGreaterThan(25_000)
  expect(waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.99)]).toBeLessThan(100)
})

test('SPEC C2: at the rate that is meant nobody is refused, also behind a pause', () => {
  const { refused, waits } = served({ ratePerSecond: 1_000, seconds: 5, pause: { atMs: 2_000, lastsMs: 60 } })
  expect([refused, waits.length]).toEqual([0, 5_000])
  expect(Math.max(...waits), 'there was a pause').toBeGreaterThan(50)
})
