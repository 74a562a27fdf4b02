import type { FastifyInstance } from 'fastify'
import { rateHeaders } from './access/rate-limiter.ts'
import { statusOf } from './answers.ts'
import type { ApiOptions } from './api-options.ts'
import type { ConfirmCall, Confirmed } from './confirm.ts'
import { CONFIRM_DOCUMENT } from './document.ts'
import { ApiProblem } from './problem.ts'
import { readConfirm } from './request/confirm-request.ts'
import type { SealedBody } from './request/sealed-body.ts'
import { header } from './request-log.ts'
import { recordHeaders } from './trace.ts'
import { KEY_LIFE_MS } from './view/claim.ts'

export const CONFIRM_PATH = '/payment/confirm'
/** What a call of it is in the audit trail. */
export const CONFIRM_ACT = 'payment.confirm'
/** Method and path: part of what a key is claimed for. */
const ROUTE = `POST ${CONFIRM_PATH}`

/** `POST /payment/confirm` */
export function confirmRoute(app: FastifyInstance, options: ApiOptions): void {
  const { confirmation, replaysAreConflicts, metrics, sealedBodies } = options
  app.post(CONFIRM_PATH, { schema: CONFIRM_DOCUMENT, config: { act: CONFIRM_ACT } }, async (request, reply) => {
    const { principal, trace, body } = request
    if (principal === null) throw new ApiProblem(401, 'BAD_TOKEN', 'Unauthorized', 'a valid access token is needed')
    const plain = isSealed(body) && sealedBodies !== null ? await sealedBodies.open(body) : body
    const asked = readConfirm(
      plain instanceof Uint8Array ? plain : new Uint8Array(0),
      header(request, 'idempotency-key'),
    )
    request.subject = asked.body.transaction_id
    const call: ConfirmCall = {
      caller: principal.subject,
      accounts: principal.accounts,
      route: ROUTE,
      request: asked,
      headers: trace === null ? null : recordHeaders(trace),
    }
    try {
      const confirmed = await confirmation.confirm(call)
      observe(options, confirmed)
      const { answer, replayed, rate, state } = confirmed
      const isConflict = replayed && replaysAreConflicts
      return reply
        .code(isConflict ? 409 : answer.status)
        .headers({
          // When the key is free again (IETF draft, 2.3).
          'idempotency-key-expires': new Date(state.claim.appendTimeMs + KEY_LIFE_MS).toUTCString(),
          ...(replayed && { 'idempotent-replayed': 'true' }),
          ...(rate !== undefined && rateHeaders(rate)),
          ...(answer.status === 401 && { 'www-authenticate': 'OTP realm="payment"' }),
        })
        .type(answer.contentType)
        .send(answer.body)
    } catch (error) {
      metrics.confirmed(error instanceof ApiProblem ? error.code.toLowerCase() : 'failed', 'none')
      throw error
    }
  })
}

function isSealed(body: unknown): body is SealedBody {
  return body !== null && typeof body === 'object' && 'jwe' in body
}

function observe({ metrics, highRiskScore }: ApiOptions, { answer, state }: Confirmed): void {
  const { decision } = state
  const status = answer.status === 401 ? 'invalid_otp' : statusOf(state).toLowerCase()
  metrics.confirmed(status, decision === null ? 'none' : decision.fraudScore >= highRiskScore ? 'high' : 'low')
}
