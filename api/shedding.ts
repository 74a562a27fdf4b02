import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PROBLEM_TYPE } from './answers.ts'
import type { ApiOptions } from './api-options.ts'
import { CONFIRM_ACT, CONFIRM_PATH } from './confirm-route.ts'
import { ApiProblem } from './problem.ts'
import { GUARDS } from './request-log.ts'
import { traceOf } from './trace.ts'

/** Answers a call if there is no room for it; true then. */
export type Shed = (request: IncomingMessage, response: ServerResponse) => boolean

/**
 * Refuses calls for which there is no room before anything is made of them: who is asked for twice what it can must not spend the time of
 * those that it has taken on saying no. The answer, its audit event and its metrics are those that the route would have given.
 */
export function shedCalls(options: ApiOptions): Shed {
  const { confirmation, audit, metrics, sourceTokenOf, holdsCardNumber, clock } = options
  return (request, response) => {
    if (request.method !== 'POST' || request.url !== CONFIRM_PATH) return false
    const refusal = refusalOf(confirmation)
    if (refusal === null) return false
    const { status, body, code, headers } = refusal
    const { traceparent: given } = request.headers
    const { traceId, traceparent } = traceOf(typeof given === 'string' ? given : undefined, holdsCardNumber)
    const requestId = randomUUID()
    response.writeHead(status, {
      ...GUARDS,
      ...headers,
      'content-type': PROBLEM_TYPE,
      'content-length': Buffer.byteLength(body),
      'x-request-id': requestId,
      traceparent,
    })
    response.end(body)
    metrics.answered('POST', CONFIRM_PATH, status, 0)
    audit.record({
      eventId: requestId,
      eventTime: clock.nowMs(),
      actor: 'nobody',
      act: CONFIRM_ACT,
      result: String(status),
      reason: code,
      sourceToken: sourceTokenOf(request.socket.remoteAddress ?? ''),
      requestId,
      traceId,
    })
    return true
  }
}

function refusalOf(confirmation: ApiOptions['confirmation']): ApiProblem | null {
  try {
    confirmation.requireRoom()
    return null
  } catch (error) {
    if (error instanceof ApiProblem) return error
    throw error
  }
}
