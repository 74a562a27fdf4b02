import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/**
 * The REST API of the endpoint, with what BigQuery does and the endpoint does not: it refuses to change a table whose rows came too lately, or
 * to somebody without the right. The words are BigQuery's.
 */
export class TooNewRows {
  /** Refused while it is set. */
  table: string | null = null
  refused = 0
  /** Nobody may change it while it is set. */
  denied: string | null = null
  /** Every body that went through. */
  readonly asked: string[] = []
  private readonly server: Server

  private constructor(endpoint: URL) {
    this.server = createServer((incoming, answer) => {
      void buffer(incoming).then((body) => {
        const text = body.toString()
        this.asked.push(text)
        if (this.table !== null && text.includes(`UPDATE ${this.table} `)) {
          this.refused++
          const message = `UPDATE or DELETE statement over table ${this.table} would affect rows in the streaming buffer, which is not supported`
          const error = { code: 400, message, errors: [{ reason: 'invalidQuery', message }] }
          answer.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
          return
        }
        if (this.denied !== null && text.includes(`UPDATE ${this.denied} `)) {
          const message = `Access Denied: Table ${this.denied}: User does not have permission`
          const error = { code: 403, message, errors: [{ reason: 'accessDenied', message }] }
          answer.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
          return
        }
        const { method, url, headers } = incoming as IncomingMessage & { url: string }
        const passed = request(
          new URL(url, endpoint),
          { method, headers: { ...headers, host: endpoint.host } },
          (reply) => {
            answer.writeHead(reply.statusCode ?? 500, reply.headers)
            reply.pipe(answer)
          },
        )
        passed.on('error', () => answer.destroy())
        passed.end(body)
      })
    })
  }

  static async before(endpoint: string): Promise<TooNewRows> {
    const proxy = new TooNewRows(new URL(endpoint))
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/bigquery/v2`
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }
}
