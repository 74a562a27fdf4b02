import { expect, test } from 'vitest'
import { StoreSet } from '../../../streams/state/overlay.ts'
import { RowStore } from '../../../streams/state/row-store.ts'
import { ValueStore } from '../../../streams/state/value-store.ts'
import { dedupTable, hashOf, PLACE } from './support.ts'

// Goal: all stores of a task stand at the same input offset after every outcome of a commit (SPEC X2).
// Method: each letter is a step; each batch remembers its own id in a dedup table, a row store and a value.

function stores() {
  const dedup = dedupTable()
  const rows = new RowStore({ name: 'r', rowBytes: 8, keyed: true, maxRows: 100, setting: 's', place: PLACE })
  const value = new ValueStore('')
  const set = new StoreSet([dedup, rows, value])
  const write = (id: number) => {
    dedup.insert(...hashOf(id), 0, 0, id)
    rows.insert(...hashOf(id))
    value.set(value.get() + id)
  }
  const held = () => {
    const ids = [0, 1, 2, 3].filter((id) => dedup.lookup(...hashOf(id), 0) >= 0)
    expect([0, 1, 2, 3].filter((id) => rows.find(...hashOf(id)) >= 0)).toEqual(ids)
    expect(value.get()).toBe(ids.join(''))
    return ids.join('')
  }
  return { set, write, held }
}

test.each([
  { why: 'a merged batch stays', steps: 'o0sm', expected: '0' },
  { why: 'an open batch is dropped', steps: 'o0d', expected: '' },
  { why: 'a sealed batch is dropped', steps: 'o0sd', expected: '' },
  { why: 'the next batch reads through the sealed one', steps: 'o0so1', expected: '01' },
  { why: 'its outcome was a commit: merged, the younger one dropped', steps: 'o0so1md', expected: '0' },
  { why: 'its outcome was an abort: it and all younger ones dropped', steps: 'o0so1da', expected: '' },
  { why: 'dropping all keeps what was merged', steps: 'o0smo1so2a', expected: '0' },
  { why: 'after a drop the same ids are new again', steps: 'o0sao0sm', expected: '0' },
])('SPEC X2: $why ($steps)', ({ steps, expected }) => {
  const { set, write, held } = stores()
  const by: Record<string, () => void> = {
    o: () => set.open(),
    s: () => set.seal(),
    m: () => set.mergeOldest(),
    d: () => set.dropYoungest(),
    a: () => set.dropAll(),
  }
  for (const one of steps) (by[one] ?? (() => write(Number(one))))()
  expect(held()).toBe(expected)
})

test('SPEC X2: illegal moves are bugs, and are caught', () => {
  const { set } = stores()
  expect(() => set.seal()).toThrow('no overlay is open')
  expect(() => set.mergeOldest()).toThrow('no sealed overlay')
  expect(() => set.dropYoungest()).toThrow('no overlay to drop')
  set.open()
  expect(() => set.open()).toThrow('still open')
  expect(() => set.mergeOldest()).toThrow('no sealed overlay')
  expect(set.depth).toBe(1)
})
