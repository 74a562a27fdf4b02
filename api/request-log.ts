import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { StreamsError } from '../streams/errors.ts'
import { PROBLEM_TYPE } from './answers.ts'
import type { ApiOptions } from './api-options.ts'
import { ApiProblem, unavailable } from './problem.ts'
import { traceOf } from './trace.ts'

/** How a call counts whose caller has gone before its answer: what became of its payment, the log knows. */
const CALLER_GONE = 499

/**
 * On every answer, for a browser that should ever show one (OWASP REST Security Cheat Sheet, Security Headers): it runs, frames, guesses
 * and keeps nothing of it. The same each time, so they are not put together anew for each call; pages have helmet's.
 */
export const GUARDS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Fastify's own refusals, by code. */
const FRAMEWORK: Readonly<Record<string, readonly [number, string, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'TOO_LARGE', 'a body has at most 16 KiB'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    415,
    'UNSUPPORTED_TYPE',
    'a body is application/json or, where keys for it are set, application/jose',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'BAD_LENGTH', 'Content-Length is not the length of the body'],
}

/** Request id and trace on every answer; an audit event and the metrics after it. */
export function observeRequests(app: FastifyInstance, options: ApiOptions): void {
  const { audit, metrics, sourceTokenOf, holdsCardNumber, clock } = options
  // Not `onResponse`, which never comes where the connection was lost first.
  const written = (request: FastifyRequest, reply: FastifyReply, address: string) => {
    const { act } = request.routeOptions.config
    const { method, principal, requestId } = request
    const status = reply.raw.headersSent ? reply.statusCode : CALLER_GONE
    metrics.answered(method, request.routeOptions.url ?? 'none', status, reply.elapsedTime / 1_000)
    if (act === undefined) return
    audit.record({
      eventId: requestId,
      eventTime: clock.nowMs(),
      actor: principal?.subject ?? 'nobody',
      role: principal?.scope ?? null,
      act,
      subject: request.subject,
      result: String(status),
      reason: request.refusal,
      sourceToken: sourceTokenOf(address),
      requestId,
      traceId: request.trace?.traceId ?? null,
    })
  }
  app.addHook('onRequest', async (request, reply) => {
    const trace = traceOf(header(request, 'traceparent'), holdsCardNumber)
    request.trace = trace
    const { ip } = request // A connection that was lost has none any more.
    reply.raw.once('close', () => written(request, reply, ip))
    // The server's own ids begin anew with each process.
    request.requestId = randomUUID()
    void reply.headers({ ...GUARDS, 'x-request-id': request.requestId, traceparent: trace.traceparent })
  })
}

/** Every error is problem+json; what nobody foresaw says nothing of itself. */
export function answerErrors(app: FastifyInstance, { onFailure }: Pick<ApiOptions, 'onFailure'>): void {
  app.setErrorHandler(async (error, request, reply) => {
    const problem = problemOf(error)
    const cause = typeof problem.cause === 'string' ? `${problem.code}:${problem.cause}` : problem.code
    request.refusal = cause
    if (problem.status === 500) onFailure(error as Error)
    return reply.code(problem.status).headers(problem.headers).type(PROBLEM_TYPE).send(problem.body)
  })
}

/** Counts requests from now on; what it answers resolves when none is open: a server that closes waits for it before it cuts connections. */
export function countRequests(app: FastifyInstance): () => Promise<void> {
  let open = 0
  let drained = () => {}
  app.addHook('onRequest', async (_request, reply) => {
    open++
    reply.raw.once('close', () => {
      open--
      if (open === 0) drained()
    })
  })
  return () =>
    new Promise((resolve) => {
      drained = resolve
      if (open === 0) resolve()
    })
}

/** A header that comes once; several are as none. */
export function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

function problemOf(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  if (error instanceof StreamsError)
    return unavailable('STREAM_UNAVAILABLE', 'the log cannot be reached; the same call again')
  const known = FRAMEWORK[(error as { readonly code?: string }).code ?? '']
  if (known !== undefined) return new ApiProblem(known[0], known[1], 'Refused', known[2])
  return new ApiProblem(500, 'INTERNAL', 'Internal error', 'this is a bug in Sluice; the same call again is safe')
}
