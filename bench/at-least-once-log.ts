import { KafkaLog } from '../streams/kafka/kafka-log.ts'
import { produceBatchesV11 } from '../streams/kafka/produce-api.ts'
import type { CommittedOffset, GroupOffsets, OutputBatch, TaskSession, TopicPartition } from '../streams/log/log.ts'
import { sealBatch } from '../streams/record/batch-seal.ts'
import { UNSEQUENCED } from './raw-producer.ts'

/**
 * Kafka with sessions that promise less: outputs are appended without a transaction, then the offset is committed. A crash in
 * between does work again. It exists to show what exactly once costs in otherwise the same code.
 */
export class AtLeastOnceLog extends KafkaLog {
  private opened = 0

  override openTask(applicationId: string, input: TopicPartition): Promise<TaskSession> {
    return Promise.resolve(new PlainSession(this, this.group(applicationId), input, `plain task ${this.opened++}`))
  }
}

class PlainSession implements TaskSession {
  private readonly log: KafkaLog
  private readonly offsets: GroupOffsets
  private readonly input: TopicPartition
  /** As in the transactional session, the connection is the task's own. */
  private readonly purpose: string

  constructor(log: KafkaLog, offsets: GroupOffsets, input: TopicPartition, purpose: string) {
    this.log = log
    this.offsets = offsets
    this.input = input
    this.purpose = purpose
  }

  committed(): Promise<CommittedOffset | null> {
    return this.offsets.committed(this.input)
  }

  begin(): void {}

  /** One batch a partition in each request. */
  async append(batches: readonly OutputBatch[]): Promise<void> {
    const { cluster } = this.log
    for (const { bytes } of batches) sealBatch(bytes, UNSEQUENCED)
    const { brokerId } = await cluster.leader(this.input)
    for (let left = batches; left.length > 0; ) {
      const isFirst = ({ topic, partition }: OutputBatch, at: number) =>
        left.findIndex((other) => other.topic === topic && other.partition === partition) === at
      await cluster.call(brokerId, this.purpose, produceBatchesV11, null, left.filter(isFirst))
      left = left.filter((batch, at) => !isFirst(batch, at))
    }
  }

  sendOffset(next: CommittedOffset): Promise<void> {
    return this.offsets.commit(this.input, next)
  }

  async end(): Promise<void> {}

  async abort(): Promise<void> {}

  async close(): Promise<void> {
    this.log.cluster.closePurpose(this.purpose)
  }
}
