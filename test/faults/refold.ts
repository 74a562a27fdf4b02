import { DISPOSITIONS, type Disposition } from '../../streams/disposition.ts'
import type { Log, TopicPartition } from '../../streams/log/log.ts'
import { sealBatch } from '../../streams/record/batch-seal.ts'
import { RecordBatchReader } from '../../streams/record/record-batch-reader.ts'
import { encodeHeaders } from '../../streams/record/record-headers.ts'
import { TaskOutputs } from '../../streams/task/task-outputs.ts'
import { decodeBatches } from '../support/offline-chain.ts'
import { OUTPUT_TOPICS } from '../support/payments-driver.ts'
import { createChain, INPUT, settledDigest } from './chain.ts'
import { asOutput, type Output, type PartitionOutputs } from './stored-records.ts'

/** What an uncrashed run makes of the input of one partition. */
export interface Refold {
  /** Of each input record, from offset 0. */
  readonly dispositions: readonly Disposition[]
  readonly outputs: PartitionOutputs
  /** Digest of the state behind the last record. */
  readonly digest: string
}

const NO_HEADERS = encodeHeaders([])
const UNSEALED = {
  baseOffset: 0,
  appendTimeMs: 0,
  producerId: 1,
  producerEpoch: 0,
  baseSequence: 0,
  transactional: false,
}

/**
 * Decides the input again from its first record, one record at a time, without task, log or commit: so neither batches
 * nor checkpoints nor a crash can have had a part in it.
 */
export async function refold(log: Log, partition: number): Promise<Refold> {
  const chain = createChain()
  const at: TopicPartition = { topic: INPUT, partition }
  const stores = chain.topology.createStores(partition)
  const written = new TaskOutputs(partition)
  const dispositions: Disposition[] = []
  const outputs = new Map<string, Output[]>(OUTPUT_TOPICS.map((topic) => [topic, []]))
  const { endOffset } = await log.bounds(at)
  const reader = log.openReader(at, 0)
  for (let offset = 0; offset < endOffset; ) {
    const { bytes } = await reader.fetch(1, 0)
    for (const end = endOf(bytes); offset < end; offset++) {
      written.open(NO_HEADERS)
      stores.set.open()
      const { blockedBy } = chain.process(stores, written, at, bytes, offset, offset + 1)
      if (blockedBy !== null) throw blockedBy
      stores.set.seal()
      stores.set.mergeOldest()
      stores.expire(false)
      dispositions.push(dispositionOf(written))
      for (const batch of written.finish()) {
        sealBatch(batch.bytes, UNSEALED)
        outputs.get(batch.topic)?.push(...decodeBatches(batch.bytes).map(asOutput))
      }
    }
  }
  reader.close()
  return { dispositions, outputs, digest: settledDigest(stores) }
}

/** One past the last offset of fetched batches. */
function endOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const reader = new RecordBatchReader()
  for (let at = 0; at < bytes.length; at = reader.end) reader.open(bytes, view, at, bytes.length)
  return reader.nextOffset
}

function dispositionOf({ counters }: TaskOutputs): Disposition {
  const disposition = DISPOSITIONS[counters.dispositions.indexOf(1)]
  if (disposition === undefined) throw new Error('a record was left without a disposition')
  return disposition
}
