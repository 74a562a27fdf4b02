import { type NextStep, StreamsError } from '../../streams/errors.ts'

type Next = Extract<NextStep, 'retry' | 'stop'>
type Row = readonly [next: Next, what: string]

const INIT = '`sluice archive init --bigquery` makes what is missing'
const QUOTA = 'a quota of BigQuery is used up; rows wait in the log'
const FAILED = 'BigQuery failed'
const DENIED = 'the account lacks a right; docs/bigquery.md, "Rights", lists them'
const CREDENTIALS =
  'there are no credentials; name a key file in SLUICE_BIGQUERY_KEY_FILE, or `gcloud auth application-default login`'

/** By the reason that BigQuery gives (https://cloud.google.com/bigquery/docs/error-messages, "Error table"). */
const REASONS: Readonly<Record<string, Row>> = {
  accessDenied: ['stop', DENIED],
  attributeError: ['stop', 'BigQuery does not take the request'],
  backendError: ['retry', FAILED],
  billingNotEnabled: ['stop', 'the project has no billing, which streaming needs; enable it'],
  billingTierLimitExceeded: ['stop', 'the project’s billing tier does not allow it; raise it'],
  blocked: ['stop', 'BigQuery has blocked the operation; ask its support'],
  duplicate: ['stop', 'it is there already'],
  internalError: ['retry', FAILED],
  invalid: ['stop', 'BigQuery does not take the request'],
  invalidQuery: ['stop', 'BigQuery does not take the query'],
  invalidUser: ['stop', 'BigQuery does not know the account; correct SLUICE_BIGQUERY_KEY_FILE'],
  jobBackendError: ['retry', FAILED],
  jobInternalError: ['retry', FAILED],
  jobRateLimitExceeded: ['retry', QUOTA],
  notFound: ['stop', `project, dataset or table are not there; ${INIT}`],
  notImplemented: ['stop', 'the endpoint does not know the request; correct SLUICE_BIGQUERY_URL'],
  proxyAuthenticationRequired: ['stop', 'a proxy wants a log-in'],
  quotaExceeded: ['retry', QUOTA],
  rateLimitExceeded: ['retry', QUOTA],
  resourceInUse: ['retry', 'somebody else changes it at the same time'],
  resourcesExceeded: ['retry', 'BigQuery has not the resources for it now'],
  responseTooLarge: ['stop', 'the answer is too large'],
  stopped: ['retry', 'the job was stopped'],
  tableUnavailable: ['retry', 'the table cannot be reached now'],
  timeout: ['retry', 'BigQuery did not answer in time'],
  userRateLimitExceeded: ['retry', QUOTA],
}

/** By the status of HTTP, where no reason is known. */
const STATUSES: Readonly<Record<number, Row>> = {
  400: ['stop', 'BigQuery does not take the request'],
  401: ['stop', 'BigQuery does not accept the credentials; correct SLUICE_BIGQUERY_KEY_FILE'],
  403: ['stop', DENIED],
  404: ['stop', `project, dataset or table are not there; ${INIT}`],
  407: ['stop', 'a proxy wants a log-in'],
  408: ['retry', 'BigQuery did not answer in time'],
  409: ['stop', 'it is there already'],
  412: ['retry', 'somebody else changed it at the same time'],
  429: ['retry', QUOTA],
  500: ['retry', FAILED],
  501: ['stop', 'the endpoint does not know the request; correct SLUICE_BIGQUERY_URL'],
  502: ['retry', FAILED],
  503: ['retry', FAILED],
  504: ['retry', FAILED],
}

/** By the code of an error below HTTP. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
])

/** By what the library for credentials says. */
const LOG_IN: readonly (readonly [part: RegExp, Row])[] = [
  [/Could not load the default credentials|Unable to detect a Project Id/, ['stop', CREDENTIALS]],
  [/invalid_grant|invalid_client|unauthorized_client|Invalid JWT|DECODER routines|PEM/, STATUSES[401]!],
  [/socket hang up|network socket disconnected|network timeout|fetch failed/i, ['retry', 'BigQuery cannot be reached']],
]

/** An error of REST, of a job, or of the library itself. */
interface RestError extends Error {
  readonly code?: number | string
  readonly status?: number
  readonly errors?: readonly { readonly reason?: string }[]
}

/**
 * What an error of BigQuery's REST API means: the one table of it. What no row names stops; an error that nobody understands is
 * not repeated for ever. The message stays, the request with its headers does not.
 */
export function restError(error: unknown, place: { readonly topic?: string } = {}): StreamsError {
  if (error instanceof StreamsError) return error
  const { message, code, errors } = error as RestError
  // A rejected statement has changed nothing; the reason that comes with it is that of any bad query.
  if (/streaming buffer/i.test(message)) {
    const what = 'rows that came in the last 90 minutes cannot be changed yet'
    return new StreamsError('BIGQUERY_STREAMING_BUFFER', 'retry', what, place)
  }
  const reason = errors?.find((one) => one.reason !== undefined && one.reason in REASONS)?.reason
  const [name, row] =
    reason !== undefined
      ? ([reason, REASONS[reason]!] as const)
      : (byStatus(code) ?? bySocket(code) ?? byText(message) ?? (['UNKNOWN', UNKNOWN] as const))
  const [next, what] = row
  return new StreamsError(`BIGQUERY_${screaming(name)}`, next, `${what}: ${firstLine(message)}`, place)
}

/**
 * What the end of a failed job means, by the same table. It has written nothing. BigQuery's own message may hold values of rows: the
 * job's id leads to it.
 */
export function jobError(reason: string | undefined, jobId: string, table: string): StreamsError {
  const [name, [next, what]] =
    reason !== undefined && reason in REASONS ? ([reason, REASONS[reason]!] as const) : (['UNKNOWN', UNKNOWN] as const)
  const where = `the load job ${jobId} failed (${name}), BigQuery’s console says why`
  return new StreamsError(`BIGQUERY_JOB_${screaming(name)}`, next, `${what}; ${where}`, { topic: table })
}

const UNKNOWN: Row = ['stop', 'BigQuery answered what Sluice does not know']
type Named = readonly [name: string, row: Row]

function byStatus(code: RestError['code']): Named | null {
  const row = STATUSES[Number(code)]
  return row === undefined ? null : [`HTTP_${code}`, row]
}

function bySocket(code: RestError['code']): Named | null {
  return UNREACHABLE.has(String(code)) ? ['UNREACHABLE', ['retry', 'BigQuery cannot be reached']] : null
}

function byText(message: string): Named | null {
  const row = LOG_IN.find(([part]) => part.test(message))?.[1]
  if (row === undefined) return null
  return [row[0] === 'retry' ? 'UNREACHABLE' : 'CREDENTIALS', row]
}

/** `rateLimitExceeded` is RATE_LIMIT_EXCEEDED. */
function screaming(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? ''
}
