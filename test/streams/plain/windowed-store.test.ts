import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { number, text, type WindowedStore, windowedStore } from '../../../streams/index.ts'
import type { StoreInstance } from '../../../streams/plain/store.ts'
import { StreamTime } from '../../../streams/stream-time.ts'

// Goal: when a window closes, and that freeing closed windows never changes what a processor sees.
// Method: windows of 10 ms with a grace of 5; "key@time" in arrival order, as a processor would count them.

const WINDOW_MS = 10
const GRACE_MS = 5

/** A store of one partition and its stream time, driven as a task drives them. */
class Partition {
  readonly streamTime = new StreamTime()
  readonly instance: StoreInstance<WindowedStore<string, number>>

  constructor(entriesMax = 100) {
    const settings = { key: text, value: number, windowMs: WINDOW_MS, graceMs: GRACE_MS, entriesMax }
    this.instance = windowedStore('w', settings).create(this.streamTime)
  }

  get store(): WindowedStore<string, number> {
    return this.instance.handle
  }

  /** The count after this record, or `late`. */
  count(arrival: string): number | 'late' {
    const [key = '', time] = arrival.split('@')
    this.streamTime.advance(Number(time))
    const window = this.store.window(Number(time))
    if (window === null) return 'late'
    const count = (this.store.get(key, window) ?? 0) + 1
    this.store.set(key, window, count)
    return count
  }

  transact(work: () => void, outcome: 'merge' | 'drop'): void {
    for (const store of [this.streamTime, this.instance.table]) store.openOverlay()
    work()
    for (const store of [this.streamTime, this.instance.table]) {
      if (outcome === 'merge') store.mergeOldest()
      else store.dropYoungest()
    }
  }
}

describe('the windowed store', () => {
  test.each([
    { why: 'a start belongs to its window, an end to the next', arrivals: 'a@0 a@9 a@10', expected: [1, 2, 1] },
    { why: 'keys are apart', arrivals: 'a@0 b@1 a@2', expected: [1, 1, 2] },
    { why: 'out of order in an open window', arrivals: 'a@1 a@11 a@2', expected: [1, 1, 2] },
    { why: 'open until stream time is a grace past the end', arrivals: 'a@1 a@14 a@2', expected: [1, 1, 2] },
    { why: 'closed exactly a grace after the end', arrivals: 'a@1 a@15 a@2', expected: [1, 1, 'late'] },
    { why: 'a window that nobody opened closes all the same', arrivals: 'b@40 a@2', expected: [1, 'late'] },
  ])('$why: $arrivals', ({ arrivals, expected }) => {
    const partition = new Partition()
    expect(arrivals.split(' ').map((arrival) => partition.count(arrival))).toEqual(expected)
  })

  test('whenever closed windows are freed and whatever is taken back, every count is the same', () => {
    const arrival = fc.tuple(fc.constantFrom('a', 'b'), fc.nat(80)).map(([key, time]) => `${key}@${time}`)
    const batch = fc.record({
      arrivals: fc.array(arrival, { minLength: 1, maxLength: 8 }),
      attempts: fc.nat(2),
      expire: fc.constantFrom('none', 'some', 'all', 'within'),
    })
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 10 }), (batches) => {
        const plain = new Partition()
        const partition = new Partition()
        for (const { arrivals, attempts, expire } of batches) {
          const expected = arrivals.map((one) => plain.count(one))
          const run = () => {
            if (expire === 'within') partition.instance.expire(true)
            return arrivals.map((one) => partition.count(one))
          }
          for (let i = 0; i < attempts; i++) partition.transact(run, 'drop')
          partition.transact(() => expect(run()).toEqual(expected), 'merge')
          if (expire === 'some' || expire === 'all') partition.instance.expire(expire === 'all')
        }
      }),
    )
  })

  test('frees closed windows, by committed stream time alone', () => {
    const partition = new Partition()
    partition.transact(() => partition.count('a@1'), 'merge')
    partition.transact(() => {
      partition.count('a@50')
      partition.instance.expire(true)
      expect(partition.instance.table.size).toBe(2)
    }, 'drop')
    expect(partition.count('a@2')).toBe(2)
    partition.transact(() => partition.count('a@50'), 'merge')
    partition.instance.expire(false)
    expect(partition.instance.table.size).toBe(1)
  })

  test('at its bound makes room from windows that are closed, and gives it back when the batch is taken back', () => {
    const partition = new Partition(2)
    partition.transact(() => {
      partition.count('a@1')
      partition.count('b@1')
    }, 'merge')
    expect(() => partition.count('c@2')).toThrow(/entriesMax/)
    partition.transact(() => expect(partition.count('c@30')).toBe(1), 'drop')
    expect(partition.count('b@3')).toBe(2)
    partition.transact(() => expect(partition.count('c@30')).toBe(1), 'merge')
    expect(partition.instance.table.size).toBe(1)
  })

  test('what a later commit has freed does not come back with a batch that had freed it too and is taken back', () => {
    const partition = new Partition(2)
    const { streamTime, instance } = partition
    const both = [streamTime, instance.table]
    partition.transact(() => {
      partition.count('a@1')
      partition.count('b@1')
    }, 'merge')
    // A commit that closes the window is on its way while the next batch meets the bound.
    for (const store of both) store.openOverlay()
    streamTime.advance(30)
    for (const store of both) store.openOverlay()
    partition.count('c@31')
    for (const store of both) store.mergeOldest()
    instance.expire(false)
    for (const store of both) store.dropYoungest()
    expect(instance.table.size).toBe(0)
    expect(['c@31', 'd@32'].map((arrival) => partition.count(arrival))).toEqual([1, 1])
  })

  test('refuses windows that are closed or none, and times before 1970', () => {
    const { store, streamTime } = new Partition()
    streamTime.advance(100)
    expect(() => store.set('a', { startMs: 0, endMs: 10 }, 1)).toThrow(/closed/)
    expect(store.get('a', { startMs: 0, endMs: 10 })).toBeUndefined()
    expect(() => store.set('a', { startMs: 95, endMs: 105 }, 1)).toThrow(/no window starts at 95/)
    expect(() => store.window(-1)).toThrow(/-1 is no event time/)
    expect(() => store.window(Number.NaN)).toThrow(/NaN/)
  })

  test('knows its windows again after a checkpoint', async () => {
    const before = new Partition()
    before.count('a@1')
    before.count('a@31')
    const snapshot = before.instance.table.snapshot()
    const bytes = snapshot.next() as Uint8Array
    const after = new Partition()
    await after.instance.table.restore({ byteLength: bytes.length, read: async (target) => target.set(bytes) })
    after.streamTime.advance(31)
    expect(after.count('a@32')).toBe(2)
    after.instance.expire(true)
    expect(after.instance.table.size).toBe(1)
  })
})
