import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TOPICS } from '../../schemas/topics.ts'
import { check, type Observed, sumVerdicts } from './checker.ts'
import { FaultFolders, feed, missingRecords, withLog } from './fault-folder.ts'
import { mixedStream } from './mixed-stream.ts'
import { type Refold, refold } from './refold.ts'
import type { Output } from './stored-records.ts'

// Goal: the checker of the crash tests sees each fault that it is there for.
// Method: the outputs of an uncrashed run, which pass, then one fault at a time in a copy of them, which must not.

const DECIDED = TOPICS.paymentsDecided.name
const DLQ = TOPICS.paymentsDlq.name

const folders = new FaultFolders()
let expected: Refold
afterAll(() => folders.removeAll())

describe('the checker of crashes', () => {
  // A fixed time, so that the stream is the same every day: each topic must hold two outputs that can be swapped.
  const stream = { seed: 'swaps', startMs: Date.UTC(2026, 10, 20, 12), records: 1_500 }
  const folder = folders.next()
  let acked: Awaited<ReturnType<typeof feed>>

  beforeAll(async () => {
    acked = await feed(folder, stream)
    expected = await withLog(folder, (log) => refold(log, 0))
  })

  const perfect = (committedOffset = expected.dispositions.length): Observed => ({
    committedOffset,
    outputs: expected.outputs,
    digest: null,
  })
  /** The perfect run with the outputs of one topic changed. */
  const changed = (topic: string, change: (outputs: Output[]) => Output[]): Observed => {
    const outputs = new Map(expected.outputs)
    outputs.set(topic, change([...(outputs.get(topic) ?? [])]))
    return { ...perfect(), outputs }
  }
  const middle = (outputs: readonly Output[]) => Math.floor(outputs.length / 2)

  test('X1: passes what an uncrashed run has written, and counts it', () => {
    const drained = check(0, { ...perfect(), digest: expected.digest }, expected)
    expect(drained.problems).toEqual([])
    const outputs = [...expected.outputs.values()].reduce((sum, list) => sum + list.length, 0)
    expect(drained).toMatchObject({ inputs: expected.dispositions.length, outputs, digests: 1 })
    expect(outputs).toBeGreaterThan(100)
  })

  const MUTANTS: readonly { readonly why: string; readonly observed: () => Observed }[] = [
    ...Object.values(TOPICS)
      .filter(({ name }) => [DECIDED, DLQ, 'fraud.alerts', 'fraud.actions', 'payments.duplicates'].includes(name))
      .flatMap(({ name }) => [
        { why: `an output of ${name} dropped`, observed: () => changed(name, (all) => all.toSpliced(middle(all), 1)) },
        { why: `the last output of ${name} dropped`, observed: () => changed(name, (all) => all.slice(0, -1)) },
        {
          why: `an output of ${name} doubled`,
          observed: () => changed(name, (all) => all.toSpliced(middle(all), 0, all[middle(all)] as Output)),
        },
        { why: `a bit of an output of ${name} altered`, observed: () => changed(name, (all) => altered(all)) },
        {
          why: `two outputs of ${name} swapped`,
          observed: () => changed(name, (all) => [all[1] as Output, all[0] as Output, ...all.slice(2)]),
        },
      ]),
    {
      why: 'the key of a decision altered',
      observed: () =>
        changed(DECIDED, (all) => all.with(3, { ...(all[3] as Output), key: new TextEncoder().encode('another') })),
    },
    {
      why: 'a dead letter given a key',
      observed: () => changed(DLQ, (all) => all.with(0, { ...(all[0] as Output), key: new Uint8Array(0) })),
    },
    {
      why: 'a decision about an offset that the input does not have',
      observed: () => changed(DECIDED, (all) => [...all, { ...(all[0] as Output), inputOffset: 1_000_000 }]),
    },
    {
      why: 'a decision of another partition',
      observed: () => changed(DECIDED, (all) => all.with(0, { ...(all[0] as Output), inputPartition: 1 })),
    },
    {
      why: 'an offset committed past its outputs',
      observed: () => ({ ...changed(DECIDED, (all) => all.slice(0, -1)) }),
    },
    { why: 'outputs past the committed offset', observed: () => perfect(expected.dispositions.length - 20) },
    { why: 'a committed offset past the end', observed: () => perfect(expected.dispositions.length + 1) },
    { why: 'another state at the end', observed: () => ({ ...perfect(), digest: `${expected.digest}0` }) },
    {
      why: 'a drained run that stopped before the end',
      observed: () => ({ ...prefix(100), digest: expected.digest }),
    },
  ]

  test.each(MUTANTS)('X1: sees $why', ({ observed }) => {
    expect(check(0, observed(), expected).problems).not.toEqual([])
  })

  /** A run that has come as far as `offset`. */
  function prefix(offset: number): Observed {
    const outputs = [...expected.outputs].map(([topic, all]) => {
      return [topic, all.filter(({ inputOffset }) => inputOffset < offset)] as const
    })
    return { committedOffset: offset, outputs: new Map(outputs), digest: null }
  }

  test('X1: passes every prefix that ends between two records', () => {
    for (let offset = 0; offset <= expected.dispositions.length; offset++) {
      expect(check(0, prefix(offset), expected).problems).toEqual([])
    }
  })

  test('X1: a comparison of nothing is a problem', () => {
    expect(sumVerdicts([check(0, prefix(0), expected)]).problems).toEqual([
      expect.stringContaining('nothing was compared'),
    ])
    expect(sumVerdicts([]).problems).toHaveLength(1)
  })

  test('X4: an acknowledged record that the input lacks is seen', async () => {
    await withLog(folder, async (log) => {
      const records = mixedStream(stream)
      expect(await missingRecords(log, records, acked)).toEqual({ missing: [], compared: stream.records })
      const [first] = acked
      if (first === undefined) throw new Error('nothing was acknowledged')
      const moved = { ...first, baseOffset: first.baseOffset + 1 }
      expect((await missingRecords(log, records, [moved])).missing.length).toBeGreaterThan(0)
      const beyond = { ...first, baseOffset: 1_000_000 }
      expect((await missingRecords(log, records, [beyond])).missing.length).toBeGreaterThan(0)
    })
  })
})

function altered(all: readonly Output[]): Output[] {
  const at = Math.floor(all.length / 2)
  const output = all[at] as Output
  const value = output.value.slice()
  value[value.length - 1]! ^= 1
  return all.with(at, { ...output, value })
}
