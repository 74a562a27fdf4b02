import type { Log, OutputBatch, TaskSession, TopicPartition } from '../../streams/log/log.ts'
import { NO_POSITION, readPosition, type WritePosition, writePosition } from './write-position.ts'

/**
 * Owns one partition on its way into one dataset: by the log's own fence, the transactional session. So offset, position and dead
 * letters are committed together or not at all, and an owner that was outlived commits nothing.
 */
export class PartitionOwner {
  readonly at: TopicPartition
  /** What stands committed; null when nothing ever was. */
  offset: number | null
  /** The position that was committed when the partition was opened. */
  readonly opened: WritePosition
  private readonly session: TaskSession
  private metadata = ''

  private constructor(at: TopicPartition, session: TaskSession, offset: number | null, opened: WritePosition) {
    this.at = at
    this.session = session
    this.offset = offset
    this.opened = opened
  }

  /** Fences the former owner, and only then reads what is committed. @throws StreamsError */
  static async open(log: Pick<Log, 'openTask'>, applicationId: string, at: TopicPartition): Promise<PartitionOwner> {
    const session = await log.openTask(applicationId, at)
    try {
      const committed = await session.committed()
      if (committed === null) return new PartitionOwner(at, session, null, NO_POSITION)
      const { offset, metadata } = committed
      const owner = new PartitionOwner(at, session, offset, readPosition(metadata, offset, at))
      owner.metadata = metadata
      return owner
    } catch (error) {
      await session.close().catch(() => {})
      throw error
    }
  }

  /** @throws StreamsError fenced when another owner has taken over; after any error the outcome is unknown. */
  async commit(offset: number, position: WritePosition, deadLetters: readonly OutputBatch[] = []): Promise<void> {
    await this.send(offset, writePosition(position, offset, this.at), deadLetters)
  }

  /** Asks the log whether the partition is still this owner's, by what it committed last. @throws StreamsError as `commit` does. */
  async renew(): Promise<void> {
    if (this.offset !== null) await this.send(this.offset, this.metadata, [])
  }

  async close(): Promise<void> {
    await this.session.close()
  }

  private async send(offset: number, metadata: string, deadLetters: readonly OutputBatch[]): Promise<void> {
    this.session.begin()
    if (deadLetters.length > 0) await this.session.append(deadLetters)
    await this.session.sendOffset({ offset, metadata })
    await this.session.end()
    this.offset = offset
    this.metadata = metadata
  }
}
