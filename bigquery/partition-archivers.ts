import { StreamsError } from '../streams/errors.ts'
import type { TopicPartition } from '../streams/log/log.ts'
import { ARCHIVED_PARTITIONS, type ArchiveSources } from './archive-session.ts'
import type { ArchiveWriter, RowBatch } from './archive-writer.ts'
import { Archiver, type ArchiverCounters, type ArchiverOptions, type ArchiverState } from './archiver.ts'
import { type TopicLag, topicLags } from './topic-lags.ts'

export interface PartitionArchiversOptions extends Omit<ArchiveSources, 'partitions'> {
  /** A writer for one partition; it is closed after its session. */
  readonly openWriter: () => ArchiveWriter
  /** Before a partition that failed is begun again; 200 ms to 10 s by default. */
  readonly pause?: NonNullable<ArchiverOptions['pause']>
  readonly events: {
    readonly onWaiting: (at: TopicPartition, error: StreamsError) => void
    readonly onLive: (at: TopicPartition) => void
    readonly onLost: ArchiverOptions['events']['onLost']
  }
}

/** One partition on its way: what of it is in the archive for good. */
interface Course {
  readonly at: TopicPartition
  readonly archiver: Archiver
  /** Everything before it is in the archive; null before anything is known. */
  flushed: number | null
}

/**
 * An archiver for each partition, so that one whose table is missing or full waits alone and all others go on. What BigQuery
 * says a person must set right is waited for as well: set right, the partition goes on from its committed offset by itself.
 */
export class PartitionArchivers {
  private readonly options: PartitionArchiversOptions
  private readonly courses: readonly Course[]

  constructor(options: PartitionArchiversOptions, partitions: readonly TopicPartition[] = ARCHIVED_PARTITIONS) {
    this.options = options
    this.courses = partitions.map((at) => this.courseOf(at))
  }

  /** Resolves once `signal` has asked for the end and what was read is flushed. @throws StreamsError what ends one of them. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = new AbortController()
    const ending = AbortSignal.any([signal, failed.signal])
    const runs = this.courses.map(({ archiver }) => archiver.run(ending))
    for (const run of runs) run.catch(() => failed.abort())
    for (const one of await Promise.allSettled(runs)) if (one.status === 'rejected') throw one.reason
  }

  /** The state of the one that is worst off. */
  get state(): ArchiverState {
    const states = new Set(this.courses.map(({ archiver }) => archiver.state))
    return WORST_FIRST.find((state) => states.has(state)) ?? 'LIVE'
  }

  /** What partitions wait for. */
  get waiting(): readonly (TopicPartition & { readonly error: StreamsError })[] {
    return this.courses.flatMap(({ at, archiver: { waitsFor } }) =>
      waitsFor === null ? [] : [{ ...at, error: waitsFor }],
    )
  }

  /** Of all partitions together. */
  get counters(): ArchiverCounters {
    const sum: ArchiverCounters = { rows: new Map(), refused: 0, failures: new Map() }
    for (const { archiver } of this.courses) {
      const { rows, refused, failures } = archiver.counters
      for (const [table, count] of rows) sum.rows.set(table, (sum.rows.get(table) ?? 0) + count)
      for (const [code, count] of failures) sum.failures.set(code, (sum.failures.get(code) ?? 0) + count)
      sum.refused += refused
    }
    return sum
  }

  /** How far the archive is behind each topic that has been begun. */
  lags(): Promise<TopicLag[]> {
    const begun = this.courses.flatMap(({ at, flushed }) => (flushed === null ? [] : [{ at, offset: flushed }]))
    return topicLags(this.options.log, begun)
  }

  private courseOf(at: TopicPartition): Course {
    const { openWriter, events, ...sources } = this.options
    const archiver = new Archiver({
      ...sources,
      partitions: [at],
      openWriter: async () => new FollowedWriter(openWriter(), course),
      events: {
        onWaiting: (error) => events.onWaiting(at, error),
        onLive: () => events.onLive(at),
        onLost: events.onLost,
      },
    })
    const course: Course = { at, archiver, flushed: null }
    return course
  }
}

const WORST_FIRST: readonly ArchiverState[] = ['ENDED', 'WAITING', 'OPENING', 'LIVE'] satisfies ArchiverState[]

/** A writer of one partition that notes how far it is, and takes what BigQuery wants set right for something to wait for. */
class FollowedWriter implements ArchiveWriter {
  private readonly writer: ArchiveWriter
  private readonly course: Pick<Course, 'flushed'>
  private appended: number | null = null

  constructor(writer: ArchiveWriter, course: Pick<Course, 'flushed'>) {
    this.writer = writer
    this.course = course
  }

  begin(at: TopicPartition): Promise<number | null> {
    return patiently(async () => {
      const from = await this.writer.begin(at)
      this.course.flushed = from ?? 0
      return from
    })
  }

  append(batch: RowBatch): Promise<number | null> {
    return patiently(async () => {
      const stands = await this.writer.append(batch)
      this.appended = batch.next
      this.course.flushed = stands ?? this.course.flushed
      return stands
    })
  }

  flush(): Promise<void> {
    return patiently(async () => {
      await this.writer.flush()
      this.course.flushed = this.appended ?? this.course.flushed
    })
  }

  close(): Promise<void> {
    return this.writer.close()
  }
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StreamsError) || error.next !== 'stop' || !error.code.startsWith('BIGQUERY_')) throw error
    throw new StreamsError(error.code, 'retry', error.message, {}, error)
  }
}
