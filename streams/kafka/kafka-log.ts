import type { HeldBack } from '../log/lag.ts'
import type { RecordLifetime } from '../log/lifetime.ts'
import type {
  Log,
  LogBounds,
  LogReader,
  ProducerSession,
  TaskSession,
  TopicPartition,
  TopicSettings,
} from '../log/log.ts'
import { Cluster } from './cluster.ts'
import type { Compression } from './compression.ts'
import { Coordinator } from './coordinator.ts'
import { createTopics } from './create-topics.ts'
import { Fetcher } from './fetcher.ts'
import { type Asker, KafkaGroupOffsets, NO_MEMBER } from './group-offsets.ts'
import type { KafkaCounters } from './kafka-counters.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { heldBack, partitionBounds } from './partition-bounds.ts'
import { openProducerSession } from './producer-session.ts'
import { recordLifetimes } from './record-lifetimes.ts'
import { openTaskSession } from './task-session.ts'
import { topicSettings } from './topic-settings.ts'

export interface KafkaLogOptions {
  readonly kafka: KafkaOptions
  /** The group's member that tasks of this process run for; without one nobody but the transactional id is a fence. */
  readonly member?: Asker
  /**
   * After so long the cluster aborts a transaction that nobody ends; until then readers of its partitions wait. Longer than
   * any commit takes, pauses of the process included.
   */
  readonly transactionTimeoutMs?: number
  /** How tasks' outputs are compressed; not at all by default. */
  readonly compression?: Compression
}

const TRANSACTION_TIMEOUT_MS = 15_000

/** The log port on a Kafka cluster. Everything is read at read_committed. */
export class KafkaLog implements Log {
  readonly cluster: Cluster
  private readonly options: KafkaLogOptions
  private readonly fetcher: Fetcher
  private sessions = 0

  constructor(options: KafkaLogOptions) {
    this.options = options
    this.cluster = new Cluster(options.kafka)
    this.fetcher = new Fetcher(this.cluster)
  }

  get counters(): KafkaCounters {
    return this.cluster.counters
  }

  createTopics(topics: readonly TopicSettings[]): Promise<void> {
    return createTopics(this.cluster, topics)
  }

  topics(): Promise<readonly TopicSettings[]> {
    return topicSettings(this.cluster)
  }

  /** How long the brokers may keep a record of each topic, by the settings in force. */
  lifetimes(topics: readonly string[]): Promise<readonly RecordLifetime[]> {
    return recordLifetimes(this.cluster, topics)
  }

  bounds(at: TopicPartition): Promise<LogBounds> {
    return partitionBounds(this.cluster, at)
  }

  /** Where an open transaction of a producer holds readers of a partition back; null when none does. */
  heldBack(at: TopicPartition): Promise<HeldBack | null> {
    return heldBack(this.cluster, at)
  }

  openReader(at: TopicPartition, offset: number, leaderEpoch?: number): LogReader {
    return this.fetcher.open(at, offset, leaderEpoch)
  }

  openTask(applicationId: string, input: TopicPartition): Promise<TaskSession> {
    const { member = NO_MEMBER, transactionTimeoutMs = TRANSACTION_TIMEOUT_MS, compression = 'none' } = this.options
    const purpose = `task ${input.topic}-${input.partition} ${this.sessions++}`
    const { cluster } = this
    return openTaskSession({ cluster, applicationId, input, purpose, member, transactionTimeoutMs, compression })
  }

  openProducer(name: string | null): Promise<ProducerSession> {
    const leaderOf = async (at: TopicPartition) => (await this.cluster.leader(at)).brokerId
    return openProducerSession(this.options.kafka, name, { leaderOf })
  }

  group(groupId: string): KafkaGroupOffsets {
    const { cluster } = this
    const { requestTimeoutMs: retryMs } = cluster.settings
    return new KafkaGroupOffsets(
      groupId,
      new Coordinator(cluster, { kind: 'group', key: groupId, purpose: 'group', place: {}, retryMs }),
    )
  }

  async close(): Promise<void> {
    this.fetcher.close()
    this.cluster.close()
  }
}
