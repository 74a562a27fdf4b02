import type { Disposition } from '../../streams/disposition.ts'
import type { Refold } from './refold.ts'
import type { Output, PartitionOutputs } from './stored-records.ts'

/** What a log holds of one partition: read when no process is at work. */
export interface Observed {
  readonly committedOffset: number
  readonly outputs: PartitionOutputs
  /** Digest of the state at the end of the input; null where the run has not come there yet. */
  readonly digest: string | null
}

/** What was wrong, in words, and how much was compared. */
export interface Verdict {
  readonly problems: readonly string[]
  readonly inputs: number
  readonly outputs: number
  readonly digests: number
}

/** Schema ids of decision, dead letter and duplicate: one of the three is the disposition of a payment. */
const FINAL_SCHEMAS: ReadonlySet<number> = new Set([3, 5, 8])
/** Records that leave no such output. */
const SILENT: ReadonlySet<Disposition> = new Set(['control-applied', 'control-ignored'])
const PROBLEMS_MAX = 5

/**
 * SPEC X1: each input offset below the committed one has exactly one disposition, and none above it has one; the outputs
 * are those of an uncrashed run, keys and values, in its order, as far as the run has come.
 */
export function check(partition: number, observed: Observed, expected: Refold): Verdict {
  const { committedOffset, digest } = observed
  const problems: string[] = []
  const end = expected.dispositions.length
  if (committedOffset > end) problems.push(`committed offset ${committedOffset} is past the end, ${end}`)
  problems.push(...disposeOnce(partition, observed, expected))
  let outputs = 0
  for (const [topic, all] of expected.outputs) {
    const wanted = all.filter(({ inputOffset }) => inputOffset < committedOffset)
    const found = observed.outputs.get(topic) ?? []
    outputs += found.length
    if (wanted.length !== found.length) problems.push(`${topic}: ${found.length} outputs, expected ${wanted.length}`)
    const differing = wanted.findIndex((output, i) => !same(output, found[i]))
    if (differing >= 0) problems.push(`${topic}: output ${differing} differs from that of an uncrashed run`)
  }
  if (digest !== null) {
    if (committedOffset !== end)
      problems.push(`committed offset ${committedOffset} at the end of a drained run, ${end}`)
    if (digest !== expected.digest) problems.push(`state ${digest}, expected ${expected.digest}`)
  }
  const named = problems.slice(0, PROBLEMS_MAX).map((problem) => `partition ${partition}: ${problem}`)
  return { problems: named, inputs: Math.min(committedOffset, end), outputs, digests: digest === null ? 0 : 1 }
}

/** Adds verdicts up; one that compared nothing is a problem itself. */
export function sumVerdicts(verdicts: readonly Verdict[]): Verdict {
  const sum = (count: (verdict: Verdict) => number) => verdicts.reduce((total, verdict) => total + count(verdict), 0)
  const problems = verdicts.flatMap((verdict) => verdict.problems)
  const [inputs, outputs, digests] = [sum((v) => v.inputs), sum((v) => v.outputs), sum((v) => v.digests)]
  if (inputs === 0 || outputs === 0) problems.push(`nothing was compared: ${inputs} inputs, ${outputs} outputs`)
  return { problems, inputs, outputs, digests }
}

function disposeOnce(partition: number, { committedOffset, outputs }: Observed, { dispositions }: Refold): string[] {
  const times = new Map<number, number>()
  const problems: string[] = []
  for (const list of outputs.values()) {
    for (const { schemaId, inputOffset, inputPartition } of list) {
      if (inputPartition !== partition) problems.push(`an output is about partition ${inputPartition}`)
      if (FINAL_SCHEMAS.has(schemaId)) times.set(inputOffset, (times.get(inputOffset) ?? 0) + 1)
    }
  }
  for (const [offset, disposition] of dispositions.entries()) {
    const wanted = offset < committedOffset && !SILENT.has(disposition) ? 1 : 0
    const found = times.get(offset) ?? 0
    if (found !== wanted)
      problems.push(`input offset ${offset} (${disposition}) has ${found} dispositions, not ${wanted}`)
    times.delete(offset)
  }
  for (const offset of times.keys()) problems.push(`an output is about offset ${offset}, which is not in the input`)
  return problems
}

function same(a: Output, b: Output | undefined): boolean {
  return b !== undefined && equal(a.value, b.value) && equal(a.key, b.key)
}

function equal(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b
  return Buffer.compare(a, b) === 0
}
