import { setTimeout as pause } from 'node:timers/promises'
import { alterPartitionReassignmentsV0, createTopicsV7, metadataV12 } from '@platformatic/kafka'
import type { Cluster } from '../../../streams/kafka/cluster.ts'
import { partitionBounds } from '../../../streams/kafka/partition-bounds.ts'
import type { TopicPartition } from '../../../streams/log/log.ts'

/** Brokers that are asked without a pause have no time for what is waited for. */
const ASK_AGAIN_MS = 20

/** Who leads a partition and on which brokers it stands, by the brokers' own word now. */
export interface PartitionState {
  readonly leaderId: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/** The state as it is now; brokers learn of a new topic one after the other, so one that does not know it is asked again. */
export function stateOf(cluster: Cluster, at: TopicPartition): Promise<PartitionState> {
  return untilState(cluster, at, ({ leaderId }) => leaderId >= 0)
}

/** Asks until the partition is as it should be. */
export async function untilState(
  cluster: Cluster,
  { topic, partition }: TopicPartition,
  isReached: (state: PartitionState) => boolean,
): Promise<PartitionState> {
  for (;;) {
    const { topics } = await cluster.describe([topic])
    const found = topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)
    const state = found && { leaderId: found.leaderId, replicas: found.replicaNodes, inSync: found.isrNodes }
    if (state !== undefined && isReached(state)) return state
    await pause(ASK_AGAIN_MS)
  }
}

/** Asks the leader alone, whatever other brokers do, until nobody follows it any more. */
export async function untilAlone(cluster: Cluster, { topic, partition }: TopicPartition): Promise<void> {
  const { brokerId } = await cluster.leader({ topic, partition })
  for (;;) {
    const { topics } = await cluster.call(brokerId, 'any', metadataV12.api, [topic], false)
    if (topics[0]?.partitions[partition]?.isrNodes.length === 1) return
    await pause(ASK_AGAIN_MS)
  }
}

/** A topic of one partition on these brokers, the first of which leads it. */
export async function createTopicOn(
  cluster: Cluster,
  at: TopicPartition,
  brokerIds: readonly number[],
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  // With timestamps of the tests' own, retention would take their records within a minute.
  const all = Object.entries({ 'message.timestamp.type': 'LogAppendTime', ...settings })
  const configs = all.map(([name, value]) => ({ name, value }))
  const assignments = [{ partitionIndex: at.partition, brokerIds: [...brokerIds] }]
  const topic = { name: at.topic, numPartitions: -1, replicationFactor: -1, assignments, configs }
  await cluster.callAny(createTopicsV7.api, [topic], 10_000, false)
  await stateOf(cluster, at)
  // Its leader may not know yet that it is.
  await partitionBounds(cluster, at)
}

/**
 * Takes the leadership away from its broker: the partition leaves it, so another one leads, and then comes back to follow.
 * Returns the former leader and the one after it.
 */
export async function moveLeader(cluster: Cluster, at: TopicPartition): Promise<{ former: number; current: number }> {
  const { leaderId: former, replicas } = await stateOf(cluster, at)
  const others = replicas.filter((id) => id !== former)
  await reassign(cluster, at, others)
  const { leaderId: current } = await untilState(
    cluster,
    at,
    ({ leaderId, replicas: now }) => others.includes(leaderId) && now.length === others.length,
  )
  await reassign(cluster, at, [...others, former])
  await untilState(cluster, at, ({ inSync }) => inSync.length === replicas.length)
  return { former, current }
}

async function reassign(cluster: Cluster, { topic, partition }: TopicPartition, replicas: number[]): Promise<void> {
  const partitions = [{ partitionIndex: partition, replicas }]
  await cluster.repeat('AlterPartitionReassignments', { topic, partition }, () =>
    cluster.callAny(alterPartitionReassignmentsV0.api, 10_000, true, [{ name: topic, partitions }]),
  )
}
