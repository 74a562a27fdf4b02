import type { protos } from '@google-cloud/bigquery-storage'
import type { grpc } from 'google-gax'
import { StreamsError } from '../../streams/errors.ts'

/**
 * What follows from an answer of the Storage Write API.
 *
 * - done:    the rows are in the table already.
 * - replay:  nothing is known or nothing happened; the session ends, and the next one begins from the committed position.
 * - refused: the table does not take these rows as they are; a person never has to help, they are dead-lettered.
 * - fence:   the stream was closed by somebody; whether that was another owner of the partition, the log knows.
 * - stop:    a person must set something right; the position is kept, and the partition goes on from there afterwards.
 */
export type Verdict = 'done' | 'replay' | 'refused' | 'fence' | 'stop'

type Row = readonly [verdict: Verdict, what: string]
type StorageErrorName = keyof typeof protos.google.cloud.bigquery.storage.v1.StorageError.StorageErrorCode
type GrpcStatusName = keyof typeof grpc.status

const RIGHTS =
  'give the account bigquery.tables.updateData on the tables (docs/bigquery.md, "Rights"); so it answers too'
const INIT = '`sluice archive init --bigquery` makes what is missing'

/** By the code that the service puts into the details of an error; it says more than the status. */
const STORAGE_ERRORS: Readonly<Record<StorageErrorName, Row | null>> = {
  STORAGE_ERROR_CODE_UNSPECIFIED: null,
  TABLE_NOT_FOUND: ['stop', `the table is not there; ${INIT}`],
  STREAM_ALREADY_COMMITTED: ['stop', 'the write stream is of a kind that Sluice never makes'],
  STREAM_NOT_FOUND: ['replay', 'BigQuery no longer knows the write stream'],
  INVALID_STREAM_TYPE: ['stop', 'the write stream is of a kind that Sluice never makes'],
  INVALID_STREAM_STATE: ['replay', 'BigQuery has given the write stream up'],
  STREAM_FINALIZED: ['fence', 'somebody has closed the write stream'],
  SCHEMA_MISMATCH_EXTRA_FIELDS: ['stop', `the table lacks a column that the rows have; ${INIT}`],
  OFFSET_ALREADY_EXISTS: ['done', 'the rows are there already'],
  OFFSET_OUT_OF_RANGE: ['replay', 'an append before this one did not arrive'],
  CMEK_NOT_PROVIDED: ['stop', 'the table wants a key of its own (CMEK) that is not given'],
  INVALID_CMEK_PROVIDED: ['stop', 'the key of the table (CMEK) is not valid'],
  CMEK_ENCRYPTION_ERROR: ['stop', 'the key of the table (CMEK) does not encrypt'],
  KMS_SERVICE_ERROR: ['replay', 'the key service does not answer'],
  KMS_PERMISSION_DENIED: ['stop', 'the account may not use the key of the table (CMEK)'],
}

/** By the gRPC status of a call, or of one answer on a connection. */
const STATUSES: Readonly<Record<GrpcStatusName, Row>> = {
  OK: ['stop', 'an error that says OK'],
  CANCELLED: ['replay', 'the call was cancelled'],
  UNKNOWN: ['replay', 'BigQuery failed and does not say why'],
  INVALID_ARGUMENT: ['refused', 'BigQuery does not take the request'],
  DEADLINE_EXCEEDED: ['replay', 'BigQuery did not answer in time'],
  NOT_FOUND: ['stop', `project, dataset or table are not there; ${INIT}`],
  ALREADY_EXISTS: ['done', 'the rows are there already'],
  PERMISSION_DENIED: ['stop', `${RIGHTS} for a table that is not there, which ${INIT}`],
  RESOURCE_EXHAUSTED: ['replay', 'a quota of BigQuery is used up'],
  FAILED_PRECONDITION: ['fence', 'somebody has closed the write stream'],
  ABORTED: ['replay', 'BigQuery gave the request up after an earlier failure'],
  OUT_OF_RANGE: ['replay', 'an append before this one did not arrive'],
  UNIMPLEMENTED: ['stop', 'this endpoint does not speak the Storage Write API; correct SLUICE_BIGQUERY_STORAGE'],
  INTERNAL: ['replay', 'BigQuery failed'],
  UNAVAILABLE: ['replay', 'BigQuery cannot be reached'],
  DATA_LOSS: ['stop', 'BigQuery reports lost data; look at the project before anything else is written'],
  UNAUTHENTICATED: ['stop', 'BigQuery does not accept the credentials; correct SLUICE_BIGQUERY_KEY_FILE'],
}

/** An error of the service as it comes over the wire; `storageError` 0 where it gives none. */
export interface StorageStatus {
  readonly status: number
  readonly storageError: number
  readonly message: string
}

/** A verdict with the name that logs and metrics call it. */
export interface Judgement {
  readonly verdict: Verdict
  /** BIGQUERY_ and the name of the code. */
  readonly code: string
  readonly what: string
}

/** Both tables stand in the order of their numbers. */
const STORAGE_ERROR_NAMES = Object.keys(STORAGE_ERRORS) as readonly StorageErrorName[]
const STATUS_NAMES = Object.keys(STATUSES) as readonly GrpcStatusName[]

/** The one table of what errors of the Storage Write API mean. What it does not know stops the partition. */
export function judge({ status, storageError, message }: StorageStatus): Judgement {
  const storageName = STORAGE_ERROR_NAMES[storageError]
  const special = storageName === undefined ? null : STORAGE_ERRORS[storageName]
  const name = special === null ? STATUS_NAMES[status] : storageName
  const row = special ?? (name === undefined ? undefined : STATUSES[name as GrpcStatusName])
  if (row === undefined) {
    return {
      verdict: 'stop',
      code: 'BIGQUERY_UNKNOWN',
      what: `BigQuery answered what Sluice does not know: ${message}`,
    }
  }
  const [verdict, what] = row
  return { verdict, code: `BIGQUERY_${name}`, what: `${what}: ${message}` }
}

/** An error of a call or a connection, where no single append is meant: there nothing is done and no row refused. */
export function callError({ verdict, code, what }: Judgement, place: { readonly topic?: string } = {}): StreamsError {
  const next = verdict === 'stop' || verdict === 'refused' ? 'stop' : verdict === 'fence' ? 'fenced' : 'retry'
  return new StreamsError(code, next, what, place)
}
