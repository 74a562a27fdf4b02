import { StreamsError } from '../errors.ts'
import type { BrokerAddress } from './kafka-options.ts'

/** Nothing was sent: the same can be tried again. */
export function unreachable(broker: BrokerAddress, why: string, cause?: unknown): StreamsError {
  return new StreamsError(
    'KAFKA_UNREACHABLE',
    'retry',
    `${nameOf(broker)}: ${why}; tried again after a pause`,
    {},
    cause,
  )
}

/**
 * The request was sent and its answer never came, so it may have been done. `abort` is what that means to a transaction;
 * who only reads may ask again.
 */
export function noAnswer(broker: BrokerAddress, why: string, cause?: unknown): StreamsError {
  const message = `${nameOf(broker)}: ${why}; what was asked for may have been done`
  return new StreamsError('KAFKA_NO_ANSWER', 'abort', message, {}, cause)
}

/** The other side is no broker that we can talk to: a setting is wrong. */
export function misfit(code: string, broker: BrokerAddress, what: string, cause?: unknown): StreamsError {
  return new StreamsError(code, 'stop', `${nameOf(broker)}: ${what}`, {}, cause)
}

/** True for the two transport errors that a repeatable request may be sent again after. */
export function isTransportError(error: unknown): error is StreamsError {
  return error instanceof StreamsError && (error.code === 'KAFKA_UNREACHABLE' || error.code === 'KAFKA_NO_ANSWER')
}

function nameOf({ host, port }: BrokerAddress): string {
  return `broker ${host}:${port}`
}
