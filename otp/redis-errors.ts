import { type NextStep, StreamsError } from '../streams/errors.ts'

/** By the first word of a server's reply: what only a person can set right. */
const STOPS: Readonly<Record<string, string>> = {
  NOAUTH: 'Redis asks for a password; set SLUICE_REDIS_PASSWORD_FILE',
  WRONGPASS: 'Redis refuses user or password; correct SLUICE_REDIS_USER or SLUICE_REDIS_PASSWORD_FILE',
  NOPERM: 'the Redis user lacks a right; docs/otp.md has the ACL line',
  WRONGTYPE: 'a key of ours holds something else; find who writes it and remove it',
  CROSSSLOT: 'this is a Redis Cluster, and one-time codes stand on one server alone',
  MOVED: 'this is a Redis Cluster, and one-time codes stand on one server alone',
  DENIED: 'Redis runs in protected mode; bind it to an address or give it a password',
}

/** By the first word of a server's reply: the world. */
const RETRIES = /^(?:OOM|READONLY|LOADING|BUSY|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|UNKILLABLE)$/

/** What ioredis and sockets say when there is no answer. */
const NO_ANSWER =
  /timed out|ETIMEDOUT|Connection is closed|max retries per request|isn't writeable|ECONN|EPIPE|EHOST|ENET|ENOTFOUND|EAI_AGAIN|max number of clients/

const WAITING = 'no code is made or accepted until it does'

/**
 * What an error of ioredis or of the server means here. What no row names stops: an error that nobody understands is not to be
 * repeated for ever. The error itself is left behind: it carries its command with all arguments.
 */
export function redisError(error: unknown): StreamsError {
  if (error instanceof StreamsError) return error
  const { message, code } = error as Error & { readonly code?: string }
  const [name = ''] = message.split(' ')
  const fail = (next: NextStep, what: string) => new StreamsError('OTP_STORE_REFUSED', next, `${what}: ${message}`)
  if (name === 'FULL') {
    const what = 'the store of one-time codes is full; it takes more as the oldest challenges are forgotten'
    return new StreamsError('OTP_STORE_FULL', 'retry', what)
  }
  const stop = STOPS[name]
  if (stop !== undefined) return fail('stop', stop)
  if (RETRIES.test(name)) return fail('retry', `Redis cannot be written now, and ${WAITING}`)
  if (NO_ANSWER.test(`${code ?? ''} ${message}`)) {
    return new StreamsError('OTP_STORE_UNREACHABLE', 'retry', `Redis does not answer, and ${WAITING}: ${message}`)
  }
  return fail('stop', 'Redis answered what one-time codes do not know')
}
