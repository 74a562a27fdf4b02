import type { StreamsError } from '../streams/errors.ts'
import { runSessions } from '../streams/sink/run-sessions.ts'
import { AlertSession, type AlertSources, type SessionEvents } from './alert-session.ts'
import type { AlertStore } from './alert-store.ts'
import type { ReadEntry } from './entry-decoder.ts'

const PAUSE = { firstMs: 100, maxMs: 5_000 } as const

/**
 * - CONNECTING: the store is being opened.
 * - LIVE:       entries go to it as they come.
 * - WAITING:    it cannot be written; entries wait in the log, and it is asked again after a pause.
 * - ENDED:      asked to end, or stopped by what only a person can set right.
 */
export const ALERTER_STATES = ['CONNECTING', 'LIVE', 'WAITING', 'ENDED'] as const
export type AlerterState = (typeof ALERTER_STATES)[number]

export interface AlerterOptions extends AlertSources {
  readonly clock: { nowMs(): number; sleep(delayMs: number, signal: AbortSignal): Promise<void> }
  /** Opens the store for one session, which closes it. @throws StreamsError */
  readonly openStore: () => Promise<AlertStore>
  readonly events: Pick<SessionEvents, 'onLost'> & {
    /** Entries wait after this; the alerter goes on. */
    readonly onWaiting: (error: StreamsError) => void
    /** They are written again. */
    readonly onLive: () => void
    readonly onWritten: (latencyMs: number) => void
  }
}

/** What health and metrics read. */
export interface AlerterCounters {
  /** Entries written, by topic; again after a store was emptied. */
  readonly written: Map<string, number>
  malformed: number
  /** Sessions that ended with an error, by its code. */
  readonly failures: Map<string, number>
}

/** Carries committed alerts and actions from the log to the store (SPEC A1 to A3), session after session. */
export class Alerter {
  state: AlerterState = 'CONNECTING'
  /** What it waits for; null when nothing is wrong. */
  waitsFor: StreamsError | null = null
  readonly counters: AlerterCounters = { written: new Map(), malformed: 0, failures: new Map() }
  private readonly options: AlerterOptions
  private session: AlertSession | null = null

  constructor(options: AlerterOptions) {
    this.options = options
  }

  /** Entries between log and store. */
  get buffered(): number {
    return this.session?.buffered ?? 0
  }

  /** Resolves once `signal` has asked for the end and what was fetched is written. @throws StreamsError what stops it before. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, deadLetters } = this.options
    const session = (ending: AbortSignal, progressed: () => void) => this.runSession(ending, progressed)
    try {
      await runSessions({ session, onWaiting: (error) => this.failed(error), clock, pause: PAUSE }, signal)
    } finally {
      this.state = 'ENDED'
      await deadLetters.close()
    }
  }

  private async runSession(signal: AbortSignal, progressed: () => void): Promise<void> {
    const { openStore, events } = this.options
    const store = await openStore()
    try {
      this.session = new AlertSession(this.options, store, {
        onAnswered: () => {
          progressed()
          this.answered()
        },
        onWritten: (group, latencyMs) => this.written(group, latencyMs),
        onLost: events.onLost,
      })
      await this.session.run(signal)
    } finally {
      this.session = null
      store.close()
    }
  }

  private answered(): void {
    if (this.state === 'LIVE') return
    const waited = this.waitsFor !== null
    this.state = 'LIVE'
    this.waitsFor = null
    if (waited) this.options.events.onLive()
  }

  private written(group: readonly ReadEntry[], latencyMs: number): void {
    const { written } = this.counters
    for (const { at, entry, malformed } of group) {
      if (malformed !== null) this.counters.malformed++
      else if (entry.kind !== 'passed') written.set(at.topic, (written.get(at.topic) ?? 0) + 1)
    }
    this.options.events.onWritten(latencyMs)
  }

  private failed(error: StreamsError): void {
    const { failures } = this.counters
    failures.set(error.code, (failures.get(error.code) ?? 0) + 1)
    this.state = 'WAITING'
    this.waitsFor = error
    this.options.events.onWaiting(error)
  }
}
