import { expect, test } from 'vitest'
import { DedupSection } from '../../../streams/state/dedup-section.ts'
import { RowSection } from '../../../streams/state/row-section.ts'
import { RowStore } from '../../../streams/state/row-store.ts'
import type { CheckpointedStore, SectionReader, SectionSnapshot } from '../../../streams/state/section.ts'
import { SeededRandom } from '../../../streams/testing/seeded-random.ts'
import { dedupTable, HOUR_MS, hashOf, PLACE } from './support.ts'

// Goal: a snapshot holds what stood when it began, though not a byte was read before the store went on (SPEC X4).
// Method: begin, change the store in the one way that could spoil it, read all slices, load them into a new store.

const ROWS = 5_000
const SEED = Number(process.env['SLUICE_TEST_SEED'] ?? 20_261_122)

function readAll(snapshot: SectionSnapshot): Buffer {
  const slices: Buffer[] = []
  for (let slice = snapshot.next(); slice !== null; slice = snapshot.next()) slices.push(Buffer.from(slice))
  snapshot.release()
  const bytes = Buffer.concat(slices)
  expect(bytes.length).toBe(snapshot.byteLength)
  return bytes
}

async function restore(store: CheckpointedStore, bytes: Buffer): Promise<void> {
  let at = 0
  const reader: SectionReader = {
    byteLength: bytes.length,
    read: (target) => {
      target.set(bytes.subarray(at, at + target.length))
      at += target.length
      return Promise.resolve()
    },
  }
  await store.restore(reader)
  expect(at).toBe(bytes.length)
}

test.each([
  { why: 'ids are added to its last block', before: 10, expireAll: false, after: 20 },
  { why: 'its only, open block is swept and ids come after it', before: 10, expireAll: true, after: 64 },
  { why: 'its chunks are swept and new ones filled', before: 140_000, expireAll: true, after: 200_000 },
])('SPEC X4: a snapshot of ids stands while $why', async ({ before, expireAll, after }) => {
  const table = dedupTable()
  for (let id = 0; id < before; id++) table.insert(...hashOf(id), id, 0, id)
  const expected = table.digest(0)
  const snapshot = new DedupSection('dedup', table).snapshot()
  const laterMs = expireAll ? HOUR_MS + 1 : 0
  if (expireAll) expect(table.expire(laterMs, Number.POSITIVE_INFINITY)).toBe(before)
  for (let id = before; id < before + after; id++) table.insert(...hashOf(id), id, laterMs, id)
  const loaded = dedupTable()
  await restore(new DedupSection('dedup', loaded), readAll(snapshot))
  expect(loaded.size).toBe(before)
  expect(loaded.digest(0)).toBe(expected)
})

test('SPEC X4: a snapshot of ids stands while an overlay is added to it and dropped', async () => {
  const table = dedupTable()
  for (let id = 0; id < 10; id++) table.insert(...hashOf(id), id, 0, id)
  const expected = table.digest(0)
  const snapshot = new DedupSection('dedup', table).snapshot()
  table.openOverlay()
  for (let id = 10; id < 100; id++) table.insert(...hashOf(id), id, 0, id)
  table.dropYoungest()
  const loaded = dedupTable()
  await restore(new DedupSection('dedup', loaded), readAll(snapshot))
  expect(loaded.digest(0)).toBe(expected)
  expect(table.digest(0)).toBe(expected)
})

function senders(): RowStore {
  return new RowStore({ name: 'senders', rowBytes: 8, keyed: true, maxRows: 99, setting: 's', place: PLACE })
}

function digestOf(store: RowStore): string {
  return store.digest((row, digest) => digest.int(store.words(row)[store.base(row)]!))
}

test.each([
  { why: 'a free row is taken', change: (store: RowStore) => void store.insert(...hashOf(9)) },
  { why: 'a row is removed', change: (store: RowStore) => store.remove(store.find(...hashOf(2))) },
  {
    why: 'a row is written',
    change: (store: RowStore) => {
      const row = store.find(...hashOf(2))
      store.writable(row)
      store.words(row)[store.base(row)] = 7
    },
  },
])('SPEC X4: a snapshot of rows stands while $why', async ({ change }) => {
  const store = senders()
  for (const id of [1, 2, 3]) {
    const row = store.insert(...hashOf(id))
    store.words(row)[store.base(row)] = id
  }
  store.remove(store.find(...hashOf(1)))
  const expected = digestOf(store)
  const snapshot = new RowSection(store).snapshot()
  change(store)
  expect(digestOf(store)).not.toBe(expected)
  const loaded = senders()
  await restore(new RowSection(loaded), readAll(snapshot))
  expect(digestOf(loaded)).toBe(expected)
})

test('SPEC X4: a snapshot of many rows stands while any of them are written between its slices, and so does the next', async () => {
  const many = () =>
    new RowStore({ name: 'senders', rowBytes: 600, keyed: true, maxRows: ROWS, setting: 's', place: PLACE })
  const store = many()
  const section = new RowSection(store)
  for (let id = 0; id < ROWS; id++) store.insert(...hashOf(id))
  const random = new SeededRandom(SEED)
  const writeSome = () => {
    for (let n = 0; n < 100; n++) {
      const row = random.below(ROWS)
      store.writable(row)
      store.words(row)[store.base(row)] = random.below(1_000_000)
    }
  }
  for (let round = 1; round <= 3; round++) {
    const expected = digestOf(store)
    const snapshot = section.snapshot()
    const slices: Buffer[] = []
    for (let slice = snapshot.next(); slice !== null; slice = snapshot.next()) {
      writeSome()
      slices.push(Buffer.from(slice))
    }
    snapshot.release()
    expect(slices.length).toBeGreaterThan(4)
    expect(digestOf(store)).not.toBe(expected)
    const loaded = many()
    await restore(new RowSection(loaded), Buffer.concat(slices))
    expect(digestOf(loaded), `seed ${SEED}`).toBe(expected)
  }
})
