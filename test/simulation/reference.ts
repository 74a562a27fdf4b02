import { DISPOSITIONS, type Disposition } from '../../streams/disposition.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import { sealBatch } from '../../streams/record/batch-seal.ts'
import { encodeHeaders } from '../../streams/record/record-headers.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import { TaskOutputs } from '../../streams/task/task-outputs.ts'
import type { MemoryBroker } from '../../streams/testing/memory-broker.ts'
import { decodeRecords, type RecordInput } from '../../streams/testing/plain-records.ts'
import type { SimulatedStores } from './scenario.ts'

/** Outputs by topic, in order. */
export type OutputsByTopic = ReadonlyMap<string, readonly RecordInput[]>

/** What an uncrashed run makes of a partition, one record at a time. */
export interface Reference<S> {
  readonly stores: S
  readonly outputs: OutputsByTopic
  /** By input offset. */
  readonly dispositions: ReadonlyMap<number, Disposition>
}

const UNSEQUENCED = { baseOffset: 0, appendTimeMs: 0, producerId: -1, producerEpoch: -1, baseSequence: -1 }

/** The whole retained log of a partition. */
export function logBytes(broker: MemoryBroker, at: TopicPartition): Uint8Array {
  const { startOffset } = broker.bounds(at)
  return Buffer.concat(broker.read(at, startOffset, Number.POSITIVE_INFINITY).map(({ bytes }) => bytes))
}

/** Folds a partition's log without a task, a log port, a fault or a batch of more than one record. */
export function referenceRun<S extends SimulatedStores>(
  processor: BatchProcessor<S>,
  at: TopicPartition,
  log: Uint8Array,
): Reference<S> {
  const stores = processor.topology.createStores(at.partition)
  const dispositions = new Map<number, Disposition>()
  const outputs = new Map<string, RecordInput[]>()
  const written = new TaskOutputs(at.partition)
  for (const { offset } of decodeRecords(log)) {
    written.open(encodeHeaders([]))
    stores.set.open()
    const { blockedBy } = processor.process(stores, written, at, log, offset, offset + 1)
    if (blockedBy !== null) throw blockedBy
    stores.set.seal()
    stores.set.mergeOldest()
    stores.expire(false)
    dispositions.set(offset, DISPOSITIONS[written.counters.dispositions.indexOf(1)] ?? 'pending')
    for (const [topic, records] of readOutputs(written)) outputs.set(topic, [...(outputs.get(topic) ?? []), ...records])
  }
  return { stores, outputs, dispositions }
}

/** What a pass has written, by topic. */
export function readOutputs(written: TaskOutputs): OutputsByTopic {
  const outputs = new Map<string, RecordInput[]>()
  for (const { topic, bytes } of written.finish()) {
    sealBatch(bytes, { ...UNSEQUENCED, transactional: false })
    outputs.set(topic, [...(outputs.get(topic) ?? []), ...decodeRecords(bytes)])
  }
  return outputs
}
