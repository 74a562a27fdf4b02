import type { Cluster } from '../../../streams/kafka/cluster.ts'
import { Coordinator } from '../../../streams/kafka/coordinator.ts'
import { KafkaGroupOffsets } from '../../../streams/kafka/group-offsets.ts'
import { OutputSequences } from '../../../streams/kafka/output-sequences.ts'
import { produceBatchesV12 } from '../../../streams/kafka/produce-api.ts'
import { retrying } from '../../../streams/kafka/retrying.ts'
import { TransactionalId } from '../../../streams/kafka/transactional-id.ts'
import type { OutputBatch, TopicPartition } from '../../../streams/log/log.ts'
import { sealBatch } from '../../../streams/record/batch-seal.ts'
import { batchOf } from '../log/text-records.ts'

const PATIENCE_MS = 15_000

/** Appends one batch outside any transaction; returns its first offset. */
export async function produceTexts(cluster: Cluster, at: TopicPartition, texts: readonly string[]): Promise<number> {
  return produceBatch(cluster, batchOf(at, texts))
}

/** The same for a batch of each text, pipelined over one connection. */
export async function produceEach(cluster: Cluster, at: TopicPartition, texts: readonly string[]): Promise<void> {
  await Promise.all(texts.map((text) => produceTexts(cluster, at, [text])))
}

export async function produceBatch(cluster: Cluster, batch: OutputBatch, purpose = 'producer'): Promise<number> {
  const plain = { producerId: -1, producerEpoch: -1, baseSequence: -1, transactional: false }
  sealBatch(batch.bytes, { baseOffset: 0, appendTimeMs: -1, ...plain })
  return send(cluster, null, batch, purpose)
}

async function send(cluster: Cluster, id: string | null, batch: OutputBatch, purpose: string): Promise<number> {
  const options = { request: 'Produce', place: batch, withinMs: PATIENCE_MS, repeatable: false }
  const remedy = () => cluster.refresh(batch.topic)
  const { responses } = await retrying({ ...options, remedy }, async () => {
    const { brokerId } = await cluster.leader(batch)
    return cluster.call(brokerId, purpose, produceBatchesV12, id, [batch])
  })
  return Number(responses[0]?.partitionResponses[0]?.baseOffset)
}

/** The transactions of one transactional id, step by step as a test wants them. */
export class TestTransactions {
  private readonly cluster: Cluster
  private readonly id: TransactionalId
  private readonly purpose: string
  private readonly sequences = new OutputSequences()

  private constructor(cluster: Cluster, id: TransactionalId, purpose: string) {
    this.cluster = cluster
    this.id = id
    this.purpose = purpose
  }

  static async open(cluster: Cluster, name: string): Promise<TestTransactions> {
    const purpose = `transactions of ${name}`
    const shared = { purpose, place: {}, retryMs: PATIENCE_MS }
    const coordinator = new Coordinator(cluster, { ...shared, kind: 'transaction', key: name })
    const id = new TransactionalId(name, coordinator, PATIENCE_MS)
    await id.takeOver()
    return new TestTransactions(cluster, id, purpose)
  }

  /** Writes one batch in the open transaction, and opens one if none is; returns its first offset. */
  async write(at: TopicPartition, texts: readonly string[]): Promise<number> {
    const batch = batchOf(at, texts)
    const { producerId, producerEpoch } = this.id.identity
    const baseSequence = this.sequences.take(at, texts.length)
    const identity = { producerId: Number(producerId), producerEpoch, baseSequence, transactional: true }
    sealBatch(batch.bytes, { baseOffset: 0, appendTimeMs: -1, ...identity })
    return send(this.cluster, this.id.id, batch, this.purpose)
  }

  async sendOffset(groupId: string, at: TopicPartition, offset: number): Promise<void> {
    const shared = { purpose: this.purpose, place: at, retryMs: PATIENCE_MS }
    const group = new Coordinator(this.cluster, { ...shared, kind: 'group', key: groupId })
    await new KafkaGroupOffsets(groupId, group).commitWith(this.id, at, { offset, metadata: '' })
  }

  async end(commit: boolean): Promise<void> {
    await this.id.end(commit)
    if (this.id.addsImplicitly) this.sequences.reset()
  }
}
