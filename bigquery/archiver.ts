import type { StreamsError } from '../streams/errors.ts'
import type { TopicPartition } from '../streams/log/log.ts'
import { runSessions } from '../streams/sink/run-sessions.ts'
import { ArchiveSession, type ArchiveSources } from './archive-session.ts'
import type { ArchiveWriter } from './archive-writer.ts'
import type { TopicLag } from './topic-lags.ts'

const PAUSE = { firstMs: 200, maxMs: 10_000 } as const

/**
 * - OPENING: the archive is being opened.
 * - LIVE:    rows go to it as their records are committed.
 * - WAITING: it cannot be written; records wait in the log, and it is opened again after a pause, until rows stand in it.
 * - ENDED:   asked to end, or stopped by what only a person can set right.
 */
export const ARCHIVER_STATES = ['OPENING', 'LIVE', 'WAITING', 'ENDED'] as const
export type ArchiverState = (typeof ARCHIVER_STATES)[number]

export interface ArchiverOptions extends ArchiveSources {
  /** Opens the writer for one session, which closes it. @throws StreamsError */
  readonly openWriter: () => Promise<ArchiveWriter>
  /** Before a session that failed is followed by another: twice as long each time. */
  readonly pause?: { readonly firstMs: number; readonly maxMs: number }
  readonly events: {
    /** Records wait after this; the archiver goes on. */
    readonly onWaiting: (error: StreamsError) => void
    /** They are written again. */
    readonly onLive: () => void
    readonly onLost: (at: TopicPartition, offsets: number) => void
  }
}

/** What health and metrics read. */
export interface ArchiverCounters {
  /** Rows handed to the writer, by table; again after a session that failed before its flush. */
  readonly rows: Map<string, number>
  /** Rows that became dead letters. */
  refused: number
  /** Sessions that ended with an error, by its code. */
  readonly failures: Map<string, number>
}

/** Carries committed records to the archive (SPEC B2), session after session: each begins where the archive says it stands. */
export class Archiver {
  state: ArchiverState = 'OPENING'
  /** What it waits for; null when nothing is wrong. */
  waitsFor: StreamsError | null = null
  readonly counters: ArchiverCounters = { rows: new Map(), refused: 0, failures: new Map() }
  private readonly options: ArchiverOptions
  private session: ArchiveSession | null = null
  private reopening = new AbortController()

  constructor(options: ArchiverOptions) {
    this.options = options
  }

  /** How far the archive is behind each topic; empty while none is open. */
  async lags(): Promise<TopicLag[]> {
    return this.session === null ? [] : this.session.lags()
  }

  /** Ends the session under way as `run` would end, flushed; the next one opens the archive again at once. */
  reopen(): void {
    this.reopening.abort()
  }

  /** Resolves once `signal` has asked for the end and what was read is flushed. @throws StreamsError what stops it before. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, pause = PAUSE } = this.options
    const session = (ending: AbortSignal, progressed: () => void) => this.runSession(ending, progressed)
    try {
      await runSessions({ session, onWaiting: (error) => this.failed(error), clock, pause }, signal)
    } finally {
      this.state = 'ENDED'
    }
  }

  private async runSession(signal: AbortSignal, progressed: () => void): Promise<void> {
    const { openWriter, events } = this.options
    this.reopening = new AbortController()
    const writer = await openWriter()
    try {
      this.session = new ArchiveSession(this.options, writer, {
        onBegun: () => {
          if (this.waitsFor === null) this.state = 'LIVE'
        },
        onAppended: (rows, refused) => {
          const { counters } = this
          for (const { table } of rows) counters.rows.set(table, (counters.rows.get(table) ?? 0) + 1)
          counters.refused += refused.length
        },
        onFlushed: () => {
          this.flushed()
          progressed()
        },
        onLost: events.onLost,
      })
      await this.session.run(AbortSignal.any([signal, this.reopening.signal]))
    } finally {
      this.session = null
      await writer.close()
    }
  }

  /** An archive that opens and takes no rows is no live one, so it is not the opening that ends a wait. */
  private flushed(): void {
    const waited = this.waitsFor !== null
    this.state = 'LIVE'
    this.waitsFor = null
    if (waited) this.options.events.onLive()
  }

  private failed(error: StreamsError): void {
    const { failures } = this.counters
    failures.set(error.code, (failures.get(error.code) ?? 0) + 1)
    this.state = 'WAITING'
    this.waitsFor = error
    this.options.events.onWaiting(error)
  }
}
