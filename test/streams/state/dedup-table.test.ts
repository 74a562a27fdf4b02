import { expect, test } from 'vitest'
import { StreamsError } from '../../../streams/errors.ts'
import { DEDUP_IDS_MAX, DedupTable } from '../../../streams/state/dedup-table.ts'
import { dedupTable, HOUR_MS, hashOf, PLACE, SETTING } from './support.ts'

// Goal: the edges of the horizon, of blocks and chunks, and of the bound.
// Method: each row lists sights "id@ms" in order; stream time is the highest ms so far; N is new, D a duplicate.

const YEAR_MS = 365 * 24 * HOUR_MS

function answers(sights: readonly (readonly [id: number, timeMs: number, offset?: number])[], table = dedupTable()) {
  let streamTimeMs = -1
  let given = ''
  for (const [id, timeMs, offset] of sights) {
    const known = table.lookup(...hashOf(id), streamTimeMs)
    streamTimeMs = Math.max(streamTimeMs, timeMs)
    if (known < 0) table.insert(...hashOf(id), id, streamTimeMs, offset ?? given.length)
    given += known < 0 ? 'N' : 'D'
  }
  return given
}

test.each([
  {
    why: 'a repeat at once',
    sights: [
      [1, 0],
      [1, 0],
    ],
    expected: 'ND',
  },
  {
    why: 'exactly 1 h later is a duplicate',
    sights: [
      [1, 0],
      [2, HOUR_MS],
      [1, 0],
    ],
    expected: 'NND',
  },
  {
    why: '1 h and 1 ms later is new',
    sights: [
      [1, 0],
      [2, HOUR_MS + 1],
      [1, 0],
    ],
    expected: 'NNN',
  },
  {
    why: 'own event time does not count, stream time before it does',
    sights: [
      [1, 0],
      [1, YEAR_MS],
    ],
    expected: 'ND',
  },
  {
    why: 'first sight counts from stream time right after it',
    sights: [
      [9, 500],
      [1, 0],
      [2, 500 + HOUR_MS],
      [1, 0],
    ],
    expected: 'NNND',
  },
  {
    why: 'a jump of years forgets all',
    sights: [
      [1, 0],
      [2, 5],
      [3, 9 * YEAR_MS],
      [1, 0],
      [2, 0],
      [3, 0],
    ],
    expected: 'NNNNND',
  },
  {
    why: 'new again, then remembered from there',
    sights: [
      [1, 0],
      [2, HOUR_MS + 1],
      [1, 0],
      [3, 2 * HOUR_MS + 1],
      [1, 0],
    ],
    expected: 'NNNND',
  },
  {
    why: 'time past 2^32 and far from zero',
    sights: [
      [1, 1.7e12],
      [2, 1.7e12 + HOUR_MS],
      [1, 0],
      [3, 1.7e12 + HOUR_MS + 1],
      [1, 0],
    ],
    expected: 'NNDNN',
  },
] as const)('SPEC D1: $why', ({ sights, expected }) => expect(answers(sights)).toBe(expected))

test.each([
  { why: 'within a block', timeStep: 1, offsetStep: 1 },
  { why: 'a time delta of exactly 65,535 in a block', timeStep: 65_535, offsetStep: 1 },
  { why: 'a time delta past 65,535 closes the block', timeStep: 65_536, offsetStep: 1 },
  { why: 'an offset gap of exactly 65,535', timeStep: 0, offsetStep: 65_535 },
  { why: 'an offset gap past 65,535 closes the block', timeStep: 0, offsetStep: 65_536 },
  { why: 'offsets past 2^40', timeStep: 3, offsetStep: 2 ** 40 },
])('SPEC D1: time, offset and fingerprint of a first sight come back: $why', ({ timeStep, offsetStep }) => {
  const table = dedupTable()
  for (let id = 0; id < 200; id++) table.insert(...hashOf(id), ~id, 1.7e12 + id * timeStep, id * offsetStep)
  for (let id = 0; id < 200; id++) {
    const row = table.lookup(...hashOf(id), 1.7e12 + id * timeStep)
    expect(table.seenStreamTimeMs(row)).toBe(1.7e12 + id * timeStep)
    expect(table.offset(row)).toBe(id * offsetStep)
    expect(table.fingerprint(row)).toBe(~id)
  }
})

test('SPEC D1: all four words of the hash count', () => {
  const table = dedupTable()
  table.insert(1, 2, 3, 4, 0, 0, 0)
  expect(table.lookup(1, 2, 3, 4, 0)).toBeGreaterThanOrEqual(0)
  for (const [h0, h1, h2, h3] of [
    [129, 2, 3, 4],
    [1, 3, 3, 4],
    [1, 2, 4, 4],
    [1, 2, 3, 5],
  ] as const) {
    expect(table.lookup(h0, h1, h2, h3, 0)).toBe(-1)
  }
})

test('SPEC D1: sweeping the expired row of an id leaves its new row', () => {
  const table = dedupTable()
  expect(
    answers(
      [
        [1, 0],
        [2, HOUR_MS + 1],
        [1, 0],
      ],
      table,
    ),
  ).toBe('NNN')
  // The expired row stands in a block with live ones, so force it out by filling the block and going on.
  for (let id = 10; id < 200; id++) table.insert(...hashOf(id), 0, HOUR_MS + 1, id)
  expect(table.expire(2 * HOUR_MS)).toBe(1)
  expect(table.lookup(...hashOf(1), HOUR_MS + 1)).toBeGreaterThanOrEqual(0)
})

test('SPEC D3: expiry by committed time frees blocks, not live ids, and at most what it is asked for', () => {
  const table = dedupTable()
  for (let id = 0; id < 1_000; id++) table.insert(...hashOf(id), 0, id, id)
  expect(table.expire(HOUR_MS)).toBe(0)
  expect(table.expire(HOUR_MS + 500)).toBe(448)
  expect(table.expire(HOUR_MS + 2_000, 100)).toBe(128)
  expect(table.size).toBe(424)
  expect(table.expire(HOUR_MS + 2_000, Number.POSITIVE_INFINITY)).toBe(424)
  expect(table.size).toBe(0)
  expect(
    answers(
      [
        [1, 0],
        [1, 0],
      ],
      table,
    ),
  ).toBe('ND')
})

test('SPEC D3: at the bound the insert stops with the setting by name, and nothing is evicted', () => {
  const table = dedupTable(100)
  for (let id = 0; id < 80; id++) table.insert(...hashOf(id), 0, 0, id)
  expect(table.filled).toBe(0.8)
  for (let id = 80; id < 100; id++) table.insert(...hashOf(id), 0, 0, id)
  const refused = (() => {
    try {
      return table.insert(...hashOf(100), 0, 0, 4711)
    } catch (error) {
      return error
    }
  })()
  expect(refused).toBeInstanceOf(StreamsError)
  expect(refused).toMatchObject({ code: 'DEDUP_FULL', next: 'stop', place: { ...PLACE, offset: 4711 } })
  expect((refused as Error).message).toContain(`${SETTING} = 100`)
  expect(table.size).toBe(100)
  for (let id = 0; id < 100; id++) expect(table.lookup(...hashOf(id), 0)).toBeGreaterThanOrEqual(0)
  expect(table.lookup(...hashOf(100), 0)).toBe(-1)
})

test('SPEC D3: at the bound, what committed stream time has expired makes room', () => {
  const table = dedupTable(100)
  for (let id = 0; id < 100; id++) table.insert(...hashOf(id), 0, id, id)
  expect(table.expire(HOUR_MS + 50)).toBe(0) // The block's newest id is still live.
  expect(() => table.insert(...hashOf(100), 0, HOUR_MS + 50, 100)).toThrow(SETTING)
  expect(table.expire(HOUR_MS + 64, 0)).toBe(0) // Told of the time, asked for nothing.
  table.insert(...hashOf(100), 0, HOUR_MS + 64, 100)
  expect(table.size).toBe(37)
})

test.each([
  { why: 'no ids', maxIds: 0 },
  { why: 'more than row numbers can name', maxIds: DEDUP_IDS_MAX + 1 },
  { why: 'no number', maxIds: Number.NaN },
])('SPEC D3: a bound of $why is refused by its name', ({ maxIds }) => {
  const options = { horizonMs: HOUR_MS, maxIds, setting: SETTING, place: PLACE }
  expect(() => new DedupTable(options)).toThrow(SETTING)
})

test('SPEC D3: memory stays flat while ids come and go, over more blocks than the ring has', () => {
  const table = dedupTable()
  // Each step closes a block, so 600,000 of them lead once round the ring of 523,264 blocks.
  const stepMs = 66_000
  let highest = 0
  for (let id = 0; id < 600_000; id++) {
    table.insert(...hashOf(id), id, id * stepMs, id)
    if (id % 16 === 0) table.expire(id * stepMs)
    if (id % 50_000 === 49_999) highest = Math.max(highest, table.bytesUsed)
  }
  expect(highest).toBeLessThan(6_000_000)
  const now = 599_999 * stepMs
  for (let id = 599_000; id < 600_000; id++) {
    expect(table.lookup(...hashOf(id), now) >= 0).toBe(now - id * stepMs <= HOUR_MS)
  }
})

test('SPEC D3: at most 32 bytes an id once chunks are full', () => {
  const table = dedupTable()
  for (let id = 0; id < 4 * 65_536; id++) table.insert(...hashOf(id), 0, id >> 4, id)
  expect(table.bytesUsed / table.size).toBeLessThanOrEqual(32)
})

test('dedup: stream time that falls is our bug, and is caught', () => {
  const table = dedupTable()
  table.insert(...hashOf(1), 0, 1_000, 5)
  expect(() => table.insert(...hashOf(2), 0, 999, 6)).toThrow('stream time falls')
  expect(() => table.insert(...hashOf(2), 0, 1_000, 4)).toThrow('the offset falls')
})
