import { ProtocolError, protocolErrors, ResponseError, TimeoutError } from '@platformatic/kafka'
import { describe, expect, test } from 'vitest'
import { StreamsError } from '../../../streams/errors.ts'
import { BROKER_ERROR_ROWS } from '../../../streams/kafka/broker-error-rows.ts'
import { brokerError, requestFailed } from '../../../streams/kafka/broker-errors.ts'

const PLACE = { topic: 'payments.submitted', partition: 3 }
const LISTED = Object.values(protocolErrors).filter(({ code }) => code !== 0)

describe('broker error codes', () => {
  test("every code of the client library's list has a row of its name, and no row is made up", () => {
    const ours = Object.entries(BROKER_ERROR_ROWS).map(([code, [name]]) => `${code} ${name}`)
    expect(LISTED.length).toBeGreaterThan(120)
    expect(ours.sort()).toEqual(LISTED.map(({ code, id }) => `${code} ${id}`).sort())
  })

  test('what is only tried again is what the library calls retriable, but for outcomes that a repeat would hide', () => {
    const differing = LISTED.filter(({ code, canRetry }) => canRetry !== (brokerError(code).next === 'retry'))
    expect(differing.map(({ id }) => id).sort()).toEqual(
      [
        // Retriable there, though nothing is left to be done.
        'ELECTION_NOT_NEEDED',
        // Retriable there; here the request may have been done.
        ...['NETWORK_EXCEPTION', 'REQUEST_TIMED_OUT'],
        // Not retriable there; here the next heartbeat, election, or request brings what is missing.
        ...['BROKER_NOT_AVAILABLE', 'ILLEGAL_GENERATION', 'OPERATION_NOT_ATTEMPTED', 'REASSIGNMENT_IN_PROGRESS'],
        ...['STALE_MEMBER_EPOCH', 'UNKNOWN_SUBSCRIPTION_ID'],
      ].sort(),
    )
  })

  test.each([
    { code: 47, next: 'fenced', why: 'SPEC X3: a zombie that produces' },
    { code: 90, next: 'fenced', why: 'SPEC X3: a zombie that ends a transaction' },
    { code: 49, next: 'fenced', why: 'SPEC X3: a zombie whose producer id has been replaced' },
    { code: 110, next: 'fenced', why: 'SPEC X3: a member that the group has given up' },
    { code: 25, next: 'fenced', why: 'SPEC X3: a member that the group does not know' },
    { code: 45, next: 'abort', why: 'SPEC X2: a batch before this one is not there' },
    { code: 48, next: 'abort', why: 'SPEC X2: the transaction is not what this client believes' },
    { code: 7, next: 'abort', why: 'SPEC X2: it may have been done' },
    { code: 51, next: 'retry', why: 'the former transaction is being completed' },
    { code: 19, next: 'retry', why: 'also "unable to verify", when requests of one transaction meet' },
    { code: 29, next: 'stop', why: 'a permission' },
    { code: 9_999, next: 'stop', why: 'a code of a later broker' },
  ] as const)('$why: $code is $next', ({ code, next }) => {
    expect(brokerError(code).next).toBe(next)
  })

  test('what a new leader or coordinator would answer is asked anew', () => {
    expect(brokerError(6).before).toBe('refresh-metadata')
    expect(brokerError(16).before).toBe('find-coordinator')
    for (const { code } of LISTED) if (brokerError(code).next === 'stop') expect(brokerError(code).before).toBeNull()
  })
})

describe('a request that failed', () => {
  test('of several codes in one answer the gravest decides', () => {
    const answer = new ResponseError(28, 5, { '/a': [51, null], '/b': [47, null], '/c': [15, null] }, {})
    const error = requestFailed('TxnOffsetCommit', answer, PLACE)
    expect(error).toMatchObject({ code: 'KAFKA_INVALID_PRODUCER_EPOCH', next: 'fenced', place: PLACE })
    expect(error.message).toMatch(
      /^TxnOffsetCommit was answered with INVALID_PRODUCER_EPOCH \(47: .*payments.submitted-3/,
    )
  })

  test('SPEC X2: without an answer the outcome is unknown, whatever broke', () => {
    for (const cause of [new TimeoutError('too long'), new Error('ECONNRESET'), 'nothing']) {
      expect(requestFailed('EndTxn', cause, PLACE)).toMatchObject({ code: 'KAFKA_NO_ANSWER', next: 'abort' })
    }
  })

  test('a single code and an error of ours keep what they say', () => {
    expect(requestFailed('Fetch', new ProtocolError(6), PLACE)).toMatchObject({ code: 'KAFKA_NOT_LEADER_OR_FOLLOWER' })
    const ours = new StreamsError('LOG_CLOSED', 'stop', 'closed')
    expect(requestFailed('Fetch', ours, PLACE)).toBe(ours)
  })
})
