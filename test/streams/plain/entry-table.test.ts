import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EntryTable } from '../../../streams/plain/entry-table.ts'
import type { SectionReader, SectionSnapshot } from '../../../streams/state/section.ts'

// Goal: a table under overlays is at every step what a list of whole copies says, and survives a checkpoint.
// Method: random runs of writes, overlays, merges and drops against copies of the whole state.

const KEYS = ['a', 'b', 'c', '\u00ff', '']

type Step =
  | { readonly kind: 'set'; readonly key: string; readonly value: number }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'open' | 'merge' | 'drop' | 'checkpoint' }

const key = fc.constantFrom(...KEYS)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), key, value: fc.nat(255) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  fc.record({ kind: fc.constantFrom('open' as const, 'merge' as const, 'drop' as const, 'checkpoint' as const) }),
)

function bytesOf(snapshot: SectionSnapshot): Uint8Array {
  const slices: Uint8Array[] = []
  for (let slice = snapshot.next(); slice !== null; slice = snapshot.next()) slices.push(slice.slice())
  snapshot.release()
  const whole = Buffer.concat(slices)
  expect(whole.length).toBe(snapshot.byteLength)
  return whole
}

function readerOf(bytes: Uint8Array): SectionReader {
  return { byteLength: bytes.length, read: async (target) => target.set(bytes) }
}

function contentOf(table: EntryTable): Map<string, number | undefined> {
  return new Map(KEYS.flatMap((name) => (table.get(name) === undefined ? [] : [[name, table.get(name)?.[0]]])))
}

describe('the entry table', () => {
  test('is what copies of the whole state say', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let table = new EntryTable('t', { entriesMax: 100 })
        let state = new Map<string, number | undefined>()
        const before: Map<string, number | undefined>[] = []
        for (const one of steps) {
          if (one.kind === 'set') {
            table.set(one.key, Uint8Array.of(one.value))
            state.set(one.key, one.value)
          } else if (one.kind === 'delete') {
            table.delete(one.key)
            state.delete(one.key)
          } else if (one.kind === 'open') {
            table.openOverlay()
            before.push(new Map(state))
          } else if (one.kind === 'merge' && before.length > 0) {
            table.mergeOldest()
            before.shift()
          } else if (one.kind === 'drop' && before.length > 0) {
            table.dropYoungest()
            state = before.pop() as Map<string, number | undefined>
          } else if (one.kind === 'checkpoint' && before.length === 0) {
            const restored = new EntryTable('t', { entriesMax: 100 })
            await restored.restore(readerOf(bytesOf(table.snapshot())))
            table = restored
          }
          expect(new Map([...contentOf(table)].sort())).toEqual(new Map([...state].sort()))
          expect(table.size).toBe(state.size)
        }
      }),
    )
  })

  test('gives a snapshot out in slices, as it was when it began', async () => {
    const table = new EntryTable('t', { entriesMax: 20_000 })
    for (let i = 0; i < 10_001; i++) table.set(`key-${i}`, new Uint8Array(100).fill(i))
    const snapshot = table.snapshot()
    table.set('key-0', Uint8Array.of(77))
    table.delete('key-10000')
    const restored = new EntryTable('t', { entriesMax: 20_000 })
    await restored.restore(readerOf(bytesOf(snapshot)))
    expect(restored.size).toBe(10_001)
    expect(restored.get('key-0')).toEqual(new Uint8Array(100))
    expect(restored.get('key-10000')).toEqual(new Uint8Array(100).fill(10_000))
  })

  test('refuses what is over its bounds and changes nothing', () => {
    const table = new EntryTable('t', { entriesMax: 2, entryBytesMax: 4 })
    table.set('a', Uint8Array.of(1, 2, 3))
    table.set('b', Uint8Array.of(1))
    expect(() => table.set('c', Uint8Array.of(1))).toThrow(/store t holds 2 entries, and that is its entriesMax/)
    expect(() => table.set('a', Uint8Array.of(1, 2, 3, 4))).toThrow(/5 bytes in store t, whose entryBytesMax is 4/)
    table.set('a', Uint8Array.of(9))
    expect([table.size, table.get('a')]).toEqual([2, Uint8Array.of(9)])
    expect(() => new EntryTable('t', { entriesMax: 0 })).toThrow(/entriesMax of store t/)
  })
})
