import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import { StreamsError } from '../../streams/errors.ts'
import type { Log, TopicPartition } from '../../streams/log/log.ts'
import { sealBatch } from '../../streams/record/batch-seal.ts'
import { encodeHeaders } from '../../streams/record/record-headers.ts'
import { visitBatches } from '../../streams/record/visit-batches.ts'
import { Checkpoints } from '../../streams/state/checkpoint.ts'
import type { CheckpointEntry, CheckpointStore } from '../../streams/state/checkpoint-store.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import type { RestoredState } from '../../streams/task/task-checkpoints.ts'
import { TaskOutputs } from '../../streams/task/task-outputs.ts'
import { reachedBy } from '../../streams/task/task-processor.ts'
import { checkpointFiles, checkpointIdentity, INPUT_TOPIC, type Session } from './session.ts'

const FETCH_BYTES = 1 << 19
const FETCH_WAIT_MS = 1_000
const NO_HEADERS = encodeHeaders([])
const UNSEALED = { baseOffset: 0, appendTimeMs: 0, producerId: -1, producerEpoch: -1, baseSequence: -1 }

/** One record that the chain writes for some input, copied. */
export interface OutputRecord {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** What one pass over fetched input gave. */
export interface RecomputedStretch {
  readonly nextOffset: number
  /** Input records; fewer than offsets where a log keeps markers of transactions between them. */
  readonly records: number
  readonly outputs: readonly OutputRecord[]
  /** Records by disposition. */
  readonly dispositions: Float64Array
}

/**
 * A state to recompute from: new stores when the log holds everything, else a checkpoint; which one `prefer` says, given those
 * that stand within [`from`, `to`], newest first.
 * @throws StreamsError NO_CHECKPOINT when neither reaches.
 */
export async function stateWithin(
  session: Session<Log>,
  processor: BatchProcessor<PaymentStores>,
  partition: number,
  to: number,
  prefer: 'newest' | 'oldest',
): Promise<RestoredState<PaymentStores>> {
  const at = { topic: INPUT_TOPIC, partition }
  const { startOffset } = await session.log.bounds(at)
  if (prefer === 'oldest' && startOffset === 0) return { stores: processor.topology.createStores(partition), offset: 0 }
  const stores = processor.topology.createStores(partition)
  const files = readOnly(checkpointFiles(session), (entries) => {
    const reaching = entries.filter(({ nextOffset }) => nextOffset >= startOffset && nextOffset <= to)
    return prefer === 'newest' ? reaching : reaching.toReversed()
  })
  const { header } = await new Checkpoints(files, checkpointIdentity(session, partition), stores.sections).load()
  if (header !== null) return { stores, offset: header.nextOffset }
  if (startOffset === 0) return { stores, offset: 0 }
  const message = `the log begins at offset ${startOffset} and no checkpoint stands from there to ${to}: retention took the rest`
  throw new StreamsError('NO_CHECKPOINT', 'stop', message, at)
}

/** Runs the chain over the input from `state` to `until` once more, its outputs captured; yields stretch by stretch. */
export async function* recompute(
  session: Session<Log>,
  processor: BatchProcessor<PaymentStores>,
  partition: number,
  { stores, offset: from }: RestoredState<PaymentStores>,
  until: number,
): AsyncGenerator<RecomputedStretch> {
  const at = { topic: INPUT_TOPIC, partition }
  const reader = session.log.openReader(at, from)
  const outputs = new TaskOutputs(partition)
  try {
    for (let offset = from; offset < until; ) {
      const fetched = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
      outputs.open(NO_HEADERS)
      stores.set.open()
      const progress = processor.process(stores, outputs, at, fetched.bytes, offset, until)
      const { records, blockedBy, awaits } = progress
      const nextOffset = reachedBy(progress, fetched, until)
      stores.set.seal()
      stores.set.mergeOldest()
      stores.expire(blockedBy !== null)
      if (blockedBy !== null) {
        if (nextOffset === offset) throw blockedBy
        reader.seek(nextOffset)
      }
      if (awaits !== null) {
        await awaits()
        reader.seek(nextOffset)
      }
      offset = nextOffset
      yield { nextOffset, records, outputs: captured(outputs, at), dispositions: outputs.counters.dispositions.slice() }
    }
  } finally {
    reader.close()
  }
}

function captured(outputs: TaskOutputs, { partition }: TopicPartition): OutputRecord[] {
  const records: OutputRecord[] = []
  for (const { topic, bytes } of outputs.finish()) {
    sealBatch(bytes, { ...UNSEALED, transactional: false })
    visitBatches(bytes, { topic, partition }, 0, Number.POSITIVE_INFINITY, (record) => {
      const { keyAt, keyLength, valueAt, valueLength } = record
      records.push({
        topic,
        key: keyLength < 0 ? null : bytes.slice(keyAt, keyAt + keyLength),
        value: valueLength < 0 ? null : bytes.slice(valueAt, valueAt + valueLength),
      })
    })
  }
  return records
}

/** The checkpoints that `choose` leaves, to read alone. */
function readOnly(
  files: CheckpointStore,
  choose: (entries: readonly CheckpointEntry[]) => readonly CheckpointEntry[],
): CheckpointStore {
  const refuse = () => Promise.reject(new StreamsError('INVARIANT', 'stop', 'a reader writes no checkpoint'))
  return {
    list: async (topic, partition) => choose(await files.list(topic, partition)),
    open: (name) => files.open(name),
    create: refuse,
    remove: refuse,
  }
}
