import { beforeEach, expect, test } from 'vitest'
import { MarkerPause } from '../../../streams/kafka/marker-pause.ts'

// Goal: the pause between two transactions is as short as the markers allow, and bounded both ways.
// Method: a clock moved by hand; a write takes as long as the test says.
let nowMs: number
let waits: number[]
let pause: MarkerPause

beforeEach(() => {
  nowMs = 1_000
  waits = []
  const wait = async (delayMs: number) => {
    waits.push(delayMs)
    nowMs += delayMs
  }
  pause = new MarkerPause({ nowMs: () => nowMs, wait })
})

const write = (tookMs: number) =>
  pause.first(async () => {
    nowMs += tookMs
    return 'written'
  })

/** Ends a transaction, and lets the next one write at once. */
async function next(tookMs: number): Promise<void> {
  pause.ended()
  await write(tookMs)
}

test('marker pause: the first transaction of all waits for nothing', async () => {
  expect(await write(1)).toBe('written')
  expect(waits).toEqual([])
})

// prettier-ignore
test.each([
  { why: 'at once: the whole pause', afterMs: 0, expected: [2] },
  { why: 'within the pause: what is left of it', afterMs: 1.5, expected: [0.5] },
  { why: 'after it: nothing', afterMs: 2, expected: [] },
])('marker pause: a write that comes $why', async ({ afterMs, expected }) => {
  pause.ended()
  nowMs += afterMs
  await write(1)
  expect(waits).toEqual(expected)
})

// prettier-ignore
test.each([
  { why: 'a write that is held up doubles it, to 8 ms at most', took: [16, 16, 16, 16], expected: [2, 4, 8, 8] },
  { why: 'a write of 15 ms was not held up', took: [15, 1], expected: [2, 1.75] },
  {
    why: 'each that is not held up takes a quarter of a millisecond off, to 1 ms at least',
    took: [1, 1, 1, 1, 1, 1],
    expected: [2, 1.75, 1.5, 1.25, 1, 1],
  },
  { why: 'it grows again from where it is', took: [1, 20, 1], expected: [2, 1.75, 3.5] },
])('marker pause: $why', async ({ took, expected }) => {
  for (const tookMs of took) await next(tookMs)
  expect(waits).toEqual(expected)
})

test('marker pause: a slow write long after an end says nothing of markers', async () => {
  pause.ended()
  nowMs += 50
  await write(500)
  await next(1)
  expect(waits).toEqual([2])
})

test('marker pause: a write that fails says nothing either, and its error comes out', async () => {
  pause.ended()
  const failing = pause.first(async () => {
    nowMs += 500
    throw new Error('refused')
  })
  await expect(failing).rejects.toThrow('refused')
  await next(1)
  expect(waits).toEqual([2, 2])
})
