import { listOffsetsV9 } from '@platformatic/kafka'
import type { HeldBack } from '../log/lag.ts'
import type { LogBounds, TopicPartition } from '../log/log.ts'
import type { Cluster } from './cluster.ts'

const CONSUMER = -1
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
/** Timestamps that stand for the ends of a partition. */
const EARLIEST = -2n
/** With read_committed: the last stable offset. */
const LATEST = -1n

/** The retained range of a partition, as a read_committed reader sees it. */
export async function partitionBounds(cluster: Cluster, at: TopicPartition): Promise<LogBounds> {
  // Asked for in this order, so that records that come or go meanwhile never turn the range around.
  const startOffset = await listOffset(cluster, at, EARLIEST)
  const endOffset = await listOffset(cluster, at, LATEST)
  return { startOffset, endOffset: Math.max(startOffset, endOffset) }
}

/** The offset at which an open transaction of a producer holds readers back, and the records behind it; null when none does. */
export async function heldBack(cluster: Cluster, at: TopicPartition): Promise<HeldBack | null> {
  // Asked for in this order, so that a transaction that ends meanwhile is not taken for an open one.
  const written = await listOffset(cluster, at, LATEST, READ_UNCOMMITTED)
  const stable = await listOffset(cluster, at, LATEST)
  return stable < written ? { offset: stable, records: written - stable } : null
}

function listOffset(
  cluster: Cluster,
  at: TopicPartition,
  timestamp: bigint,
  isolation: typeof READ_COMMITTED | typeof READ_UNCOMMITTED = READ_COMMITTED,
): Promise<number> {
  return cluster.repeat('ListOffsets', at, async () => {
    const { brokerId, leaderEpoch } = await cluster.leader(at)
    const partitions = [{ partitionIndex: at.partition, currentLeaderEpoch: leaderEpoch, timestamp }]
    const { topics } = await cluster.call(brokerId, 'any', listOffsetsV9.api, CONSUMER, isolation, [
      { name: at.topic, partitions },
    ])
    return Number(topics[0]?.partitions[0]?.offset)
  })
}
