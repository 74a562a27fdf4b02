import type { AddressInfo } from 'node:net'
import { type FastifyPluginAsync, fastify } from 'fastify'
import { portTaken } from '../../platform/health-server.ts'

/** From a request's first byte to its last. */
const REQUEST_MS = 10_000
const PARAM_LENGTH_MAX = 128

export interface WebServerOptions {
  readonly host: string
  readonly port: number
  /** The setting that chooses the port, for the message when it is taken. */
  readonly setting: string
  /** Each brings its own routes under its own path, with its headers and errors. */
  readonly routes: readonly FastifyPluginAsync[]
}

/**
 * Serves what people and programs ask for over HTTP, all on one port.
 * @throws PortTakenError when the port is taken.
 */
export async function serveWeb(options: WebServerOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { host, port, setting, routes } = options
  const app = fastify({ requestTimeout: REQUEST_MS, routerOptions: { maxParamLength: PARAM_LENGTH_MAX } })
  for (const part of routes) await app.register(part)
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? portTaken(port, setting) : error
  }
  // What ends the process is its work, not its readers.
  app.server.unref()
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() }
}
