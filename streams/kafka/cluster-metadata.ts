import type { metadataV12 } from '@platformatic/kafka'
import type { BrokerAddress } from './kafka-options.ts'

/** Who leads a partition. Requests carry the epoch, so that a broker that was deposed or is behind says so. */
export interface PartitionLeader {
  /** The topic's id: a topic that was deleted and made again has another. */
  readonly topicId: string
  readonly brokerId: number
  readonly leaderEpoch: number
}

export interface KnownTopic {
  readonly topic: string
  readonly topicId: string
  /** By partition; a broker id of -1 while an election is under way. */
  readonly leaders: readonly PartitionLeader[]
  readonly knownAtMs: number
}

type MetadataTopic = metadataV12.MetadataResponseTopic

/** What brokers have told about the cluster. Older news never replaces newer: leader epochs only rise. */
export class ClusterMetadata {
  readonly brokers: Map<number, BrokerAddress> = new Map()
  private readonly topics = new Map<string, KnownTopic>()

  topic(name: string): KnownTopic | undefined {
    return this.topics.get(name)
  }

  forget(name: string): void {
    this.topics.delete(name)
  }

  apply(response: metadataV12.MetadataResponse, nowMs: number): void {
    this.brokers.clear()
    for (const { nodeId, host, port } of response.brokers) this.brokers.set(nodeId, { host, port })
    for (const topic of response.topics) {
      if (topic.errorCode === 0 && topic.name !== null && topic.name !== undefined)
        this.applyTopic(topic.name, topic, nowMs)
    }
  }

  private applyTopic(name: string, { topicId, partitions }: MetadataTopic, nowMs: number): void {
    const former = this.topics.get(name)
    const leaders: PartitionLeader[] = []
    for (const { partitionIndex, leaderId, leaderEpoch } of partitions) {
      const known = former?.topicId === topicId ? former.leaders[partitionIndex] : undefined
      const newer = known === undefined || leaderEpoch >= known.leaderEpoch
      leaders[partitionIndex] = newer ? { topicId, brokerId: leaderId, leaderEpoch } : known
    }
    this.topics.set(name, { topic: name, topicId, leaders, knownAtMs: nowMs })
  }
}
