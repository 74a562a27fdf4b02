import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Checkpoints } from '../../../streams/state/checkpoint.ts'
import { RowSection } from '../../../streams/state/row-section.ts'
import { RowStore } from '../../../streams/state/row-store.ts'
import { collidingHashOf, hashOf, IDENTITY, MemoryCheckpoints, PLACE } from './support.ts'

// Goal: rows keep their fields and places, and a drop brings back what stood when the overlay was opened.
// Method: random steps on the store and on a Map of key to value; after each of them every key is asked for.

const IDS = 16

function rowStore(maxRows = 1_000, rowBytes = 24, serialMax?: number): RowStore {
  const options = { name: 'senders', rowBytes, keyed: true, maxRows, setting: 'velocity.maxSenders', place: PLACE }
  return new RowStore(options, serialMax)
}

function put(store: RowStore, row: number, value: number): void {
  store.writable(row)
  store.words(row)[store.base(row)] = value
  store.doubles(row)[(store.base(row) >> 1) + 2] = value / 3
}

function get(store: RowStore, row: number): number {
  const value = store.words(row)[store.base(row)]!
  expect(store.doubles(row)[(store.base(row) >> 1) + 2]).toBe(value / 3)
  expect(store.bytes(row)[store.base(row) * 4]).toBe(value & 0xff)
  return value
}

function digestOf(store: RowStore): string {
  return store.digest((row, digest) => digest.int(get(store, row)))
}

async function reloaded(store: RowStore, serialMax?: number): Promise<RowStore> {
  const files = new MemoryCheckpoints()
  await new Checkpoints(files, IDENTITY, [new RowSection(store)]).begin({ nextOffset: 1, streamTimeMs: 0 }).write()
  const fresh = rowStore(store.options.maxRows, store.options.rowBytes, serialMax)
  expect(await new Checkpoints(files, IDENTITY, [new RowSection(fresh)]).load()).toMatchObject({ refused: [] })
  expect(digestOf(fresh)).toBe(digestOf(store))
  return fresh
}

const step = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'put', 'remove', 'remove', 'open', 'merge', 'drop', 'sweep', 'reload'),
  id: fc.nat(IDS - 1),
  value: fc.integer(),
})

test.each([
  { why: 'uniform hashes', hash: hashOf },
  { why: 'hashes that collide in all that the index keeps', hash: collidingHashOf },
  { why: 'serials that begin anew at every third overlay', hash: hashOf, serialMax: 3 },
])(
  'SPEC X2: rows, keys and free rows come back as they were at the open overlay ($why)',
  async ({ hash, serialMax }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        let store = rowStore(undefined, undefined, serialMax)
        let model = new Map<number, number>()
        const before: Map<number, number>[] = []
        for (const { kind, id, value } of steps) {
          const row = store.find(...hash(id))
          if (kind === 'put') {
            put(store, row < 0 ? store.insert(...hash(id)) : row, value)
            model.set(id, value)
          } else if (kind === 'remove' && row >= 0) {
            store.remove(row)
            model.delete(id)
          } else if (kind === 'open' && before.length < 3) {
            store.openOverlay()
            before.push(new Map(model))
          } else if (kind === 'merge' && before.shift() !== undefined) {
            store.mergeOldest()
          } else if (kind === 'drop' && before.length > 0) {
            store.dropYoungest()
            model = before.pop()!
          } else if (kind === 'sweep') {
            store.sweep(3, (candidate) => get(store, candidate) % 2 === 0)
            // What a sweep takes depends on its hand; the model only asks that it was dead.
            for (const [key, held] of model) if (store.find(...hash(key)) < 0 && held % 2 === 0) model.delete(key)
          } else if (kind === 'reload' && before.length === 0) {
            store = await reloaded(store, serialMax)
          }
          expect(store.size).toBe(model.size)
          for (let key = 0; key < IDS; key++) {
            const at = store.find(...hash(key))
            expect(at < 0 ? undefined : get(store, at)).toBe(model.get(key))
          }
        }
      }),
      { numRuns: 150 },
    )
  },
)

test('row store: a row is zeroed when it is taken again, and its number is stable until then', () => {
  const store = rowStore()
  const first = store.insert(...hashOf(1))
  put(store, first, -1)
  const second = store.insert(...hashOf(2))
  store.remove(first)
  expect(store.find(...hashOf(2))).toBe(second)
  const again = store.insert(...hashOf(3))
  expect(again).toBe(first)
  expect(get(store, again)).toBe(0)
})

test('row store: arrays held by an accessor stay true over growth and drops', () => {
  const store = rowStore(10_000, 1_024)
  const row = store.insert(...hashOf(0))
  const words = store.words(row)
  const base = store.base(row)
  put(store, row, 5)
  store.openOverlay()
  put(store, row, 6)
  for (let id = 1; id < 1_000; id++) store.insert(...hashOf(id))
  expect(words[base]).toBe(6)
  store.dropYoungest()
  expect(words[base]).toBe(5)
  expect(store.size).toBe(1)
})

test('SPEC X2: a row written in a dropped overlay is saved again for the older one', () => {
  const store = rowStore()
  const row = store.insert(...hashOf(0))
  put(store, row, 1)
  store.openOverlay()
  store.openOverlay()
  put(store, row, 2)
  store.dropYoungest()
  put(store, row, 3)
  store.dropYoungest()
  expect(get(store, row)).toBe(1)
})

test('row store: at its bound it names the setting, and goes on once a row is free', () => {
  const store = rowStore(2)
  store.insert(...hashOf(1))
  const row = store.insert(...hashOf(2))
  expect(() => store.insert(...hashOf(3))).toThrow('velocity.maxSenders = 2')
  expect(store.size).toBe(2)
  store.remove(row)
  store.insert(...hashOf(3))
  expect(store.find(...hashOf(3))).toBe(row)
})

test('row store: the sweep looks at each row once a round, and no more than asked', () => {
  const store = rowStore()
  for (let id = 0; id < 10; id++) store.insert(...hashOf(id))
  const seen: number[] = []
  const look = (row: number) => {
    seen.push(row)
    return row === 4
  }
  expect(store.sweep(6, look)).toBe(1)
  expect(store.sweep(6, look)).toBe(0)
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
})

test('row store: equal content gives equal digests, whatever the row numbers; other content another', () => {
  const [one, other] = [rowStore(), rowStore()]
  for (const id of [1, 2, 3]) put(one, one.insert(...hashOf(id)), id)
  for (const id of [9, 3, 2, 1]) put(other, other.insert(...hashOf(id)), id)
  expect(digestOf(other)).not.toBe(digestOf(one))
  other.remove(other.find(...hashOf(9)))
  expect(digestOf(other)).toBe(digestOf(one))
  put(other, other.find(...hashOf(2)), 7)
  expect(digestOf(other)).not.toBe(digestOf(one))
})
