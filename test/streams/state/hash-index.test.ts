import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HashIndex } from '../../../streams/state/hash-index.ts'
import { collidingHashOf, hashOf } from './support.ts'

// Goal: every row that was inserted and not removed is found under its hash, whatever else collides with it.
// Method: rows are ids; a Map is the model; hashes are uniform or collide in all that the index keeps of them.

function rowsUnder(index: HashIndex, h0: number, h1: number): number[] {
  const rows: number[] = []
  for (let row = index.first(h0, h1); row >= 0; row = index.next()) rows.push(row)
  return rows
}

test.each([
  { why: 'uniform hashes', hash: hashOf },
  { why: 'hashes of two segments, two tags and three places', hash: collidingHashOf },
])('hash index: finds what stays after any inserts and removals, with $why', ({ hash }) => {
  const steps = fc.array(fc.record({ id: fc.nat(120), add: fc.boolean() }), { maxLength: 300 })
  fc.assert(
    fc.property(steps, (list) => {
      const index = new HashIndex()
      const model = new Set<number>()
      for (const { id, add } of list) {
        const [h0, h1] = hash(id)
        if (add && !model.has(id)) index.insert(h0, h1, id)
        if (!add && model.has(id)) index.remove(h0, h1, id)
        if (add) model.add(id)
        else model.delete(id)
      }
      for (let id = 0; id <= 120; id++) {
        expect(rowsUnder(index, hash(id)[0], hash(id)[1]).includes(id)).toBe(model.has(id))
      }
    }),
    { numRuns: 200 },
  )
})

test('hash index: two rows may stand under one hash, and each leaves by itself', () => {
  const index = new HashIndex()
  index.insert(5, 9, 1)
  index.insert(5, 9, 2)
  expect(rowsUnder(index, 5, 9)).toEqual([1, 2])
  index.remove(5, 9, 1)
  expect(rowsUnder(index, 5, 9)).toEqual([2])
})

test('hash index: removing a row that is not there is an error, not a loop', () => {
  const index = new HashIndex()
  index.insert(5, 9, 1)
  expect(() => index.remove(5, 9, 2)).toThrow('row 2 is not in the index')
  expect(() => index.remove(-5, 9, 1)).toThrow('row 1 is not in the index')
})

test('hash index: holds the largest row number beside every tag', () => {
  const largest = (1 << 25) - 2
  const index = new HashIndex()
  for (let tag = 0; tag < 128; tag++) index.insert(tag, 0, largest - tag)
  for (let tag = 0; tag < 128; tag++) expect(rowsUnder(index, tag, 0)).toEqual([largest - tag])
})

test('hash index: a crowd of one key is found whole, however it grew and wherever it stands', () => {
  for (const h1 of [0, 0x7fff_0000, -1]) {
    const index = new HashIndex()
    for (let row = 0; row < 2_000; row++) index.insert(row & 127, h1, row)
    for (let row = 0; row < 2_000; row += 2) index.remove(row & 127, h1, row)
    for (let tag = 0; tag < 128; tag++) {
      const rows = Array.from({ length: 2_000 }, (_, row) => row).filter((row) => (row & 127) === tag && row % 2 === 1)
      expect(rowsUnder(index, tag, h1)).toEqual(rows)
    }
  }
})

test('hash index: a reserved index finds the same and takes the rows without growing', () => {
  const index = new HashIndex()
  expect([...index.reserve(20_000)].length).toBe(32)
  const bytes = index.bytesUsed
  for (let id = 0; id < 20_000; id++) index.insert(hashOf(id)[0], hashOf(id)[1], id)
  expect(index.bytesUsed).toBe(bytes)
  for (let id = 0; id < 20_000; id += 7) expect(rowsUnder(index, hashOf(id)[0], hashOf(id)[1])).toContain(id)
})

test('hash index: growth is spread, so a row costs between 6.6 and 8 bytes at any size', () => {
  const index = new HashIndex()
  for (let id = 0; id < 300_000; id++) {
    index.insert(hashOf(id)[0], hashOf(id)[1], id)
    if (id < 100_000 || id % 10_000 !== 0) continue
    expect(index.bytesUsed / id).toBeGreaterThan(6.6)
    expect(index.bytesUsed / id).toBeLessThan(8)
  }
})
