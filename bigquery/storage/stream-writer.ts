import { invariant } from '../../streams/errors.ts'
import type { Log, OutputBatch, TopicPartition } from '../../streams/log/log.ts'
import type { ArchiveWriter, RowBatch } from '../archive-writer.ts'
import { PartitionOwner } from '../position/partition-owner.ts'
import type { ArchiveEvidence } from '../position/rows-ahead.ts'
import { PartitionStreams } from './partition-streams.ts'
import type { Refusal, WriteStreams } from './table-stream.ts'

/** What the writers of BigQuery work with; the same for all partitions of a process. */
export interface WriterTools {
  readonly log: Pick<Log, 'openTask'>
  /** Makes the transactional ids: one archive has one of its own, so that another dataset begins from the start of the log. */
  readonly applicationId: string
  readonly warehouse: WriteStreams & ArchiveEvidence
  /** Dead letters of refused rows, to be committed with the position. */
  readonly deadLetters: (at: TopicPartition, refusals: readonly Refusal[]) => Promise<readonly OutputBatch[]>
  readonly onRefused: (at: TopicPartition, refusals: readonly Refusal[]) => void
}

/** Writes rows by the Storage Write API: a COMMITTED stream for each partition and table, each append at its offset. */
export class StreamWriter implements ArchiveWriter {
  private readonly tools: WriterTools
  private readonly partitions = new Map<string, PartitionStreams>()

  constructor(tools: WriterTools) {
    this.tools = tools
  }

  /** Appends that BigQuery has not answered. */
  get inFlight(): number {
    return [...this.partitions.values()].reduce((sum, partition) => sum + partition.inFlight, 0)
  }

  async begin(at: TopicPartition): Promise<number | null> {
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
  }

  async append(batch: RowBatch): Promise<void> {
    const streams = this.partitions.get(nameOf(batch))
    invariant(streams !== undefined, 'a partition is begun before it is appended to', batch)
    await streams.append(batch)
  }

  async flush(): Promise<void> {
    await Promise.all([...this.partitions.values()].map((streams) => streams.flush()))
  }

  async close(): Promise<void> {
    const all = [...this.partitions.values()]
    this.partitions.clear()
    // What broke a session is told already.
    await Promise.allSettled(all.map((streams) => streams.close()))
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
