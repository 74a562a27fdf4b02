import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextPunctuationMs, PunctuationSchedule, type PunctuationType } from '../../streams/punctuation.ts'

// Goal: Kafka Streams' own grids (PunctuationSchedule.next, TopologyTestDriverTest), and that a schedule of stream time
// follows from stream time alone.

function scheduleOf(type: PunctuationType, intervalMs: number, firedAt: number[]): PunctuationSchedule<null> {
  return new PunctuationSchedule<null>([{ type, intervalMs, run: (_, timeMs) => firedAt.push(timeMs) }], type)
}

test('KS-P1: stream time fires when it advances, once after a gap, and keeps the grid', () => {
  const firedAt: number[] = []
  const schedule = scheduleOf('stream-time', 10, firedAt)
  schedule.resume(-1)
  for (const streamTimeMs of [42, 42, 51, 52, 61, 65, 71, 72, 95, 101, 102]) schedule.run(null, streamTimeMs)
  expect(firedAt).toEqual([42, 51, 61, 71, 95, 101])
})

test('KS-P2: the wall clock fires by its own steps: from 0 by +5, +9, +1, +20, +5', () => {
  const firedAt: number[] = []
  const schedule = scheduleOf('wall-clock', 10, firedAt)
  schedule.start(0)
  let nowMs = 0
  for (const stepMs of [5, 9, 1, 20, 5]) {
    nowMs += stepMs
    schedule.run(null, nowMs)
  }
  expect(firedAt).toEqual([14, 35, 40])
})

test.each([
  { why: 'exactly on the grid runs the next time one interval later', scheduledMs: 10, nowMs: 10, expected: 20 },
  { why: 'late within the interval keeps the grid', scheduledMs: 10, nowMs: 19, expected: 20 },
  { why: 'a gap is skipped over', scheduledMs: 10, nowMs: 55, expected: 60 },
])('KS-P3: $why', ({ scheduledMs, nowMs, expected }) => {
  expect(nextPunctuationMs(scheduledMs, nowMs, 10)).toBe(expected)
})

describe('a schedule', () => {
  test('SPEC X4: taken up again at any record, it fires as if it had never been put down', () => {
    const times = fc.array(fc.nat(500), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(times, fc.nat(30), fc.integer({ min: 1, max: 60 }), (steps, cut, intervalMs) => {
        const whole: number[] = []
        const broken: number[] = []
        const unbroken = scheduleOf('stream-time', intervalMs, whole)
        let resumed = scheduleOf('stream-time', intervalMs, broken)
        unbroken.resume(-1)
        resumed.resume(-1)
        let streamTimeMs = -1
        steps.forEach((timeMs, i) => {
          if (i === cut) {
            resumed = scheduleOf('stream-time', intervalMs, broken)
            resumed.resume(streamTimeMs)
          }
          streamTimeMs = Math.max(streamTimeMs, timeMs)
          unbroken.run(null, streamTimeMs)
          resumed.run(null, streamTimeMs)
        })
        expect(broken).toEqual(whole)
        expect(whole.length).toBeGreaterThan(0)
      }),
    )
  })

  test('runs only what is of its type, each at its own interval', () => {
    const fired: string[] = []
    const every = (intervalMs: number, type: PunctuationType = 'stream-time') => {
      return { type, intervalMs, run: () => fired.push(`${type} ${intervalMs}`) }
    }
    const schedule = new PunctuationSchedule<null>([every(10), every(25), every(5, 'wall-clock')], 'stream-time')
    schedule.resume(0)
    expect(schedule.dueMs).toBe(10)
    for (const streamTimeMs of [9, 10, 20, 25, 29]) schedule.run(null, streamTimeMs)
    expect(fired).toEqual(['stream-time 10', 'stream-time 10', 'stream-time 25'])
    expect(schedule.dueMs).toBe(30)
  })

  test('is never due when nothing is to be done', () => {
    const schedule = new PunctuationSchedule<null>([], 'stream-time')
    schedule.resume(5)
    expect(schedule.dueMs).toBe(Number.POSITIVE_INFINITY)
  })

  test('one that throws stops the task: it has no record to refuse', () => {
    const run = () => {
      throw new Error('full')
    }
    const schedule = new PunctuationSchedule<null>([{ type: 'stream-time', intervalMs: 10, run }], 'stream-time')
    schedule.resume(-1)
    expect(() => schedule.run(null, 0)).toThrow(expect.objectContaining({ code: 'INVARIANT', next: 'stop' }))
  })
})
