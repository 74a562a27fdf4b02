import { beforeAll, describe, expect, test } from 'vitest'
import type { RecordInput } from '../../streams/testing/plain-records.ts'
import { check, type Observed } from './checker.ts'
import { paymentScenario } from './payment-scenario.ts'
import { simulate } from './simulation.ts'

// Goal: the checker finds what it is there to find. Method: one good run, then one thing in what it observed is changed.

let good: Observed

beforeAll(async () => {
  const { observed } = await simulate(paymentScenario(), 7)
  good = observed.find(({ input }) => input.length > 20) as Observed
})

const DECIDED = 'payments.decided'

/** The same with other records in one output topic. */
function withOutputs(topic: string, change: (records: readonly RecordInput[]) => readonly RecordInput[]): Observed {
  const outputs = new Map(good.outputs)
  outputs.set(topic, change(outputs.get(topic) ?? []))
  return { ...good, outputs }
}

function flipped(bytes: Uint8Array | null, at: number): Uint8Array {
  const changed = Uint8Array.from(bytes ?? [])
  changed[at] = (changed[at] as number) ^ 1
  return changed
}

describe('the checker', () => {
  test('finds nothing in a good run', () => expect(check(good)).toEqual([]))

  test('LAW-C1: finds an output that was dropped', () => {
    const laws = check(withOutputs(DECIDED, (records) => records.toSpliced(3, 1)))
    expect(laws).toContainEqual(expect.stringMatching(/^LAW-C1: offset \d+ is decided and is told 0 times/))
    expect(laws).toContainEqual(expect.stringMatching(/^LAW-C2: payments.decided differs at record 3/))
  })

  test('LAW-C1: finds an output that was doubled', () => {
    const laws = check(withOutputs(DECIDED, (records) => [...records, ...records.slice(-1)]))
    expect(laws).toContainEqual(expect.stringMatching(/^LAW-C1: offset \d+ is decided and is told 2 times/))
    expect(laws).toContainEqual(expect.stringMatching(/^LAW-C2: payments.decided has \d+ records, expected \d+/))
  })

  test('LAW-C2: finds any altered byte of any value, and of any key', () => {
    const { value = null, key = null } = good.outputs.get(DECIDED)?.[2] ?? {}
    expect(value).not.toBeNull()
    for (let at = 0; at < (value?.length ?? 0); at++) {
      const altered = { key, value: flipped(value, at) }
      expect(check(withOutputs(DECIDED, (records) => records.with(2, altered)))).not.toEqual([])
    }
    const rekeyed = { key: flipped(key, 0), value }
    expect(check(withOutputs(DECIDED, (records) => records.with(2, rekeyed)))).toHaveLength(1)
  })

  test('LAW-C2: finds two outputs that changed places', () => {
    const laws = check(withOutputs(DECIDED, ([a, b, ...rest]) => [b, a, ...rest] as RecordInput[]))
    expect(laws).toEqual([expect.stringMatching(/^LAW-C2: payments.decided differs at record 0/)])
  })

  test('LAW-C2: finds an alert that nobody raised', () => {
    const laws = check(withOutputs('fraud.alerts', (records) => [...records, ...records.slice(0, 1)]))
    expect(laws).toEqual([expect.stringMatching(/^LAW-C2: fraud.alerts has/)])
  })

  test.each([-1, 1])('LAW-C3: finds an offset that is off by %i', (by) => {
    const laws = check({ ...good, committedOffset: good.committedOffset + by })
    expect(laws).toEqual([expect.stringMatching(/^LAW-C3/)])
  })

  test('LAW-C4: finds another state', () => {
    expect(check({ ...good, digest: `${good.digest}0` })).toEqual([expect.stringMatching(/^LAW-C4/)])
  })

  test('LAW-C5: finds a record that the log stored twice, and one that it lost', () => {
    const { acknowledged } = good
    expect(check({ ...good, acknowledged: acknowledged.toSpliced(5, 1) })).toEqual([expect.stringMatching(/^LAW-C5/)])
    const lost = { ...good, acknowledged: [...acknowledged, { key: null, value: null }] }
    expect(check(lost)).toEqual([expect.stringMatching(/^LAW-C5/)])
  })
})
