import { setImmediate } from 'node:timers/promises'
import type { Topic } from '../../../schemas/topics.ts'
import { StreamsError } from '../../../streams/errors.ts'
import type { Log, LogBounds, LogReader, TopicPartition } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import type { RecordBatchReader } from '../../../streams/record/record-batch-reader.ts'
import { visitBatches } from '../../../streams/record/visit-batches.ts'

const FETCH_BYTES = 256 * 1024
const FETCH_WAIT_MS = 1_000
const RETRY_MS = 1_000

/** A record of the topic; `live` when it was appended after the start. */
export type VisitFollowed = (record: RecordBatchReader, view: DataView, live: boolean) => void

export interface FollowerOptions {
  readonly log: Log
  readonly topic: Pick<Topic, 'name' | 'partitions'>
  /** Where to begin in a partition. */
  readonly from: (bounds: LogBounds) => number
  readonly visit: VisitFollowed
  /** The log cannot be read; it is asked again. */
  readonly onError: (error: Error) => void
}

/**
 * Reads a whole topic, each partition in its order: first what stands there, one partition after the other so that a process which
 * also decides keeps its turns, then what comes.
 */
export class TopicFollower {
  /** True once everything is read that stood there at the start. */
  complete = false
  private readonly options: FollowerOptions

  constructor(options: FollowerOptions) {
    this.options = options
  }

  /** Resolves when `signal` aborts or the log is closed. */
  async run(signal: AbortSignal): Promise<void> {
    const { topic } = this.options
    const starts: { readonly at: TopicPartition; readonly offset: number; readonly end: number }[] = []
    for (let partition = 0; partition < topic.partitions; partition++) {
      const at = { topic: topic.name, partition }
      let position: number | null = null
      let end: number | null = null
      await this.retrying(signal, async () => {
        const bounds = await this.options.log.bounds(at)
        end ??= bounds.endOffset
        const until = end
        // What was visited before an error is not visited again.
        const from = Math.max(bounds.startOffset, position ?? this.options.from(bounds))
        const offset = await this.read(at, from, until, signal, (read) => {
          position = read
          return read < until
        })
        starts.push({ at, offset, end: until })
      })
    }
    this.complete = !signal.aborted
    await Promise.all(
      starts.map(({ at, offset, end }) => {
        let position = offset
        return this.retrying(signal, async () => {
          const { startOffset } = await this.options.log.bounds(at)
          await this.read(at, Math.max(position, startOffset), end, signal, (read) => {
            position = read
            return true
          })
        })
      }),
    )
  }

  /** Reads on while `goesOn` says so of the offset to read next; returns that offset. */
  private async read(
    at: TopicPartition,
    from: number,
    end: number,
    signal: AbortSignal,
    goesOn: (next: number) => boolean,
  ): Promise<number> {
    const reader: LogReader = this.options.log.openReader(at, from)
    let offset = from
    try {
      while (!signal.aborted && goesOn(offset)) {
        const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
        visitBatches(bytes, at, offset, Number.POSITIVE_INFINITY, (record, view) => {
          this.options.visit(record, view, record.offset >= end)
        })
        offset = nextOffset
        await setImmediate()
      }
    } finally {
      reader.close()
    }
    return offset
  }

  private async retrying(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof StreamsError && error.code === 'LOG_CLOSED') return
        this.options.onError(error as Error)
        await machineTime.sleep(RETRY_MS, signal)
      }
    }
  }
}
