import { existsSync } from 'node:fs'
import { join } from 'node:path'
import helmet from '@fastify/helmet'
import files from '@fastify/static'
import type { FastifyError, FastifyInstance, FastifyPluginAsync } from 'fastify'
import { z } from 'zod'
import { type Access, requireOwnOrigin } from './access.ts'
import { actRoutes } from './act-routes.ts'
import { type AlertHub, SUBSCRIBERS_MAX } from './alert-hub.ts'
import { Problem, sendProblem } from './problem.ts'
import type { BoardActs, BoardReads } from './sources.ts'
import { isStreamId } from './stream-id.ts'
import type { SessionView } from './views.ts'

/** Where the board lives on its server. */
export const BOARD_PATH = '/fraud-alerts'

/** What `npm run page` makes. */
const PAGE_FILES = join(import.meta.dirname, '../page/built')

const ACCOUNT = /^[A-Za-z0-9._:-]{1,64}$/
/** A transaction id, or a keyed token. */
const MASKED_SUBJECT = /^(?:[A-Za-z0-9._-]{1,64}|v1:[A-Za-z0-9._-]{1,64}:[0-9a-f]{64})$/
const BODY_BYTES_MAX = 16 * 1024
const LoginBody = z.strictObject({ token: z.string().min(1).max(512) })

export interface BoardOptions {
  readonly hub: AlertHub
  readonly access: Access
  readonly reads: BoardReads
  readonly acts: BoardActs
  /** Told of what is our own fault. */
  readonly onError: (error: Error) => void
}

/** The board as a part of any server: its page, the feed, what the screens read, and what people do. */
export function boardRoutes(options: BoardOptions): FastifyPluginAsync {
  return async (server) => {
    await server.register(
      async (app) => {
        app.setErrorHandler<FastifyError | Problem>((error, _request, reply) => {
          const status = error instanceof Problem ? error.status : (error.statusCode ?? 500)
          // A problem that we have named is not our own fault, whatever its status.
          if (error instanceof Problem || status < 500) return sendProblem(reply, status, error.message)
          options.onError(error)
          return sendProblem(reply, 500, 'the board has failed at this; its log says why')
        })
        app.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, 'there is nothing here'))
        app.addHook('onRoute', (route) => {
          route.bodyLimit = BODY_BYTES_MAX
        })
        await guard(app)
        await pageRoutes(app)
        feedRoute(app, options)
        sessionRoutes(app, options)
        readRoutes(app, options)
        actRoutes(app, options.access, options.acts)
      },
      { prefix: BOARD_PATH },
    )
  }
}

/** Nothing but our own files runs on the page, and nobody frames it. */
async function guard(app: FastifyInstance): Promise<void> {
  const own = ["'self'"]
  const none = ["'none'"]
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: none,
        scriptSrc: own,
        styleSrc: own,
        imgSrc: [...own, 'data:'],
        connectSrc: own,
        baseUri: none,
        formAction: own,
        frameAncestors: none,
      },
    },
    // Plain HTTP on loopback is the default; who puts TLS in front says so there.
    strictTransportSecurity: false,
    crossOriginEmbedderPolicy: false,
  })
}

async function pageRoutes(app: FastifyInstance): Promise<void> {
  if (!existsSync(join(PAGE_FILES, 'index.html'))) {
    app.get('/*', () => {
      throw new Problem(503, 'the page has not been built; run `npm run page`')
    })
    return
  }
  await app.register(files, {
    root: join(PAGE_FILES, 'assets'),
    prefix: '/assets/',
    // Their names change with their content.
    immutable: true,
    maxAge: '1y',
    decorateReply: true,
  })
  const pages = ['', '/account/:id', '/decision/:id', '/pipeline', '/rules', '/review', '/compliance']
  for (const page of pages) {
    app.get(page, (_request, reply) =>
      reply.header('cache-control', 'no-cache').sendFile('index.html', PAGE_FILES, { cacheControl: false }),
    )
  }
}

interface FeedRequest {
  readonly Querystring: { readonly after?: string }
}

function feedRoute(app: FastifyInstance, { hub, access, onError }: BoardOptions): void {
  app.get<FeedRequest>('/api/feed', (request, reply) => {
    access.require(request, 'viewer')
    const after = request.headers['last-event-id'] ?? request.query.after ?? null
    if (after !== null && !(typeof after === 'string' && isStreamId(after))) {
      throw new Problem(400, 'the place to resume at is <ms>-<n>')
    }
    if (hub.subscribers >= SUBSCRIBERS_MAX) throw new Problem(503, `${SUBSCRIBERS_MAX} pages follow the feed already`)
    reply.hijack()
    const { raw } = reply
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    hub.subscribe(raw, after).catch((error: Error) => {
      onError(error)
      raw.destroy()
    })
  })
}

function sessionRoutes(app: FastifyInstance, { access }: BoardOptions): void {
  app.get('/api/session', (request): SessionView => {
    return { loginNeeded: access.loginNeeded, user: access.userOf(request) }
  })
  app.post('/api/session', (request, reply): SessionView => {
    requireOwnOrigin(request)
    const body = LoginBody.safeParse(request.body)
    if (!body.success) throw new Problem(400, 'token: 1 to 512 characters')
    const { user, cookie } = access.logIn(body.data.token, request.headers['x-forwarded-proto'] === 'https')
    reply.header('set-cookie', cookie)
    return { loginNeeded: true, user }
  })
  app.delete('/api/session', (request, reply): SessionView => {
    requireOwnOrigin(request)
    reply.header('set-cookie', access.logOut(request))
    return { loginNeeded: access.loginNeeded, user: null }
  })
}

function readRoutes(app: FastifyInstance, { hub, access, reads }: BoardOptions): void {
  app.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith(`${BOARD_PATH}/api/`)) reply.header('cache-control', 'no-store')
  })
  app.get<{ Params: { account: string } }>('/api/accounts/:account', async (request) => {
    access.require(request, 'viewer')
    const { account } = request.params
    if (!ACCOUNT.test(account)) throw new Problem(400, 'an account is 1 to 64 of [A-Za-z0-9._:-]')
    return reads.account(account, await hub.actionsOf(account))
  })
  app.get<{ Params: { decision: string } }>('/api/decisions/:decision', async (request) => {
    access.require(request, 'viewer')
    const found = await reads.decision(request.params.decision)
    if (found === null) throw new Problem(404, `no decision ${request.params.decision} stands in the log`)
    return found
  })
  app.get('/api/pipeline', (request) => {
    access.require(request, 'viewer')
    return reads.pipeline()
  })
  app.get('/api/rules', (request) => {
    access.require(request, 'viewer')
    return reads.rules()
  })
  app.get('/api/reviews', (request) => {
    access.require(request, 'viewer')
    return reads.reviews()
  })
  app.get('/api/compliance', (request) => {
    access.require(request, 'viewer')
    return reads.compliance()
  })
  app.get<{ Querystring: { readonly find?: string } }>('/api/maskings', async (request) => {
    access.require(request, 'viewer')
    const { find = '' } = request.query
    if (!MASKED_SUBJECT.test(find)) {
      throw new Problem(400, 'a transaction id is 1 to 64 of [A-Za-z0-9._-], a token v1:KEY:64 hexadecimal digits')
    }
    return ofArchive(reads.maskings(find))
  })
  app.get<{ Params: { account: string }; Querystring: { readonly before?: string } }>(
    '/api/accounts/:account/history',
    (request) => {
      access.require(request, 'viewer')
      const { account } = request.params
      const { before = '' } = request.query
      if (!ACCOUNT.test(account)) throw new Problem(400, 'an account is 1 to 64 of [A-Za-z0-9._:-]')
      if (!/^\d{1,15}$/.test(before)) throw new Problem(400, 'before is a time in epoch ms')
      return ofArchive(reads.history(account, Number(before)))
    },
  )
}

/** What the archive answers; that it cannot be asked is no fault of the board's. */
async function ofArchive<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw new Problem(503, (error as Error).message)
  }
}
