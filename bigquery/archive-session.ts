import { StreamsError } from '../streams/errors.ts'
import type { GroupOffsets, Log, LogReader, TopicPartition } from '../streams/log/log.ts'
import type { ArchiveWriter } from './archive-writer.ts'
import { ARCHIVED_TOPICS, type ArchiveSchemaIds, RecordRows, type RefusedRow } from './rows/record-rows.ts'
import type { TableRow } from './schema/tables.ts'
import { type TopicLag, topicLags } from './topic-lags.ts'

/** Fetched and not yet appended is at most so much for each partition: nothing more is fetched until the writer has it. */
const FETCH_BYTES = 256 * 1024
const FETCH_WAIT_MS = 500
/** What was appended is flushed after so long, or once it is so much. */
const FLUSH_MS = 1_000
const FLUSH_ROWS = 20_000
/** How often the group's offsets are told to the log; they are for who looks at lags, not for the archive. */
const COMMIT_MS = 10_000

/** What an archive is made from; the same for every session. */
export interface ArchiveSources {
  readonly log: Log
  /** Where the archive's own group stands, for who measures its lag; null where the writer keeps its positions there itself. */
  readonly group: GroupOffsets | null
  readonly schemaIds: ArchiveSchemaIds
  /** Writes dead letters, at least once: a crash before the next flush leads to a second one of the same coordinates. */
  readonly refuse: (rows: readonly RefusedRow[]) => Promise<void>
  readonly clock: { nowMs(): number; sleep(delayMs: number, signal: AbortSignal): Promise<void> }
  /** What is archived; every partition by default. */
  readonly partitions?: readonly TopicPartition[]
  /** What was appended is flushed after so long; 1 s by default. */
  readonly flushMs?: number
  /** Or once it is so many rows; 20,000 by default. */
  readonly flushRows?: number
}

export interface ArchiveSessionEvents {
  /** The writer has taken over every partition. */
  readonly onBegun: () => void
  readonly onAppended: (rows: readonly TableRow[], refused: readonly RefusedRow[]) => void
  /** What was appended has come to stand in the archive; told at each flush, also when there was nothing. */
  readonly onFlushed: () => void
  /** Retention has taken records that the archive never had. */
  readonly onLost: (at: TopicPartition, offsets: number) => void
}

/** One partition under way: everything before `position` is with the writer, and before `flushed` it stands in the archive. */
interface Progress {
  readonly at: TopicPartition
  readonly reader: LogReader
  position: number
  flushed: number
  committed: number
}

/** Carries committed records to one open writer, until it is asked to end or something fails. */
export class ArchiveSession {
  private readonly sources: ArchiveSources
  private readonly writer: ArchiveWriter
  private readonly events: ArchiveSessionEvents
  private readonly rows: RecordRows
  private readonly progress: Progress[] = []
  private unflushedRows = 0
  private hasBegun = false
  /** The writer takes one call at a time. */
  private turn: Promise<void> = Promise.resolve()

  constructor(sources: ArchiveSources, writer: ArchiveWriter, events: ArchiveSessionEvents) {
    this.sources = sources
    this.writer = writer
    this.events = events
    this.rows = new RecordRows(sources.schemaIds)
  }

  /** How far what stands in the archive is behind each topic; empty until the writer has taken over every partition. */
  async lags(): Promise<TopicLag[]> {
    if (!this.hasBegun) return []
    return topicLags(
      this.sources.log,
      this.progress.map(({ at, flushed }) => ({ at, offset: flushed })),
    )
  }

  /** Resolves after a drain that `signal` has asked for. @throws StreamsError the first that any partition met. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = new AbortController()
    const ending = AbortSignal.any([signal, failed.signal])
    try {
      for (const at of this.sources.partitions ?? ARCHIVED_PARTITIONS) this.progress.push(await this.begin(at))
      this.hasBegun = true
      this.events.onBegun()
      const loops = [
        ...this.progress.map((one) => this.follow(one, ending)),
        this.flushEachSecond(ending),
        ...(this.sources.group === null ? [] : [this.commitNowAndThen(ending)]),
      ]
      for (const loop of loops) loop.catch(() => failed.abort())
      // All of them, so that none still uses the writer when it is closed.
      const ended = await Promise.allSettled(loops)
      for (const one of ended) if (one.status === 'rejected') throw one.reason
      await this.flush()
      await this.commit()
    } finally {
      for (const { reader } of this.progress) reader.close()
    }
  }

  private async begin(at: TopicPartition): Promise<Progress> {
    const { log } = this.sources
    const held = await this.writer.begin(at)
    const { startOffset, endOffset } = await log.bounds(at)
    if (held !== null && held > endOffset) throw ahead(at, held, endOffset)
    const position = Math.max(held ?? 0, startOffset)
    if (held !== null && position > held) this.events.onLost(at, position - held)
    return { at, reader: log.openReader(at, position), position, flushed: position, committed: -1 }
  }

  private async follow(progress: Progress, ending: AbortSignal): Promise<void> {
    while (!ending.aborted) {
      const { bytes, nextOffset } = await progress.reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
      if (nextOffset > progress.position) await this.inTurn(() => this.take(progress, bytes, nextOffset), ending)
    }
  }

  private async take(progress: Progress, bytes: Uint8Array, next: number): Promise<void> {
    const { at, position: from } = progress
    const { clock, refuse, flushRows = FLUSH_ROWS } = this.sources
    const { rows, refused } = this.rows.read(bytes, at, from, clock.nowMs())
    if (refused.length > 0) await refuse(refused)
    const stands = await this.writer.append({ ...at, from, next, rows })
    progress.position = next
    this.unflushedRows += rows.length
    this.events.onAppended(rows, refused)
    if (stands !== null) this.events.onFlushed()
    if (this.unflushedRows >= flushRows) await this.flush()
  }

  private async flushEachSecond(ending: AbortSignal): Promise<void> {
    const { clock, flushMs = FLUSH_MS } = this.sources
    while (!ending.aborted) {
      await clock.sleep(flushMs, ending)
      await this.inTurn(() => this.flush(), ending)
    }
  }

  private async flush(): Promise<void> {
    this.unflushedRows = 0
    await this.writer.flush()
    for (const progress of this.progress) progress.flushed = progress.position
    this.events.onFlushed()
  }

  private async commitNowAndThen(ending: AbortSignal): Promise<void> {
    while (!ending.aborted) {
      await this.sources.clock.sleep(COMMIT_MS, ending)
      await this.inTurn(async () => {
        await this.flush()
        await this.commit()
      }, ending)
    }
  }

  /** Only right after a flush: an offset that is told is one whose rows stand. */
  private async commit(): Promise<void> {
    const { group } = this.sources
    if (group === null) return
    for (const progress of this.progress) {
      const { at, position, committed } = progress
      if (position === committed) continue
      await group.commit(at, { offset: position, metadata: '' })
      progress.committed = position
    }
  }

  /** Does `work` after everything before it, and nothing once something before it has failed: the writer is dead then. */
  private inTurn(work: () => Promise<void>, ending: AbortSignal): Promise<void> {
    this.turn = this.turn.then(() => (ending.aborted ? undefined : work()))
    return this.turn
  }
}

function ahead(at: TopicPartition, held: number, endOffset: number): StreamsError {
  const what = `the archive stands at offset ${held} but the log ends at ${endOffset}, so the log has lost records; restore it`
  return new StreamsError('ARCHIVE_AHEAD_OF_LOG', 'stop', what, at)
}

/** Every partition that the archive reads. */
export const ARCHIVED_PARTITIONS: readonly TopicPartition[] = ARCHIVED_TOPICS.flatMap(({ name: topic, partitions }) =>
  Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
)
