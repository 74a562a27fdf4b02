import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FastifyInstance, type FastifyPluginAsync, fastify } from 'fastify'
import { sendProblem } from '../../dashboards/board/problem.ts'
import { listenFailure } from '../../platform/port-owner.ts'
import { isLoopback } from './board/board-users.ts'

const BODY_BYTES_MAX = 64 * 1024
/** From a request's first byte to its last. */
const REQUEST_MS = 10_000
/** A connection without a request is kept for longer than a proxy before us keeps it. */
const KEEP_ALIVE_MS = 72_000
const PARAM_LENGTH_MAX = 128
const NOT_HTTP_BODY = JSON.stringify({
  type: 'about:blank',
  title: 'Bad request',
  status: 400,
  detail: 'no request that this server reads',
})
/** To what cannot be read as a request, or is larger than its parts may be. */
const NOT_HTTP = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: application/problem+json',
  `Content-Length: ${NOT_HTTP_BODY.length}`,
  'Connection: close',
  '',
  NOT_HTTP_BODY,
].join('\r\n')

export interface WebServerOptions {
  readonly host: string
  readonly port: number
  /** The setting that chooses the port, for the message when it is taken. */
  readonly setting: string
  /** Each brings its own routes under its own path, with its headers and errors. */
  readonly routes: readonly FastifyPluginAsync[]
  /** Where `/` leads. */
  readonly home: string
  /** Sees each request first, and has answered it when it says true. */
  readonly shed?: (request: IncomingMessage, response: ServerResponse) => boolean
}

/**
 * Serves what people and programs ask for over HTTP, all on one port.
 * @throws PortTakenError when the port is taken.
 */
export async function serveWeb(options: WebServerOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { host, port, setting, routes, home, shed = () => false } = options
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    serverFactory: (handle) =>
      createServer({ requestTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
        if (!shed(request, response)) handle(request, response)
      }),
    // A drain takes as long as the calls that were taken.
    pluginTimeout: 0,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    // An open feed would keep the process from ending.
    forceCloseConnections: true,
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end(NOT_HTTP)
    },
  })
  if (isLoopback(host)) refuseOtherHosts(app)
  app.get('/', (_request, reply) => reply.redirect(home))
  app.setNotFoundHandler((_request, reply) => {
    return sendProblem(reply, 404, 'there is nothing here')
  })
  for (const part of routes) await app.register(part)
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw listenFailure(error as NodeJS.ErrnoException, port, setting)
  }
  // What ends the process is its work, not its readers.
  app.server.unref()
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() }
}

/**
 * On loopback nobody logs in, so a page of a name that was made to point here (DNS rebinding) must not pass for ours: only the names
 * of this machine are answered.
 */
function refuseOtherHosts(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (isLoopback(request.hostname.replace(/^\[(.*)\]$/, '$1'))) return
    await sendProblem(reply, 421, 'this server answers to localhost and 127.0.0.1 alone')
  })
}
