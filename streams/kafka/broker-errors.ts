import { MultipleErrors, protocolErrors } from '@platformatic/kafka'
import { type ErrorPlace, type NextStep, StreamsError } from '../errors.ts'
import { BROKER_ERROR_ROWS, type BrokerErrorRemedy } from './broker-error-rows.ts'

/** One error code of the protocol and what it means for the one who sent the request. */
export interface BrokerError {
  readonly code: number
  readonly name: string
  readonly next: NextStep
  readonly before: BrokerErrorRemedy | null
}

/** What a person reads after the broker's own words. */
const CONSEQUENCE: Readonly<Record<NextStep, string>> = {
  retry: 'tried again after a pause',
  abort: 'the outcome is unknown or lost: a new session reads what is committed and goes on from there',
  fenced: 'somebody else owns this now; this one writes nothing more',
  stop: 'another try would end the same; change the setting or the permission, then start again',
}

/** Of several codes in one answer the gravest decides. */
const GRAVITY: Readonly<Record<NextStep, number>> = { retry: 0, abort: 1, fenced: 2, stop: 3 }

/** The meaning of a code. One that this version does not know stops: what it asks for cannot be guessed. */
export function brokerError(code: number): BrokerError {
  const row = BROKER_ERROR_ROWS[code]
  if (row === undefined) return { code, name: 'UNKNOWN_CODE', next: 'stop', before: null }
  const [name, next, before] = row
  return { code, name, next, before: before ?? null }
}

/** An answer of a broker that is no success. `code` is the protocol's name with `KAFKA_` before it. */
export class BrokerRefusal extends StreamsError {
  readonly broker: BrokerError

  constructor(request: string, broker: BrokerError, place: ErrorPlace, cause?: unknown) {
    const words = protocolErrors[broker.name]?.message ?? 'no such code in this version'
    const message = `${request} was answered with ${broker.name} (${broker.code}: ${words.replace(/\.$/, '')}); ${CONSEQUENCE[broker.next]}`
    super(`KAFKA_${broker.name}`, broker.next, message, place, cause)
    this.name = 'BrokerRefusal'
    this.broker = broker
  }
}

/** A refusal by one code. */
export function refusal(request: string, code: number, place: ErrorPlace): BrokerRefusal {
  return new BrokerRefusal(request, brokerError(code), place)
}

/**
 * Anything that a request rejected with, as what happens next. Without an answer of a broker the request may have been
 * done: `abort`.
 */
export function requestFailed(request: string, cause: unknown, place: ErrorPlace): StreamsError {
  if (cause instanceof StreamsError) return cause
  const codes = codesOf(cause)
  if (codes.length > 0) {
    const [gravest] = codes.map(brokerError).sort((a, b) => GRAVITY[b.next] - GRAVITY[a.next])
    return new BrokerRefusal(request, gravest as BrokerError, place, cause)
  }
  const detail = cause instanceof Error ? cause.message : String(cause)
  const message = `${request} got no answer (${detail}); ${CONSEQUENCE.abort}`
  return new StreamsError('KAFKA_NO_ANSWER', 'abort', message, place, cause)
}

function codesOf(cause: unknown): number[] {
  if (cause instanceof MultipleErrors) return cause.errors.flatMap(codesOf)
  const { apiCode } = (cause ?? {}) as { readonly apiCode?: unknown }
  return typeof apiCode === 'number' ? [apiCode] : []
}
