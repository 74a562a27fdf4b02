import { createPaymentRuntime } from '../bin/runtime/payment-runtime.ts'
import { DecisionReader } from '../schemas/generated/decision.ts'
import { TOPICS } from '../schemas/topics.ts'
import { DISPOSITIONS } from '../streams/disposition.ts'
import { sealBatch } from '../streams/record/batch-seal.ts'
import { encodeHeaders } from '../streams/record/record-headers.ts'
import { TaskOutputs } from '../streams/task/task-outputs.ts'
import { dumpChain } from '../test/oracle/dump-chain.ts'
import { decodeBatches, type StoredRecord, testRuntimeOptions } from '../test/support/offline-chain.ts'
import { DEFAULT_RULES } from '../test/support/test-rules.ts'
import { loadFetches } from './foreign-input.ts'

/** What one run of the chain over a saved input did. */
export interface ChainRun {
  readonly records: number
  readonly wallMs: number
  readonly cpuMs: number
  readonly rssMb: number
  readonly outputBytes: number
  readonly dispositions: Readonly<Record<string, number>>
  /** Flagged payments; counted by the runs that keep their outputs. */
  readonly flagged: number
}

const INPUT = TOPICS.paymentsSubmitted.name
const UNSEALED = { producerId: 1, producerEpoch: 0, baseSequence: 0, transactional: true, appendTimeMs: -1 }
const HEADERS = encodeHeaders([['processed-at', new TextEncoder().encode('1767614405000')]])

type Keep = (topic: string, bytes: Uint8Array) => void

/** Runs every fetch through the chain of one task, each an overlay that is merged at once; outputs are sealed batches. */
function runChain(fetches: readonly Uint8Array[], keep: Keep | null): ChainRun {
  const options = testRuntimeOptions({ partitionCount: 1 })
  const bounds = { dedupIdsMax: 4_000_000, sendersMax: 1_000_000, windowEntriesMax: 4_000_000 }
  const processor = createPaymentRuntime({ ...options, bounds })
  const stores = processor.topology.createStores(0)
  const outputs = new TaskOutputs(0)
  const dispositions = new Float64Array(DISPOSITIONS.length)
  const at = { topic: INPUT, partition: 0 }
  let position = 0
  let outputBytes = 0
  const cpuBefore = process.cpuUsage()
  const begun = performance.now()
  for (const bytes of fetches) {
    outputs.open(HEADERS)
    stores.set.open()
    const progress = processor.process(stores, outputs, at, bytes, position, Number.POSITIVE_INFINITY)
    if (progress.blockedBy !== null) throw progress.blockedBy
    position = progress.nextOffset
    for (const { topic, bytes: batch } of outputs.finish()) {
      sealBatch(batch, { ...UNSEALED, baseOffset: 0 })
      outputBytes += batch.length
      keep?.(topic, batch)
    }
    stores.set.seal()
    stores.set.mergeOldest()
    stores.expire(false)
    for (let i = 0; i < dispositions.length; i++) dispositions[i]! += outputs.counters.dispositions[i]!
  }
  const wallMs = performance.now() - begun
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    records: position,
    wallMs,
    cpuMs: (user + system) / 1_000,
    rssMb: process.memoryUsage.rss() / 1e6,
    outputBytes,
    dispositions: Object.fromEntries(DISPOSITIONS.map((name, i) => [name, dispositions[i]!])),
    flagged: 0,
  }
}

/** Runs the chain and writes all that it read and wrote in the format of the oracle. */
function dump(fetches: readonly Uint8Array[], directory: string): ChainRun {
  const topics = new Map<string, StoredRecord[]>([[`${INPUT}-0`, fetches.flatMap(decodeBatches)]])
  const run = runChain(fetches, (topic, bytes) => {
    const name = `${topic}-0`
    const records = topics.get(name) ?? []
    topics.set(name, records)
    for (const record of decodeBatches(bytes)) records.push({ ...record, offset: records.length })
  })
  dumpChain(directory, { partitions: 1, topics, rules: DEFAULT_RULES })
  return { ...run, flagged: countFlagged(topics.get(`${TOPICS.paymentsDecided.name}-0`) ?? []) }
}

const FRAME_BYTES = 5
const DECISION_SCHEMA = 3

function countFlagged(records: readonly StoredRecord[]): number {
  const decision = new DecisionReader()
  let flagged = 0
  for (const { value } of records) {
    if (value === null) continue
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
    if (view.getInt32(1) !== DECISION_SCHEMA) continue
    decision.wrap(value, view, FRAME_BYTES, value.length)
    if (decision.isVelocityFraud) flagged++
  }
  return flagged
}

const [file = '', directory] = process.argv.slice(2)
const fetches = loadFetches(file)
const run = directory === undefined ? runChain(fetches, null) : dump(fetches, directory)
if (process.send === undefined) process.stdout.write(`${JSON.stringify(run)}\n`)
else process.send(run, () => process.disconnect())
