import { listOffsetsV9 } from '@platformatic/kafka'
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

/** Records between the last stable offset and the high watermark: a transaction that began before them has not ended. */
export async function lastStableOffsetLag(cluster: Cluster, at: TopicPartition): Promise<number> {
  const stableOffset = await listOffset(cluster, at, LATEST)
  return Math.max(0, (await listOffset(cluster, at, LATEST, READ_UNCOMMITTED)) - stableOffset)
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
