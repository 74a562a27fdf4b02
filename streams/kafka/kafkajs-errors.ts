import { type ErrorPlace, type NextStep, StreamsError } from '../errors.ts'

/** Errors that no new try mends: a right, a setting or the records themselves must change first. */
const REFUSALS = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'SECURITY_DISABLED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'ILLEGAL_SASL_STATE',
  'UNSUPPORTED_VERSION',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_REQUIRED_ACKS',
  'INVALID_TIMESTAMP',
  'INVALID_RECORD',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'POLICY_VIOLATION',
])

/** The broker's own name for what went wrong, such as OUT_OF_ORDER_SEQUENCE_NUMBER, or the error's class. */
export function kafkaErrorType(error: unknown): string {
  const chain = causes(error)
  const coded = chain.find((one) => 'type' in one && typeof one.type === 'string') as { type: string } | undefined
  return coded?.type ?? chain.at(-1)?.name ?? typeof error
}

/** The error as the runtime knows it: `stop` for a refusal, otherwise what the caller does about a lost answer. */
export function asStreamsError(error: unknown, otherwise: NextStep, what: string, place: ErrorPlace): StreamsError {
  if (error instanceof StreamsError) return error
  const type = kafkaErrorType(error)
  const isRefused = REFUSALS.has(type) || causes(error).some(({ name }) => name === 'KafkaJSSASLAuthenticationError')
  const next = isRefused ? 'stop' : otherwise
  const then = { stop: 'correct it, then start again', abort: 'a new session goes on', retry: 'trying again' }
  const why = (error as Error).message
  return new StreamsError(`KAFKA_${type}`, next, `${what}: ${why}; ${then[next as keyof typeof then]}`, place, error)
}

/** The error and what it stands for, outermost first. */
function causes(error: unknown): Error[] {
  const chain: Error[] = []
  for (let one = error; one instanceof Error && !chain.includes(one); one = one.cause) chain.push(one)
  return chain
}
