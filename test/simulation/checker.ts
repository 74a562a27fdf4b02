import type { Disposition } from '../../streams/disposition.ts'
import type { RecordInput } from '../../streams/testing/plain-records.ts'
import type { OutputsByTopic } from './reference.ts'

/** One partition after a run, and what an uncrashed run over the same log comes to. */
export interface Observed {
  readonly partition: number
  readonly input: readonly RecordInput[]
  /** What the producer was told is stored, in the order it sent. */
  readonly acknowledged: readonly RecordInput[]
  readonly outputs: OutputsByTopic
  readonly committedOffset: number
  /** One past the last offset of the input; some are of markers. */
  readonly endOffset: number
  readonly digest: string
  readonly expected: {
    readonly outputs: OutputsByTopic
    readonly dispositions: ReadonlyMap<number, Disposition>
    readonly digest: string
  }
  readonly dispositionOf: (topic: string, value: Uint8Array) => number | null
}

/** What does not hold; empty when all laws do. */
export function check(observed: Observed): string[] {
  return [
    ...oneDisposition(observed),
    ...equalOutputs(observed),
    ...committedToTheEnd(observed),
    ...equalState(observed),
    ...storedOnce(observed),
  ].map((what) => `${what} (partition ${observed.partition})`)
}

/** Dispositions that are told by a record of their own. */
const TOLD: ReadonlySet<Disposition> = new Set(['decided', 'duplicate', 'conflict', 'dead-letter', 'control-refused'])

/** LAW-C1: every input offset has exactly one disposition. */
function oneDisposition({ outputs, dispositionOf, expected, input }: Observed): string[] {
  const told = new Map<number, number>()
  for (const [topic, records] of outputs) {
    for (const { value } of records) {
      const offset = value === null ? Number.NaN : dispositionOf(topic, value)
      if (offset !== null) told.set(offset, (told.get(offset) ?? 0) + 1)
    }
  }
  const broken: string[] = []
  for (const [offset, disposition] of expected.dispositions) {
    const count = told.get(offset) ?? 0
    const due = TOLD.has(disposition) ? 1 : 0
    if (count !== due) broken.push(`LAW-C1: offset ${offset} is ${disposition} and is told ${count} times`)
    told.delete(offset)
  }
  for (const offset of told.keys())
    broken.push(`LAW-C1: an output tells of offset ${offset}, which is not in the input`)
  if (expected.dispositions.size !== input.length) broken.push('LAW-C1: the reference left out an input offset')
  return broken
}

/** LAW-C2: outputs are those of an uncrashed run, byte for byte and in order: nothing lost, doubled, invented or altered. */
function equalOutputs({ outputs, expected }: Observed): string[] {
  const topics = new Set([...outputs.keys(), ...expected.outputs.keys()])
  return [...topics].flatMap((topic) => {
    const difference = firstDifference(outputs.get(topic) ?? [], expected.outputs.get(topic) ?? [])
    return difference === null ? [] : [`LAW-C2: ${topic} ${difference}`]
  })
}

/** LAW-C3: the committed offset is the last input offset + 1. */
function committedToTheEnd({ committedOffset, endOffset }: Observed): string[] {
  if (committedOffset === endOffset) return []
  return [`LAW-C3: offset ${committedOffset} is committed, and the input ends at ${endOffset}`]
}

/** LAW-C4: the state is that of an uncrashed run. */
function equalState({ digest, expected }: Observed): string[] {
  return digest === expected.digest ? [] : [`LAW-C4: state digest ${digest}, expected ${expected.digest}`]
}

/** LAW-C5: what a producer was told is stored stands in the log once, in the order it was sent. */
function storedOnce({ input, acknowledged }: Observed): string[] {
  const difference = firstDifference(input, acknowledged)
  return difference === null ? [] : [`LAW-C5: the input ${difference}`]
}

function firstDifference(actual: readonly RecordInput[], expected: readonly RecordInput[]): string | null {
  const length = Math.min(actual.length, expected.length)
  for (let i = 0; i < length; i++) {
    const [a, b] = [actual[i] as RecordInput, expected[i] as RecordInput]
    if (!equalBytes(a.key, b.key) || !equalBytes(a.value, b.value)) return `differs at record ${i}`
  }
  return actual.length === expected.length ? null : `has ${actual.length} records, expected ${expected.length}`
}

function equalBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b
  return Buffer.compare(a, b) === 0
}
