import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listenFailure } from './port-owner.ts'

/** Whether a process can do its work, and what says so. */
export interface Health {
  readonly ready: boolean
  readonly details: Readonly<Record<string, unknown>>
}

export interface HealthServerOptions {
  readonly host: string
  readonly port: number
  /** The setting that chooses the port, for the message when it is taken. */
  readonly setting: string
  readonly metrics: { contentType: string; metrics(): Promise<string> }
  readonly health: () => Health | Promise<Health>
}

/**
 * Serves `/metrics` (Prometheus), `/health/live` (the process answers) and `/health/ready` (503 until it works).
 * @throws PortTakenError when the port is taken.
 */
export async function serveHealth(
  options: HealthServerOptions,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void answer(options, request.url ?? '/', response)
  })
  await listening(server, options)
  server.unref()
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer({ metrics, health }: HealthServerOptions, url: string, response: ServerResponse): Promise<void> {
  try {
    const [path] = url.split('?')
    if (path === '/metrics') send(response, 200, metrics.contentType, await metrics.metrics())
    else if (path === '/health/live') send(response, 200, 'application/json', '{"live":true}\n')
    else if (path === '/health/ready') {
      const { ready, details } = await health()
      send(response, ready ? 200 : 503, 'application/json', `${JSON.stringify({ ready, ...details })}\n`)
    } else send(response, 404, 'text/plain', 'metrics, health/live and health/ready are here\n')
  } catch (error) {
    send(response, 500, 'text/plain', `${(error as Error).message}\n`)
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type }).end(body)
}

function listening(server: Server, { host, port, setting }: HealthServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenFailure(error, port, setting)))
    server.listen(port, host, resolve)
  })
}
