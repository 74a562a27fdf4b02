import { type NextStep, StreamsError } from '../streams/errors.ts'

/** What happens after an error of Redis: the same again after a pause, or the end, since a person must set something right. */
type Next = Extract<NextStep, 'retry' | 'stop'>

const LACKS_RIGHT = 'the Redis user lacks a right; docs/alerts.md has the ACL line'
const IS_CLUSTER = 'this is a Redis Cluster; name its nodes in SLUICE_REDIS_CLUSTER_NODES'

/** By the first word of a server's reply (https://redis.io/docs/latest/develop/reference/protocol-spec/, "Simple errors"). */
const REPLIES: Readonly<Record<string, readonly [Next, string]>> = {
  OOM: ['retry', 'Redis is at maxmemory and may evict nothing; alerts wait in the log until it has room'],
  READONLY: ['retry', 'this Redis is a replica; alerts wait for a master'],
  LOADING: ['retry', 'Redis still loads its data'],
  BUSY: ['retry', 'a script of somebody else blocks Redis'],
  MISCONF: ['retry', 'Redis cannot write its snapshot and refuses writes; look at its disk'],
  NOREPLICAS: ['retry', 'Redis has fewer replicas than min-replicas-to-write'],
  MASTERDOWN: ['retry', 'the replica has lost its master'],
  CLUSTERDOWN: ['retry', 'the cluster does not serve every slot'],
  TRYAGAIN: ['retry', 'the cluster moves a slot'],
  NOSCRIPT: ['retry', 'Redis has forgotten the scripts; they are loaded again'],
  GAP: ['retry', 'Redis has lost what was written; what can still be live is written again from the log'],
  UNKILLABLE: ['retry', 'a script of somebody else blocks Redis'],
  NOAUTH: ['stop', 'Redis asks for a password; set SLUICE_REDIS_PASSWORD_FILE'],
  WRONGPASS: ['stop', 'Redis refuses user or password; correct SLUICE_REDIS_USER or SLUICE_REDIS_PASSWORD_FILE'],
  NOPERM: ['stop', LACKS_RIGHT],
  WRONGTYPE: ['stop', 'a key of ours holds something else; find who writes it and remove it'],
  CROSSSLOT: ['stop', IS_CLUSTER],
  MOVED: ['stop', IS_CLUSTER],
  DENIED: ['stop', 'Redis runs in protected mode; bind it to an address or give it a password'],
}

/** Replies that begin with ERR, by a part of their text. */
const PLAIN_REPLIES: readonly (readonly [string, Next, string])[] = [
  ['max number of clients', 'retry', 'Redis has as many clients as it takes'],
  ['without any password configured', 'stop', 'Redis has no password; remove SLUICE_REDIS_PASSWORD_FILE'],
  ['The user executing the script', 'stop', LACKS_RIGHT],
  ['unknown command', 'stop', 'this Redis is too old; 7.0 is the oldest that will do'],
  ['cluster support disabled', 'stop', 'this is one server, and no Redis Cluster; remove SLUICE_REDIS_CLUSTER_NODES'],
  ['DB index is out of range', 'stop', 'Redis has no database of this number; correct SLUICE_REDIS_URL'],
]

const CLOSED = 'the connection to Redis was closed; a TLS port does so to a plain redis:// address'

/** By the code of a socket's error. */
const SOCKET: Readonly<Record<string, readonly [Next, string]>> = {
  ...same('retry', 'Redis cannot be reached', [
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ENETDOWN',
    'EADDRNOTAVAIL',
    'EMFILE',
  ]),
  ...same('retry', CLOSED, ['ECONNRESET', 'ECONNABORTED', 'EPIPE']),
  ...same('stop', 'the certificate of Redis is not trusted; correct SLUICE_REDIS_TLS_CA', [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_GET_ISSUER_CERT',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ]),
  ...same('stop', 'the port of Redis does not speak TLS, or no version of it that we do; correct SLUICE_REDIS_URL', [
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_SSL_PACKET_LENGTH_TOO_LONG',
    'EPROTO',
  ]),
}

/** By what ioredis says itself. */
const CLIENT: readonly (readonly [string, string, string])[] = [
  ['Command timed out', 'TIMED_OUT', 'Redis did not answer in time'],
  [
    'connect ETIMEDOUT',
    'TIMED_OUT',
    'Redis did not take the connection in time; a plain port does so to a TLS rediss:// address',
  ],
  ['read ETIMEDOUT', 'TIMED_OUT', 'the connection to Redis has died'],
  ['Connection is closed', 'CLOSED', CLOSED],
  ["Stream isn't writeable", 'CLOSED', 'the connection to Redis is closed'],
  ["Cluster isn't ready", 'CLOSED', 'no node of the Redis Cluster is connected'],
  ['Cluster is ended', 'CLOSED', 'no node of the Redis Cluster is connected'],
  ['None of startup nodes', 'UNREACHABLE', 'no node of the Redis Cluster can be reached'],
  ['Failed to refresh slots cache', 'UNREACHABLE', 'no node of the Redis Cluster tells of the others'],
  [
    'Too many Cluster redirections',
    'MOVING',
    'the nodes of the Redis Cluster send one another on; it is being rebuilt',
  ],
]

/**
 * What an error of ioredis or of the server means here: the one table of it. What no row names stops the alerter: an
 * error that nobody understands is not to be repeated for ever. The error itself is left behind: it carries its command with
 * all arguments, the password of a log-in among them.
 */
export function redisError(error: unknown): StreamsError {
  if (error instanceof StreamsError) return error
  const { message, code } = error as Error & { readonly code?: string }
  const known = replyRow(message) ?? socketRow(code) ?? clientRow(message)
  if (known !== null) return new StreamsError(`REDIS_${known.name}`, known.next, `${known.what}: ${message}`)
  return new StreamsError('REDIS_UNKNOWN', 'stop', `Redis answered what the alerter does not know: ${message}`)
}

interface Row {
  readonly name: string
  readonly next: Next
  readonly what: string
}

function replyRow(message: string): Row | null {
  const [name = ''] = message.split(' ')
  const row = REPLIES[name]
  if (row !== undefined) return { name, next: row[0], what: row[1] }
  const plain = name === 'ERR' ? PLAIN_REPLIES.find(([part]) => message.includes(part)) : undefined
  return plain === undefined ? null : { name: 'REFUSED', next: plain[1], what: plain[2] }
}

function socketRow(code: string | undefined): Row | null {
  const row = code === undefined ? undefined : SOCKET[code]
  return row === undefined ? null : { name: 'UNREACHABLE', next: row[0], what: row[1] }
}

function clientRow(message: string): Row | null {
  const row = CLIENT.find(([begin]) => message.startsWith(begin))
  return row === undefined ? null : { name: row[1], next: 'retry', what: row[2] }
}

function same(next: Next, what: string, codes: readonly string[]): Record<string, readonly [Next, string]> {
  return Object.fromEntries(codes.map((code) => [code, [next, what] as const]))
}
