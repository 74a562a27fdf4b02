import { type ErrorPlace, StreamsError } from '../errors.ts'
import { BrokerRefusal, brokerError } from './broker-errors.ts'

/** What a caller does about an error that a new try may mend. */
export type Remedy = 'retry' | 'abort'

const CONSEQUENCE: Readonly<Record<Remedy, string>> = {
  retry: 'tried again after a pause',
  abort: 'what became of it is unknown: a new session goes on',
}

/**
 * Anything that kafkajs rejected with. What no other try mends (a permission, a setting, a record too large) is `stop`;
 * everything else is what `remedy` says, since kafkajs has tried a few times itself before it gave up.
 */
export function kafkaJsFailed(request: string, error: unknown, remedy: Remedy, place: ErrorPlace): StreamsError {
  if (error instanceof StreamsError) return error
  const chain = causesOf(error)
  const broker = brokerErrorOf(error)
  if (broker?.next === 'stop') return new BrokerRefusal(request, broker, place, error)
  const why = (error as Error).message
  if (chain.some(({ name }) => name === 'KafkaJSSASLAuthenticationError')) {
    const what = `the broker refuses the log-in (${why}); correct user or password, then start again`
    return new StreamsError('KAFKA_SASL_AUTHENTICATION_FAILED', 'stop', what, place, error)
  }
  const code = broker === null ? 'KAFKA_NO_ANSWER' : `KAFKA_${broker.name}`
  return new StreamsError(code, remedy, `${request} failed (${why}); ${CONSEQUENCE[remedy]}`, place, error)
}

/** The broker's answer behind an error of kafkajs; null when there is none. */
export function brokerErrorOf(error: unknown): ReturnType<typeof brokerError> | null {
  for (const cause of causesOf(error)) {
    if ('code' in cause && typeof cause.code === 'number') return brokerError(cause.code)
  }
  return null
}

/** The error and what it stands for, outermost first. */
function causesOf(error: unknown): Error[] {
  const chain: Error[] = []
  for (let one = error; one instanceof Error && !chain.includes(one); ) {
    chain.push(one)
    // Of several errors in one answer the first stands for all.
    one = one.cause ?? (one as { readonly errors?: readonly unknown[] }).errors?.[0]
  }
  return chain
}
