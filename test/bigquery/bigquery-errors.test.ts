import { protos } from '@google-cloud/bigquery-storage'
import { grpc } from 'google-gax'
import { describe, expect, test } from 'vitest'
import { jobError, restError } from '../../bigquery/dataset/rest-errors.ts'
import { callError, judge } from '../../bigquery/storage/storage-errors.ts'

const { StorageErrorCode } = protos.google.cloud.bigquery.storage.v1.StorageError

/** Names and numbers of an enum of the libraries, whichever way round they have it. */
function namesOf(codes: object): (readonly [name: string, code: number])[] {
  return Object.entries(codes).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
}

describe('errors of the Storage Write API', () => {
  test('SPEC B2: every status of gRPC has its row under its own name', () => {
    const statuses = namesOf(grpc.status)
    expect(statuses).toHaveLength(17)
    for (const [name, status] of statuses) {
      expect(judge({ status, storageError: 0, message: 'why' }).code).toBe(`BIGQUERY_${name}`)
    }
  })

  test('SPEC B2: every code of the service has its row, and goes before the status', () => {
    const codes = namesOf(StorageErrorCode).filter(([, code]) => code !== 0)
    expect(codes.length).toBeGreaterThan(10)
    for (const [name, storageError] of codes) {
      expect(judge({ status: grpc.status.UNKNOWN, storageError, message: 'why' }).code).toBe(`BIGQUERY_${name}`)
    }
  })

  test.each([
    ['an unknown status', 99, 0, 'stop'],
    ['an unknown code of the service, by its status', grpc.status.UNAVAILABLE, 99, 'replay'],
    ['rows that are there already', grpc.status.ALREADY_EXISTS, 0, 'done'],
    ['a closed stream', grpc.status.FAILED_PRECONDITION, StorageErrorCode.STREAM_FINALIZED, 'fence'],
    ['a column too many', grpc.status.INVALID_ARGUMENT, StorageErrorCode.SCHEMA_MISMATCH_EXTRA_FIELDS, 'stop'],
    ['rows that are refused', grpc.status.INVALID_ARGUMENT, 0, 'refused'],
  ])('%s', (_, status, storageError, verdict) => {
    expect(judge({ status, storageError, message: 'why' }).verdict).toBe(verdict)
  })

  test('where a whole call failed nothing is done, and what was refused stops', () => {
    const nextOf = (status: number) => callError(judge({ status, storageError: 0, message: 'why' })).next
    expect(nextOf(grpc.status.ALREADY_EXISTS)).toBe('retry')
    expect(nextOf(grpc.status.INVALID_ARGUMENT)).toBe('stop')
    expect(nextOf(grpc.status.FAILED_PRECONDITION)).toBe('fenced')
  })
})

describe('errors of the REST API', () => {
  const errorOf = (message: string, given: object) => restError(Object.assign(new Error(message), given))

  test.each([
    [
      'a quota, which has the status of a missing right',
      { code: 403, errors: [{ reason: 'quotaExceeded' }] },
      'QUOTA_EXCEEDED',
      'retry',
    ],
    ['a missing right', { code: 403, errors: [{ reason: 'accessDenied' }] }, 'ACCESS_DENIED', 'stop'],
    ['a status without a known reason', { code: 503, errors: [{ reason: 'new' }] }, 'HTTP_503', 'retry'],
    ['refused credentials', { code: 401 }, 'HTTP_401', 'stop'],
    ['a refused connection', { code: 'ECONNREFUSED' }, 'UNREACHABLE', 'retry'],
    ['something new', { code: 418 }, 'UNKNOWN', 'stop'],
  ])('SPEC B2: %s', (_, given, code, next) => {
    expect(errorOf('why', given)).toMatchObject({ code: `BIGQUERY_${code}`, next })
  })

  test.each([
    [
      'no credentials anywhere',
      'Could not load the default credentials. Browse to https://cloud.google.com/docs',
      'CREDENTIALS',
      'stop',
    ],
    ['an account that was deleted', 'invalid_grant: Invalid grant: account not found', 'CREDENTIALS', 'stop'],
    ['a key that is none', 'error:1E08010C:DECODER routines::unsupported', 'CREDENTIALS', 'stop'],
    ['a cut connection', 'socket hang up', 'UNREACHABLE', 'retry'],
  ])('SPEC B2: %s gives one line', (_, message, code, next) => {
    const error = errorOf(`${message}\nmore`, {})
    expect(error).toMatchObject({ code: `BIGQUERY_${code}`, next })
    expect(error.message).not.toContain('\n')
    if (next === 'stop') expect(error.message).toContain('SLUICE_BIGQUERY_KEY_FILE')
  })
})

describe('errors of load jobs', () => {
  /** https://cloud.google.com/bigquery/docs/error-messages, "Error table". */
  const REASONS =
    'accessDenied attributeError backendError billingNotEnabled billingTierLimitExceeded blocked duplicate internalError invalid ' +
    'invalidQuery invalidUser jobBackendError jobInternalError jobRateLimitExceeded notFound notImplemented ' +
    'proxyAuthenticationRequired quotaExceeded rateLimitExceeded resourceInUse resourcesExceeded responseTooLarge stopped ' +
    'tableUnavailable timeout'

  test('SPEC B2: every reason has its row, and leads to the job by its id', () => {
    const nexts = REASONS.split(' ').map((reason) => {
      const error = jobError(reason, 'sluice_1', 'audit_log')
      expect(error.code).toBe(`BIGQUERY_JOB_${reason.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()}`)
      expect(error.message).toContain('sluice_1')
      return error.next
    })
    expect(nexts.filter((next) => next === 'retry')).toHaveLength(12)
    expect(jobError('new', 'sluice_1', 'audit_log')).toMatchObject({ code: 'BIGQUERY_JOB_UNKNOWN', next: 'stop' })
  })
})
