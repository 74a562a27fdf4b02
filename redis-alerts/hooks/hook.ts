import type { HookDelivery } from '../../schemas/generated/hook-delivery.ts'
import type { StreamsError } from '../../streams/errors.ts'
import { runSessions } from '../../streams/sink/run-sessions.ts'
import type { CircuitState } from './circuit.ts'
import { Dispatcher, type DispatcherOptions } from './dispatcher.ts'
import { HookSession, type HookSources, type SessionEvents, type SessionParts } from './hook-session.ts'

const PAUSE = { firstMs: 100, maxMs: 5_000 } as const

/**
 * - STARTING: it learns from the log what is open.
 * - LIVE:     actions go out as they come, unless the receiver's circuit is open.
 * - WAITING:  the log cannot be read or written; it is asked again after a pause.
 * - ENDED:    asked to end, or stopped by what only a person can set right.
 */
export const HOOK_STATES = ['STARTING', 'LIVE', 'WAITING', 'ENDED'] as const
export type HookState = (typeof HOOK_STATES)[number]

export interface HookOptions extends HookSources, Omit<SessionParts, 'dispatcher'>, DispatcherOptions {
  readonly events: Pick<SessionEvents, 'onLost' | 'onMalformed' | 'onRecorded'> & {
    /** The log fails; the hook goes on after a pause. */
    readonly onWaiting: (error: StreamsError) => void
  }
}

/** What health and metrics read. */
export interface HookCounters {
  /** Records of `hooks.deliveries`, by outcome. */
  readonly outcomes: Map<HookDelivery['outcome'], number>
  malformed: number
}

/** The offsets of a hook on the log are its own, so that none waits for another. */
export function hookGroup(name: string): string {
  return `sluice-hooks-${name}`
}

/** Brings committed actions to one receiver at least once each (SPEC A5), session after session of the log. */
export class Hook {
  state: HookState = 'STARTING'
  readonly name: string
  readonly counters: HookCounters = { outcomes: new Map(), malformed: 0 }
  private readonly options: HookOptions
  private dispatcher: Dispatcher

  constructor(options: HookOptions) {
    this.name = options.hook
    this.options = options
    this.dispatcher = new Dispatcher(options)
  }

  get circuitState(): CircuitState {
    return this.dispatcher.circuitState
  }

  /** Actions that wait for their first or next try. */
  get waiting(): number {
    return this.dispatcher.waitingCount
  }

  /** Resolves once `signal` has asked for the end and what was under way is on record. @throws StreamsError what stops it before. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, events, target } = this.options
    const session = (ending: AbortSignal, progressed: () => void) => this.runSession(ending, progressed)
    const onWaiting = (error: StreamsError) => {
      this.state = 'WAITING'
      events.onWaiting(error)
    }
    try {
      await runSessions({ session, onWaiting, clock, pause: PAUSE }, signal)
    } finally {
      this.state = 'ENDED'
      target.close()
    }
  }

  private runSession(signal: AbortSignal, progressed: () => void): Promise<void> {
    const { options, counters } = this
    const { events } = options
    this.dispatcher = new Dispatcher(options)
    const session = new HookSession(
      options,
      { ...options, dispatcher: this.dispatcher },
      {
        onLive: () => {
          this.state = 'LIVE'
          progressed()
        },
        onRecorded: (delivery) => {
          counters.outcomes.set(delivery.outcome, (counters.outcomes.get(delivery.outcome) ?? 0) + 1)
          events.onRecorded(delivery)
        },
        onMalformed: (at, offset) => {
          counters.malformed++
          events.onMalformed(at, offset)
        },
        onLost: events.onLost,
      },
    )
    return session.run(signal)
  }
}
