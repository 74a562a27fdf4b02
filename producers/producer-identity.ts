import { StreamsError } from '../streams/errors.ts'
import type { Log, ProducerSession } from '../streams/log/log.ts'
import type { Clock } from './clock.ts'

const FIRST_BACKOFF_MS = 20
const BACKOFF_MS_MAX = 2_000

/** The session in force and its number: sequences count within one generation. */
export interface Generation {
  readonly session: ProducerSession
  readonly number: number
}

/** A producer's session on the log, replaced when the log says that it is lost. All partitions share it. */
export class ProducerIdentity {
  readonly #log: Pick<Log, 'openProducer'>
  readonly #name: string | null
  readonly #clock: Clock
  readonly #signal: AbortSignal
  #current: Promise<Generation> | null = null
  /** How many sessions were opened so far. */
  opened = 0

  constructor(log: Pick<Log, 'openProducer'>, name: string | null, clock: Clock, signal: AbortSignal) {
    this.#log = log
    this.#name = name
    this.#clock = clock
    this.#signal = signal
  }

  /** The session in force; opens one when there is none. */
  current(): Promise<Generation> {
    this.#current ??= this.#open()
    return this.#current
  }

  /** Gives up the session of `lost` and opens the next; asked again for the same one, it answers with that next one. */
  async renew(lost: Generation): Promise<Generation> {
    const current = await this.current()
    if (current.number !== lost.number) return current
    this.#current = null
    // The session is dead: whether its close succeeds changes nothing.
    await lost.session.close().catch(() => undefined)
    return this.current()
  }

  /** Waits before the next attempt: twice as long each time, up to two seconds. */
  async backOff(attempt: number): Promise<void> {
    const waitMs = Math.min(BACKOFF_MS_MAX, FIRST_BACKOFF_MS * 2 ** attempt)
    await this.#clock.sleepUntil(this.#clock.now() + waitMs, this.#signal)
    if (this.#signal.aborted) throw abandoned()
  }

  async close(): Promise<void> {
    // A session that could not be opened has nothing to close; whoever needed it was told.
    const current = await this.#current?.catch(() => null)
    await current?.session.close()
  }

  async #open(): Promise<Generation> {
    for (let attempt = 0; ; attempt++) {
      try {
        const session = await this.#log.openProducer(this.#name)
        return { session, number: this.opened++ }
      } catch (error) {
        if (!(error instanceof StreamsError) || error.next !== 'retry') throw error
        await this.backOff(attempt)
      }
    }
  }
}

/** Why a batch was given up: the producer was closed without waiting for it. */
export function abandoned(): StreamsError {
  return new StreamsError(
    'PRODUCER_ABANDONED',
    'stop',
    'the producer was closed before the log acknowledged; send again',
  )
}
