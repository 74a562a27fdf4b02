import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { ApiOptions } from './api-options.ts'
import { confirmRoute } from './confirm-route.ts'
import { apiDocument } from './document.ts'
import { paymentRoutes } from './payment-routes.ts'
import { ApiProblem } from './problem.ts'
import { BODY_BYTES_MAX } from './request/body-text.ts'
import { SEALED_BYTES_MAX, type SealedBody } from './request/sealed-body.ts'
import { answerErrors, countRequests, observeRequests } from './request-log.ts'

/** Failed log-ins a minute from one address; then 429. */
const GUESSES = { max: 60, timeWindow: 60_000 }

/** The confirm API as a part of any server: its routes, headers, errors and documents stay within it. */
export function apiRoutes(options: ApiOptions): FastifyPluginAsync {
  return async (app) => {
    app.decorateRequest('principal', null)
    app.decorateRequest('trace', null)
    app.decorateRequest('requestId', '')
    app.decorateRequest('subject', null)
    app.decorateRequest('refusal', null)
    app.setValidatorCompiler(() => () => true) // Bodies are validated from their text, by zod.
    app.setSerializerCompiler(() => (data) => JSON.stringify(data))
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
      (_request, body, done) => done(null, body),
    )
    if (options.sealedBodies !== null) {
      app.addContentTypeParser<Buffer>(
        'application/jose',
        { parseAs: 'buffer', bodyLimit: SEALED_BYTES_MAX },
        (_request, jwe, done) => done(null, { jwe } satisfies SealedBody),
      )
    }
    await app.register(rateLimit, { global: false })
    await apiDocument(app)
    const drained = countRequests(app)
    observeRequests(app, options)
    answerErrors(app, options)
    await app.register(async (routes) => {
      logIn(routes, options)
      confirmRoute(routes, options)
      paymentRoutes(routes, options)
      // After what ends the streams: they would never be over.
      routes.addHook('preClose', drained)
    })
  }
}

/** Nobody comes further without a token; who guesses at tokens is slowed down by address. */
function logIn(app: FastifyInstance, { tokens, audit, confirmation }: ApiOptions): void {
  const guesses = app.createRateLimit(GUESSES)
  app.addHook('onRequest', async (request) => {
    audit.requireRoom()
    // Who asks how a payment stands takes no place, but must not be told that there is none by a view that is not whole.
    if (request.method === 'POST') confirmation.requireRoom()
    else confirmation.requireView()
    try {
      request.principal = await tokens.principalOf(request.headers.authorization)
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 401) throw error
      const guess = await guesses(request)
      if (!('isExceeded' in guess) || !guess.isExceeded) throw error
      throw new ApiProblem(429, 'TOO_MANY_FAILURES', 'Too many requests', 'too many calls without a valid token', {
        headers: { 'retry-after': String(guess.ttlInSeconds) },
      })
    }
  })
}
