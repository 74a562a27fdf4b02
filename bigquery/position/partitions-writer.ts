import { invariant } from '../../streams/errors.ts'
import type { Log, TopicPartition } from '../../streams/log/log.ts'
import type { ArchiveWriter, RowBatch } from '../archive-writer.ts'
import { PartitionOwner } from './partition-owner.ts'

/** One partition on its way into BigQuery, by whichever API; it has its owner to commit with, and closes it. */
export interface OwnedPartition extends Pick<ArchiveWriter, 'append' | 'flush' | 'close'> {
  /** Where reading goes on; null when the archive knows nothing of the partition. */
  readonly from: number | null
}

export interface OwnerTools {
  readonly log: Pick<Log, 'openTask'>
  /** Makes the transactional ids: one archive has one of its own, so that another dataset begins from the start of the log. */
  readonly applicationId: string
}

/** A writer whose partitions are owned by the log's transactional sessions (docs/adr/0041). */
export class PartitionsWriter implements ArchiveWriter {
  private readonly tools: OwnerTools
  private readonly open: (owner: PartitionOwner) => Promise<OwnedPartition>
  private readonly partitions = new Map<string, OwnedPartition>()
  private dead: Error | null = null

  /** `open` takes up what the former owner has left under way. */
  constructor(tools: OwnerTools, open: (owner: PartitionOwner) => Promise<OwnedPartition>) {
    this.tools = tools
    this.open = open
  }

  begin(at: TopicPartition): Promise<number | null> {
    return this.attempt(async () => {
      const { log, applicationId } = this.tools
      const owner = await PartitionOwner.open(log, applicationId, at)
      try {
        const partition = await this.open(owner)
        this.partitions.set(nameOf(at), partition)
        return partition.from
      } catch (error) {
        await owner.close().catch(() => {})
        throw error
      }
    })
  }

  append(batch: RowBatch): Promise<number | null> {
    return this.attempt(async () => {
      const partition = this.partitions.get(nameOf(batch))
      invariant(partition !== undefined, 'a partition is begun before it is appended to', batch)
      return await partition.append(batch)
    })
  }

  flush(): Promise<void> {
    return this.attempt(async () => {
      // All of them, so that none goes on behind its caller's back.
      const ended = await Promise.allSettled([...this.partitions.values()].map((partition) => partition.flush()))
      for (const one of ended) if (one.status === 'rejected') throw one.reason
    })
  }

  async close(): Promise<void> {
    const all = [...this.partitions.values()]
    this.partitions.clear()
    // What broke a session is told already.
    await Promise.allSettled(all.map((partition) => partition.close()))
  }

  /** After a rejection nobody knows what arrived: nothing is appended or committed any more. */
  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    if (this.dead !== null) throw this.dead
    try {
      return await work()
    } catch (error) {
      this.dead = error as Error
      throw error
    }
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
