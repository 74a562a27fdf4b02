import { beforeEach, expect, test } from 'vitest'
import { CommitPace } from '../../../streams/kafka/commit-pace.ts'

// Goal: tasks rest while their commits stand in a queue, and only then.
// Method: a clock moved by hand; a commit takes as long as the test says.
let nowMs: number
let pace: CommitPace

beforeEach(() => {
  nowMs = 1_000
  pace = new CommitPace(() => nowMs)
})

/** Commits, one after the other; the rest after each. */
function rests(...tookMs: number[]): number[] {
  return tookMs.map((ms) => {
    pace.begun()
    nowMs += ms
    pace.committed()
    return pace.restMs
  })
}

const times = (count: number, ms: number) => new Array<number>(count).fill(ms)

test('commit pace: nobody rests before the first commit', () => {
  expect(pace.restMs).toBe(0)
})

// prettier-ignore
test.each([
  { why: 'commits that take as long as they need', took: [4, 4, 4], expected: [0, 0, 0] },
  { why: 'up to three times the fastest and 2 ms', took: [4, 14], expected: [0, 0] },
  { why: 'longer ones stand in a queue: 2 ms more each', took: [4, 14.1, 30], expected: [0, 2, 4] },
  {
    why: 'and 1 ms less after each that did not',
    took: [4, 30, 30, 4, 4, 4, 4, 4],
    expected: [0, 2, 4, 3, 2, 1, 0, 0],
  },
  {
    why: 'one in three that stood in a queue keeps it as it is',
    took: [4, 30, 4, 4, 30, 4, 4],
    expected: [0, 2, 1, 0, 2, 1, 0],
  },
])('commit pace: $why', ({ took, expected }) => {
  expect(rests(...took)).toEqual(expected)
})

test('commit pace: the rest is 100 ms at most', () => {
  expect(rests(4, ...times(60, 40)).at(-1)).toBe(100)
})

test('commit pace: time that has passed since the end counts', () => {
  expect(rests(4, 40, 40, 40)).toEqual([0, 2, 4, 6])
  nowMs += 4
  expect(pace.restMs).toBe(2)
  nowMs += 4
  expect(pace.restMs).toBe(0)
})

test('commit pace: a broker that needs longer for good is asked without a rest again within a minute', () => {
  rests(4, ...times(60, 40))
  nowMs += 30_000
  rests(40)
  expect(pace.restMs).toBe(100)
  nowMs += 30_000
  expect(rests(...times(120, 40)).at(-1)).toBe(0)
})
