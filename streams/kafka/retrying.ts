import { setTimeout as pause } from 'node:timers/promises'
import type { ErrorPlace } from '../errors.ts'
import type { BrokerErrorRemedy } from './broker-error-rows.ts'
import { BrokerRefusal, requestFailed } from './broker-errors.ts'

export interface RetryOptions {
  /** The request's name, for errors. */
  readonly request: string
  readonly place: ErrorPlace
  /** No new try after so long; the last refusal is thrown. */
  readonly withinMs: number
  /**
   * True for what may be done twice: then a lost answer is asked for again. False for a step of a transaction, whose
   * unknown outcome only the next session resolves (SPEC X2).
   */
  readonly repeatable: boolean
  /** Called before another try with what has to be found anew. */
  readonly remedy?: (remedy: BrokerErrorRemedy) => void | Promise<void>
}

const FIRST_PAUSE_MS = 2
const PAUSE_MS_MAX = 100

/**
 * Sends a request until it succeeds, fails for good, or `withinMs` has passed.
 * @throws StreamsError by the class of the answer; see `broker-errors.ts`.
 */
export async function retrying<T>(options: RetryOptions, send: () => Promise<T>): Promise<T> {
  const { request, place, withinMs, repeatable, remedy } = options
  const deadlineMs = performance.now() + withinMs
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
    try {
      return await send()
    } catch (cause) {
      const error = requestFailed(request, cause, place)
      const again = error.next === 'retry' || (repeatable && error.next === 'abort')
      if (!again || performance.now() + pauseMs > deadlineMs) throw error
      const before = error instanceof BrokerRefusal ? error.broker.before : null
      if (before !== null) await remedy?.(before)
      // Whoever did not answer may have handed its duties on.
      else if (!(error instanceof BrokerRefusal)) {
        await remedy?.('refresh-metadata')
        await remedy?.('find-coordinator')
      }
    }
    await pause(pauseMs)
  }
}
