import type { fetchV17 } from '@platformatic/kafka'

/** What a reader wants of one partition. */
export interface PartitionDemand {
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly leaderEpoch: number
  /** The epoch of the last batch that was read, or -1: with it the broker sees when its log is not the one that was read. */
  readonly lastFetchedEpoch: number
  readonly maxBytes: number
}

export interface SessionRequest {
  readonly sessionId: number
  readonly epoch: number
  readonly topics: fetchV17.FetchRequestTopic[]
  readonly forgotten: { readonly topicId: string; readonly partitions: number[] }[]
}

const NEW_SESSION = 0
const EPOCH_MAX = 0x7fffffff

/**
 * An incremental fetch session (KIP-227): the broker remembers what was asked for, so that a request names only what
 * changed, and an answer only what has news. The broker itself moves a partition that brought data behind the others.
 */
export class FetchSession {
  private sessionId = NEW_SESSION
  private epoch = 0
  /** What the broker remembers, by partition. */
  private remembered = new Map<string, PartitionDemand>()
  private asked = new Map<string, PartitionDemand>()

  /** The request that makes the broker look at exactly `demands`. */
  next(demands: readonly PartitionDemand[]): SessionRequest {
    this.asked = new Map(demands.map((demand) => [keyOf(demand), demand]))
    if (this.sessionId === NEW_SESSION) return { sessionId: 0, epoch: 0, topics: byTopic(demands), forgotten: [] }
    const changed = demands.filter((demand) => !isSame(this.remembered.get(keyOf(demand)), demand))
    const gone = [...this.remembered].filter(([key]) => !this.asked.has(key)).map(([, demand]) => demand)
    const forgotten = byTopic(gone).map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partition }) => partition),
    }))
    return { sessionId: this.sessionId, epoch: this.epoch, topics: byTopic(changed), forgotten }
  }

  /** The broker has answered without an error: it remembers what the last request said. 0 is a broker with no room for it. */
  accept(sessionId: number): void {
    this.epoch = this.sessionId === NEW_SESSION || this.epoch === EPOCH_MAX ? 1 : this.epoch + 1
    this.sessionId = sessionId
    this.remembered = this.asked
  }

  /** Begins anew, after an error or another connection. */
  reset(): void {
    this.sessionId = NEW_SESSION
    this.epoch = 0
    this.remembered = new Map()
  }
}

export function keyOf({ topicId, partition }: { readonly topicId: string; readonly partition: number }): string {
  return `${topicId} ${partition}`
}

function isSame(a: PartitionDemand | undefined, b: PartitionDemand): boolean {
  return (
    a !== undefined &&
    a.offset === b.offset &&
    a.leaderEpoch === b.leaderEpoch &&
    a.lastFetchedEpoch === b.lastFetchedEpoch &&
    a.maxBytes === b.maxBytes
  )
}

function byTopic(demands: readonly PartitionDemand[]): fetchV17.FetchRequestTopic[] {
  const topics = new Map<string, fetchV17.FetchRequestPartition[]>()
  for (const { topicId, partition, offset, leaderEpoch, lastFetchedEpoch, maxBytes } of demands) {
    const partitions = topics.get(topicId) ?? []
    topics.set(topicId, partitions)
    partitions.push({
      partition,
      currentLeaderEpoch: leaderEpoch,
      fetchOffset: BigInt(offset),
      lastFetchedEpoch,
      partitionMaxBytes: maxBytes,
    })
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }))
}
