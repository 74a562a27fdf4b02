import { StreamsError } from '../../streams/errors.ts'
import type { Log, LogReader, TopicPartition } from '../../streams/log/log.ts'
import { RecordBatchReader } from '../../streams/record/record-batch-reader.ts'
import { type VisitRecord, visitBatches } from '../../streams/record/visit-batches.ts'

const FETCH_BYTES = 256 * 1024
const FETCH_WAIT_MS = 250
const RETRY_MS = 200

/** One partition to follow. */
export interface Followed {
  readonly at: TopicPartition
  /** Where reading begins. */
  readonly from: number
  /** Told of each record, in order; whatever it changes is seen together with `moved`. */
  readonly visit: VisitRecord
  /** Everything before the offset was visited. */
  readonly moved: (offset: number) => void
}

/** Told of what happens besides. */
export interface FollowerEvents {
  /** Read again after a pause. */
  readonly onRetry: (error: StreamsError) => void
  /** Retention has taken records before they were read. */
  readonly onLost: (at: TopicPartition, offsets: number) => void
}

/**
 * Follows partitions of the log, each in order, from where it was told on. What cannot be read now is read again later, for ever; an
 * error that no repeat mends ends all of it, and `run` rejects.
 */
export class LogFollower {
  private readonly log: Log
  private readonly clock: { sleep(delayMs: number, signal: AbortSignal): Promise<void> }
  private readonly events: FollowerEvents

  constructor(log: Log, clock: LogFollower['clock'], events: FollowerEvents) {
    this.log = log
    this.clock = clock
    this.events = events
  }

  /** Resolves once `signal` has asked for the end. */
  async run(partitions: readonly Followed[], signal: AbortSignal): Promise<void> {
    const failed = new AbortController()
    const ended = AbortSignal.any([signal, failed.signal])
    await Promise.all(
      partitions.map((followed) =>
        this.follow(followed, ended).catch((error: unknown) => {
          failed.abort()
          throw error
        }),
      ),
    )
  }

  private async follow(followed: Followed, signal: AbortSignal): Promise<void> {
    for (let position = followed.from; !signal.aborted; ) {
      const reader = this.log.openReader(followed.at, position)
      const close = () => reader.close()
      signal.addEventListener('abort', close, { once: true })
      try {
        position = await this.read(reader, followed, position, signal)
      } catch (error) {
        if (signal.aborted) return
        position = await this.afterFailure(error, followed, signal)
      } finally {
        signal.removeEventListener('abort', close)
        reader.close()
      }
    }
  }

  private async read(reader: LogReader, followed: Followed, from: number, signal: AbortSignal): Promise<number> {
    const cursor = new RecordBatchReader()
    let position = from
    this.positions.set(followed, position)
    while (!signal.aborted) {
      const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
      if (nextOffset === position) continue
      visitBatches(bytes, followed.at, position, nextOffset, followed.visit, cursor)
      position = nextOffset
      this.positions.set(followed, position)
      followed.moved(position)
    }
    return position
  }

  /** The offset from which on reading goes on after `error`. */
  private async afterFailure(error: unknown, followed: Followed, signal: AbortSignal): Promise<number> {
    const position = this.positions.get(followed) ?? followed.from
    if (!(error instanceof StreamsError)) throw error
    if (error.code === 'OFFSET_OUT_OF_RANGE') {
      const { startOffset } = await this.log.bounds(followed.at)
      if (startOffset <= position) throw error
      this.events.onLost(followed.at, startOffset - position)
      followed.moved(startOffset)
      return startOffset
    }
    if (error.next !== 'retry') throw error
    this.events.onRetry(error)
    await this.clock.sleep(RETRY_MS, signal)
    return position
  }

  private readonly positions = new Map<Followed, number>()
}
