import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { isFinal, paymentView, statusOf } from './answers.ts'
import type { ApiOptions } from './api-options.ts'
import { EVENTS_DOCUMENT, PAYMENT_DOCUMENT, RESEND_DOCUMENT } from './document.ts'
import { ApiProblem, unavailable } from './problem.ts'
import type { Claim } from './view/claim.ts'

const HEARTBEAT_MS = 15_000
const ParamsSchema = z.strictObject({ transactionId: z.string() })

/** `GET /payments/{id}`, its events, and the wish for another code. */
export function paymentRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { view } = options
  app.get('/payments/:transactionId', { schema: PAYMENT_DOCUMENT, config: { act: 'payment.read' } }, async (request) =>
    paymentView(view.stateOf(claimOf(request, options))),
  )
  eventsRoute(app, options)
  app.post(
    '/payments/:transactionId/otp',
    { schema: RESEND_DOCUMENT, config: { act: 'otp.resend' } },
    async (request, reply) => {
      const { challenges } = options
      const claim = claimOf(request, options)
      const state = view.stateOf(claim)
      if (statusOf(state) !== 'OTP_REQUIRED' || state.decision === null) {
        throw new ApiProblem(409, 'NO_CODE_AWAITED', 'Conflict', 'this payment waits for no code')
      }
      if (challenges === null) throw unavailable('CODES_UNAVAILABLE', 'nobody makes codes here')
      const { decisionId } = state.decision
      const resent = await challenges.resend({ ...claim, decisionId }, request.principal?.subject ?? '')
      if (resent.kind === 'over')
        throw new ApiProblem(409, 'NO_CODE_AWAITED', 'Conflict', 'this payment waits for no code')
      const { waitMs } = resent
      const { expiresInMs } = resent.state
      if (resent.kind === 'too-often') {
        throw new ApiProblem(429, 'CODES_LIMITED', 'Too many codes', 'wait before asking for another', {
          headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))) },
        })
      }
      return reply.code(202).send({ status: 'OTP_REQUIRED', expires_in: Math.ceil(expiresInMs / 1_000) })
    },
  )
}

/** The payment's states as server-sent events, until it has the last one. */
function eventsRoute(app: FastifyInstance, options: ApiOptions): void {
  const { view, streamsMax } = options
  const open = new Set<() => void>()
  app.addHook('preClose', async () => {
    for (const end of [...open]) end()
  })
  app.get(
    '/payments/:transactionId/events',
    { schema: EVENTS_DOCUMENT, config: { act: 'payment.follow' } },
    async (request, reply) => {
      const claim = claimOf(request, options)
      if (open.size >= streamsMax) throw unavailable('STREAMS_FULL', 'too many payments are followed here')
      const { raw } = reply
      const headers = Object.fromEntries(
        Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
      )
      reply.hijack()
      // A connection that was lost while the token was checked has told of its end already, and tells nobody again.
      if (raw.destroyed) return
      raw.writeHead(200, { ...headers, 'content-type': 'text/event-stream' })
      let shown = ''
      const show = () => {
        const state = view.stateOf(claim)
        const text = JSON.stringify(paymentView(state))
        if (text !== shown) raw.write(`event: payment\ndata: ${text}\n\n`)
        shown = text
        if (isFinal(statusOf(state))) end()
      }
      const heartbeat = setInterval(() => raw.write(':\n\n'), HEARTBEAT_MS)
      const stop = view.listen(claim.claimId, show)
      const end = () => {
        clearInterval(heartbeat)
        stop()
        open.delete(end)
        raw.end()
      }
      open.add(end)
      raw.once('close', end)
      show()
    },
  )
}

/** The caller's own payment; another's is as one that is not there. */
function claimOf(request: FastifyRequest, { view }: ApiOptions): Claim {
  const params = ParamsSchema.safeParse(request.params)
  const transactionId = params.success ? params.data.transactionId : ''
  // Whole: what is cut out of a card number is one too.
  request.subject = transactionId
  for (const account of request.principal?.accounts ?? []) {
    const claim = view.claimOfPayment(account, transactionId)
    if (claim !== null) return claim
  }
  throw new ApiProblem(404, 'NOT_FOUND', 'Not found', 'none of your payments of the last day has this id')
}
