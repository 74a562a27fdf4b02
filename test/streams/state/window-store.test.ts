import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Checkpoints } from '../../../streams/state/checkpoint.ts'
import { RowSection } from '../../../streams/state/row-section.ts'
import { StateDigest } from '../../../streams/state/state-digest.ts'
import { NO_ENTRY, WindowStore } from '../../../streams/state/window-store.ts'
import { IDENTITY, MemoryCheckpoints, PLACE } from './support.ts'

// Goal: a window is a list ordered by event time, newest first, the later arrival first among equals.
// Method: a sorted array is the model; times come from few values so that ties and disorder are common.

function windowStore(maxRows = 1_000): WindowStore {
  const bound = { maxRows, setting: 'velocity.maxEntries', place: PLACE }
  return new WindowStore({ name: 'entries', doubles: 1, ints: 1, idBytesMax: 64, ...bound })
}

interface Entry {
  readonly timeMs: number
  readonly serial: number
}

function add(window: WindowStore, head: number, { timeMs, serial }: Entry): number {
  const entry = window.insert(head, timeMs)
  window.setDouble(entry, 0, serial / 7)
  window.setInt(entry, 0, -serial)
  window.setFlags(entry, serial & 3)
  const id = new TextEncoder().encode(`.id-${serial}`)
  window.setId(entry, id, 1, id.length - 1)
  return window.headAfter(head, entry)
}

function entryAt(window: WindowStore, entry: number): Entry {
  const serial = -window.int(entry, 0)
  expect(window.double(entry, 0)).toBe(serial / 7)
  expect(window.flags(entry)).toBe(serial & 3)
  const from = window.idStart(entry)
  const id = window.idSource(entry).subarray(from, from + window.idLength(entry))
  expect(new TextDecoder().decode(id)).toBe(`id-${serial}`)
  return { timeMs: window.timeMs(entry), serial }
}

function newestFirst(window: WindowStore, head: number): Entry[] {
  const entries: Entry[] = []
  for (let entry = head; entry !== NO_ENTRY; entry = window.older(entry)) entries.push(entryAt(window, entry))
  return entries
}

function oldestFirst(window: WindowStore, head: number): Entry[] {
  const entries: Entry[] = []
  for (let entry = window.oldest(head); entry !== NO_ENTRY; entry = window.newer(head, entry)) {
    entries.push(entryAt(window, entry))
  }
  return entries
}

function digestOf(window: WindowStore, heads: readonly number[]): string {
  const digest = new StateDigest()
  for (const head of heads) window.describe(head, digest)
  return digest.hex()
}

// Windows must have time to grow.
const ADDS = new Array<'add'>(10).fill('add')

const step = fc.record({
  kind: fc.constantFrom(...ADDS, 'trim', 'dropOldest', 'clear', 'open', 'open', 'merge', 'drop', 'drop', 'reload'),
  owner: fc.nat(1),
  timeMs: fc.nat(9),
})

test('window store: a window is what a sorted array is, over trims, drops and reloads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), async (steps) => {
      let window = windowStore()
      let heads: [number, number] = [NO_ENTRY, NO_ENTRY]
      let models: [Entry[], Entry[]] = [[], []]
      const before: { heads: [number, number]; models: [Entry[], Entry[]] }[] = []
      let serial = 0
      for (const { kind, owner, timeMs } of steps) {
        const at = owner as 0 | 1
        const model = models[at]
        const [newHeads, newModels]: [typeof heads, typeof models] = [[...heads], [...models]]
        if (kind === 'add') {
          const entry = { timeMs, serial: ++serial }
          newHeads[at] = add(window, heads[at], entry)
          newModels[at] = [entry, ...model].sort((a, b) => b.timeMs - a.timeMs)
        } else if (kind === 'trim') {
          newHeads[at] = window.trim(heads[at], timeMs - 6)
          newModels[at] = model.filter((entry) => entry.timeMs >= timeMs - 6)
        } else if (kind === 'dropOldest' && model.length > 0) {
          newHeads[at] = window.dropOldest(heads[at])
          newModels[at] = model.slice(0, -1)
        } else if (kind === 'clear') {
          newHeads[at] = window.clear(heads[at])
          newModels[at] = []
        }
        heads = newHeads
        models = newModels
        if (kind === 'open' && before.length < 3) {
          window.rows.openOverlay()
          before.push({ heads, models })
        } else if (kind === 'merge' && before.shift() !== undefined) {
          window.rows.mergeOldest()
        } else if (kind === 'drop' && before.length > 0) {
          window.rows.dropYoungest()
          ;({ heads, models } = before.pop()!)
        } else if (kind === 'reload' && before.length === 0) {
          window = await reloaded(window, heads)
        }
        expect(window.rows.size).toBe(models[0].length + models[1].length)
        for (const owned of [0, 1] as const) {
          expect(newestFirst(window, heads[owned])).toEqual(models[owned])
          expect(oldestFirst(window, heads[owned])).toEqual([...models[owned]].reverse())
          expect(window.length(heads[owned])).toBe(models[owned].length)
          const within = models[owned].filter((entry) => entry.timeMs >= timeMs - 3 && entry.timeMs <= timeMs)
          expect(window.countBetween(heads[owned], timeMs - 3, timeMs)).toBe(within.length)
        }
      }
    }),
    { numRuns: 60 },
  )
})

async function reloaded(window: WindowStore, heads: readonly number[]): Promise<WindowStore> {
  const files = new MemoryCheckpoints()
  const position = { nextOffset: 1, streamTimeMs: 0 }
  await new Checkpoints(files, IDENTITY, [new RowSection(window.rows)]).begin(position).write()
  const fresh = windowStore()
  expect(await new Checkpoints(files, IDENTITY, [new RowSection(fresh.rows)]).load()).toMatchObject({ refused: [] })
  expect(digestOf(fresh, heads)).toBe(digestOf(window, heads))
  return fresh
}

test('window store: a drop brings back the links of every neighbour', () => {
  const window = windowStore()
  let head = NO_ENTRY
  for (const timeMs of [10, 20, 30, 40]) head = add(window, head, { timeMs, serial: timeMs })
  const before = newestFirst(window, head)
  for (const change of [
    () => window.dropOldest(head),
    () => window.trim(head, 25),
    () => window.clear(head),
    () => add(window, head, { timeMs: 25, serial: 1 }),
    () => add(window, head, { timeMs: 5, serial: 1 }),
    () => add(window, head, { timeMs: 50, serial: 1 }),
  ]) {
    window.rows.openOverlay()
    change()
    window.rows.dropYoungest()
    expect(newestFirst(window, head)).toEqual(before)
    expect(oldestFirst(window, head)).toEqual([...before].reverse())
    expect(window.length(head)).toBe(4)
  }
})

test.each([
  { why: 'both ends are in', from: 1_000, to: 61_000, expected: 4 },
  { why: '1 ms later the oldest is out', from: 1_001, to: 61_001, expected: 3 },
  { why: 'what lies past the end is out', from: 1_000, to: 60_999, expected: 3 },
])('window store: counting between two times: $why', ({ from, to, expected }) => {
  const window = windowStore()
  let head = NO_ENTRY
  for (const timeMs of [61_000, 1_000, 30_000, 30_000]) head = add(window, head, { timeMs, serial: timeMs })
  expect(window.countBetween(head, from, to)).toBe(expected)
})

test('window store: at the bound of all windows the error names the setting', () => {
  const window = windowStore(2)
  const head = window.headAfter(NO_ENTRY, window.insert(NO_ENTRY, 1))
  window.insert(head, 2)
  expect(() => window.insert(NO_ENTRY, 3)).toThrow('velocity.maxEntries = 2')
})

test('window store: an id of the full length fits, one byte more is refused', () => {
  const window = windowStore()
  const entry = window.insert(NO_ENTRY, 1)
  const other = window.insert(entry, 0)
  window.setId(entry, new Uint8Array(64).fill(7), 0, 64)
  expect(window.idLength(entry)).toBe(64)
  expect(window.idLength(other)).toBe(0)
  expect(window.timeMs(other)).toBe(0)
  expect(() => window.setId(entry, new Uint8Array(65), 0, 65)).toThrow('65 bytes')
})
