import { invariant } from '../../streams/errors.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import type { ArchiveWriter, RowBatch } from '../archive-writer.ts'
import { PartitionOwner } from '../position/partition-owner.ts'
import { PartitionStreams } from './partition-streams.ts'
import type { WriterTools } from './writer-tools.ts'

/** Writes rows by the Storage Write API: a COMMITTED stream for each partition and table, each append at its offset. */
export class StreamWriter implements ArchiveWriter {
  private readonly tools: WriterTools
  private readonly partitions = new Map<string, PartitionStreams>()
  private dead: Error | null = null

  constructor(tools: WriterTools) {
    this.tools = tools
  }

  begin(at: TopicPartition): Promise<number | null> {
    return this.attempt(async () => {
      const { log, applicationId } = this.tools
      const owner = await PartitionOwner.open(log, applicationId, at)
      try {
        const streams = await PartitionStreams.open(this.tools, owner)
        this.partitions.set(nameOf(at), streams)
        return streams.from
      } catch (error) {
        await owner.close().catch(() => {})
        throw error
      }
    })
  }

  append(batch: RowBatch): Promise<void> {
    return this.attempt(async () => {
      const streams = this.partitions.get(nameOf(batch))
      invariant(streams !== undefined, 'a partition is begun before it is appended to', batch)
      await streams.append(batch)
    })
  }

  flush(): Promise<void> {
    return this.attempt(async () => {
      await Promise.all([...this.partitions.values()].map((streams) => streams.flush()))
    })
  }

  async close(): Promise<void> {
    const all = [...this.partitions.values()]
    this.partitions.clear()
    // What broke a session is told already.
    await Promise.allSettled(all.map((streams) => streams.close()))
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
