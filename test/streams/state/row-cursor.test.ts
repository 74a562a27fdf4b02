import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RowCursor } from '../../../streams/state/row-cursor.ts'
import { RowSection } from '../../../streams/state/row-section.ts'
import { RowStore } from '../../../streams/state/row-store.ts'
import { PLACE } from './support.ts'

// Goal: fields written one by one come back as they were at the open overlay, also beside whole images of the same row.
// Method: random writes, overlays, images and removals on a few rows; arrays of numbers are the model.

const ROWS = 3
const WORDS = 6

function cursorStore(): { store: RowStore; cursor: RowCursor } {
  const store = new RowStore({
    name: 'r',
    rowBytes: WORDS * 4,
    keyed: false,
    maxRows: 99,
    setting: 's',
    place: PLACE,
  })
  return { store, cursor: new RowCursor(store) }
}

function valuesOf(store: RowStore, row: number): number[] {
  return [...store.words(row).subarray(store.base(row), store.base(row) + WORDS)]
}

const step = fc.record({
  kind: fc.constantFrom(
    'int',
    'int',
    'int',
    'double',
    'shift',
    'shift',
    'image',
    'again',
    'open',
    'open',
    'merge',
    'drop',
    'drop',
  ),
  row: fc.nat(ROWS - 1),
  field: fc.nat(WORDS - 1),
  value: fc.integer(),
})

test('SPEC X2: single fields of rows come back as they were at the open overlay', () => {
  let drops = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const { store, cursor } = cursorStore()
      const rows = Array.from({ length: ROWS }, () => store.insert())
      const now = () => rows.map((row) => valuesOf(store, row))
      const before: number[][][] = []
      for (const { kind, row, field, value } of steps) {
        if (kind === 'open') {
          store.openOverlay()
          before.push(now())
        } else if (kind === 'merge' && before.shift() !== undefined) {
          store.mergeOldest()
        } else if (kind === 'drop' && before.length > 0) {
          store.dropYoungest()
          drops++
          expect(now()).toEqual(before.pop())
        } else if (kind === 'image') {
          store.writable(rows[row]!)
          store.words(rows[row]!)[store.base(rows[row]!) + field] = value
        } else if (kind === 'again') {
          store.remove(rows[row]!)
          expect(store.insert()).toBe(rows[row])
        } else if (kind === 'shift') {
          const expected = now()[row]!
          cursor.at(rows[row]!)
          cursor.edit()
          cursor.shiftIn(row, Math.max(row, field), value)
          expected.splice(row, 0, value)
          expected.splice(Math.max(row, field) + 1, 1)
          expect(now()[row]).toEqual(expected)
        } else if (kind === 'int' || kind === 'double') {
          cursor.at(rows[row]!)
          cursor.edit()
          if (kind === 'int') cursor.setInt(field, value)
          else cursor.setDouble(field & ~1, value / 3)
          expect(kind === 'int' ? cursor.int(field) : cursor.double(field & ~1)).toBe(
            kind === 'int' ? value : value / 3,
          )
        }
      }
    }),
    { numRuns: 300 },
  )
  expect(drops).toBeGreaterThan(100)
})

test('SPEC X4: a snapshot stands while a cursor writes one field', () => {
  const { store, cursor } = cursorStore()
  cursor.at(store.insert())
  cursor.edit()
  cursor.setInt(2, 7)
  const snapshot = new RowSection(store).snapshot()
  cursor.edit()
  cursor.setInt(2, 8)
  snapshot.next()
  const rows = snapshot.next()!
  expect(new Int32Array(rows.slice().buffer)[store.base(0) + 2]).toBe(7)
  expect(cursor.int(2)).toBe(8)
  snapshot.release()
})
