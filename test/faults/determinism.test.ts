import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FRAME_BYTES } from '../../schemas/avro/framing.ts'
import { DeadLetterReader } from '../../schemas/generated/dead-letter.ts'
import { DEAD_LETTER_REASON_SYMBOLS } from '../../schemas/generated/enums.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { DISPOSITIONS } from '../../streams/disposition.ts'
import { PARTITIONS } from './chain.ts'
import { startWorker } from './fault-child.ts'
import { FaultFolders, feed, withLog } from './fault-folder.ts'
import { type Output, outputDigest, readOutputs } from './stored-records.ts'
import type { LeftPartition, WorkerOrder } from './worker.ts'

// Goal: outputs and state are a function of the input alone: not of the process, its batches, its checkpoints or its end.
// Method: worker processes on copies of one input, each cutting it differently; SHA-256 over what they have written.

const SEED = process.env['SLUICE_TEST_SEED'] ?? '1'
const RECORDS = 2_000
const MANY = 100_000
const BEGUN = { step: 'snapshot-begun', nth: 3 } as const
const ACKNOWLEDGED = { step: 'acknowledged', nth: 40 } as const
const OFFSET_SENT = { step: 'offset-sent', nth: 40 } as const
const NO_CHECKPOINT = Number.MAX_SAFE_INTEGER

const folders = new FaultFolders()
afterAll(() => folders.removeAll())

describe('the same input', () => {
  const base = folders.next()
  let first: Awaited<ReturnType<typeof run>>

  beforeAll(async () => {
    await feed(base, { seed: SEED, startMs: Date.now() - 60_000, records: RECORDS })
    first = await run({ checkpointRecords: NO_CHECKPOINT, fetchBytesMax: 1 << 19 })
  })

  /** Runs a worker to the end, after others were killed where the faults say. */
  async function run(order: Partial<WorkerOrder>, faults: readonly WorkerOrder['fault'][] = []) {
    const folder = folders.next(base)
    const whole: WorkerOrder = {
      folder,
      fault: null,
      checkpointRecords: 200,
      fetchBytesMax: 1,
      until: 'drained',
      ...order,
    }
    for (const fault of faults) {
      const killed = startWorker({ ...whole, fault })
      await killed.ended
      expect(killed.of('fired')).toHaveLength(1)
    }
    const worker = startWorker(whole)
    await worker.finished()
    const { digest, outputs } = await withLog(folder, outputDigest)
    const partitions = worker.of('left')[0]?.partitions ?? []
    const states = partitions.map((one) => `${one.offset} ${one.digest}`).join()
    return { digest, outputs, states, resumedFrom: worker.of('checkpoint-opened').map(({ name }) => name), partitions }
  }

  const WAYS: readonly { readonly why: string; readonly order: Partial<WorkerOrder>; readonly resumes: boolean }[] = [
    {
      why: 'a second run of the same kind',
      order: { checkpointRecords: NO_CHECKPOINT, fetchBytesMax: 1 << 19 },
      resumes: false,
    },
    { why: 'a run batch by batch, with checkpoints', order: {}, resumes: false },
    { why: 'a run that was killed twice and resumed from checkpoints', order: {}, resumes: true },
    {
      why: 'a run that was killed twice and folded the input from its beginning',
      order: { checkpointRecords: NO_CHECKPOINT },
      resumes: false,
    },
  ]
  test.each(WAYS)('SPEC D4, X4: $why gives the same outputs and the same state', async ({ why, order, resumes }) => {
    const killed = why.includes('killed')
    // The third checkpoint of two partitions is the second of one of them, so one is there to resume from.
    const steps = resumes ? [BEGUN, BEGUN] : [ACKNOWLEDGED, OFFSET_SENT]
    const faults = killed ? steps : []
    const other = await run(order, faults)
    expect(other.digest, `seed ${SEED}`).toBe(first.digest)
    expect(other.states, `seed ${SEED}`).toBe(first.states)
    expect(other.resumedFrom.length > 0).toBe(resumes)
    expect(other.outputs).toBeGreaterThan(RECORDS)
    if (!killed) expect(sum(other.partitions.map(({ processed }) => processed))).toBe(RECORDS)
  })

  test('SPEC D4: another input gives another digest', async () => {
    const folder = folders.next()
    await feed(folder, { seed: SEED, startMs: Date.now() - 60_000, records: 200 })
    const worker = startWorker({ folder, fault: null, checkpointRecords: 200, fetchBytesMax: 1, until: 'drained' })
    await worker.finished()
    expect((await withLog(folder, outputDigest)).digest).not.toBe(first.digest)
  })
})

describe('the counters of a task', () => {
  test(`SPEC X1: over ${MANY} records they are what the topics hold`, async () => {
    const folder = folders.next()
    await feed(folder, { seed: SEED, startMs: Date.now() - 1_100_000, records: MANY }, [], 128 << 10)
    const worker = startWorker({
      folder,
      fault: null,
      checkpointRecords: 20_000,
      fetchBytesMax: 1 << 19,
      until: 'drained',
    })
    await worker.finished()
    const left = worker.of('left')[0]?.partitions ?? []
    expect(left).toHaveLength(PARTITIONS)
    await withLog(folder, async (log) => {
      for (const counted of left) expectCounted(counted, await readOutputs(log, counted.partition))
    })
    expect(sum(left.map(({ processed }) => processed))).toBe(MANY)
    expect(sum(left.map(({ commits }) => commits))).toBe(worker.of('committed').length)
    const totals = DISPOSITIONS.map((name, i) => `${name} ${sum(left.map(({ dispositions }) => dispositions[i] ?? 0))}`)
    process.stdout.write(`counters: ${MANY} records: ${totals.slice(1).join(', ')}\n`)
  }, 120_000)
})

function expectCounted(counted: LeftPartition, outputs: Awaited<ReturnType<typeof readOutputs>>): void {
  const count = (name: (typeof DISPOSITIONS)[number]) => counted.dispositions[DISPOSITIONS.indexOf(name)] ?? 0
  const of = (topic: string, schemaId: number) => (outputs.get(topic) ?? []).filter((one) => one.schemaId === schemaId)
  expect(counted).toMatchObject({ processed: counted.offset, lag: 0 })
  expect(count('pending')).toBe(0)
  expect(of(TOPICS.paymentsDecided.name, 3).length).toBe(count('decided'))
  expect(of(TOPICS.paymentsDuplicates.name, 8).length).toBe(count('duplicate'))
  const deadLetters = of(TOPICS.paymentsDlq.name, 5)
  expect(deadLetters.length).toBe(count('conflict') + count('dead-letter') + count('control-refused'))
  const reasons = DEAD_LETTER_REASON_SYMBOLS.map(() => 0)
  for (const { value } of deadLetters) reasons[reasonOf(value)]! += 1
  expect(counted.deadLetters.slice(0, reasons.length)).toEqual(reasons)
  expect(Math.min(count('decided'), count('duplicate'), count('conflict'), count('dead-letter'))).toBeGreaterThan(0)
}

function reasonOf(value: Output['value']): number {
  const reader = new DeadLetterReader()
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  reader.wrap(value, view, FRAME_BYTES, value.length)
  return reader.reason
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
