import helmet from '@fastify/helmet'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyPluginAsync, FastifySchema } from 'fastify'
import { z } from 'zod'
import {
  ConfirmSchema,
  InReviewSchema,
  NotAllowedSchema,
  PaymentSchema,
  ProblemSchema,
  SuccessSchema,
} from '../schemas/confirm-api.ts'

/** zod as JSON Schema 2020-12, which OpenAPI 3.1 speaks. */
function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}

function content(description: string, schema: z.ZodType, type = 'application/json') {
  return { description, content: { [type]: { schema: jsonSchema(schema) } } }
}

/** 403 is an outcome in its own shape, or a problem: the token lacks the scope or the account. */
function notAllowed() {
  const { description, content: outcome } = content('A code is needed, or it is not allowed', NotAllowedSchema)
  const problem = { 'application/problem+json': { schema: jsonSchema(ProblemSchema) } }
  return { description, content: { ...outcome, ...problem } }
}

function problems(...rows: readonly (readonly [number, string])[]) {
  const entry = ([status, why]: readonly [number, string]) => [
    status,
    content(why, ProblemSchema, 'application/problem+json'),
  ]
  return Object.fromEntries(rows.map(entry))
}

const UNAUTHORIZED = [401, 'No valid token'] as const
const LATER = [503, 'Not now: the same call again, after Retry-After'] as const
const NOT_FOUND = [404, 'None of your payments of the last day'] as const
const NO_SCOPE = [403, 'The token lacks the scope'] as const
const GUESSED = [429, 'Too many calls without a valid token'] as const
/** An event of a stream, by its fields. */
const EventSchema = z.object({ event: z.literal('payment'), data: z.string().describe('A payment, as JSON.') })
const PATH = { type: 'object', properties: { transactionId: { type: 'string' } }, required: ['transactionId'] }
const SECURED = { security: [{ accessToken: [] }] }

export const CONFIRM_DOCUMENT: FastifySchema = {
  ...SECURED,
  summary: 'Confirm a payment',
  description:
    'Answers from what is committed. The same key with the same content gets the first answer again, with Idempotent-Replayed: true, for 24 hours. The body may be encrypted, as application/jose: see docs/api.md.',
  headers: {
    type: 'object',
    properties: { 'idempotency-key': { type: 'string', description: 'In place of idempotency_key; both must agree.' } },
  },
  body: jsonSchema(ConfirmSchema),
  response: {
    200: content('Confirmed', SuccessSchema),
    202: content('In review: see GET /payments/{id}', InReviewSchema),
    403: notAllowed(),
    ...problems(
      [400, 'Missing or malformed, naming the field'],
      [401, 'No valid token; or a wrong code, with tries_left'],
      [409, 'The first call with this key is still running'],
      [413, 'Over 16 KiB'],
      [415, 'Not application/json'],
      [422, 'The key stands for other content, or the payment cannot be processed'],
      [429, 'Over the rate of new payments'],
      LATER,
    ),
  },
}
export const PAYMENT_DOCUMENT: FastifySchema = {
  ...SECURED,
  summary: 'How a payment stands',
  params: PATH,
  response: {
    200: content('The payment', PaymentSchema),
    ...problems(UNAUTHORIZED, NO_SCOPE, NOT_FOUND, GUESSED, LATER),
  },
}
export const EVENTS_DOCUMENT: FastifySchema = {
  ...SECURED,
  summary: 'Its states as they come, until the last',
  params: PATH,
  response: {
    200: content('Server-sent events named `payment`', EventSchema, 'text/event-stream'),
    ...problems(UNAUTHORIZED, NO_SCOPE, NOT_FOUND, GUESSED, LATER),
  },
}
export const RESEND_DOCUMENT: FastifySchema = {
  ...SECURED,
  summary: 'Another one-time code',
  params: PATH,
  response: {
    202: content('Sent', z.object({ status: z.literal('OTP_REQUIRED'), expires_in: z.int() })),
    ...problems(UNAUTHORIZED, NO_SCOPE, NOT_FOUND, [409, 'It waits for no code'], [429, 'Too often'], LATER),
  },
}

/** Serves the document of what is registered after it: OpenAPI 3.1 at /docs/json, for people at /docs. */
export async function apiDocument(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sluice confirm API', version: '1' },
      components: { securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
  })
  await app.register(pages)
}

const pages: FastifyPluginAsync = async (app) => {
  await app.register(helmet)
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })
}
