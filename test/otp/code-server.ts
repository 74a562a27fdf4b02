import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** One request as a gateway has got it. */
export interface GotRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What the gateway answers next: a status, or nothing at all. */
export type NextAnswer = number | 'hang'

/** A gateway on loopback that answers as told, the last answer for ever, and repeats what it was sent as real ones do. */
export async function startGateway(...answers: readonly NextAnswer[]) {
  const got: GotRequest[] = []
  const arrived = Promise.withResolvers<void>()
  const left = [...answers]
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk
    })
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      got.push({ method, path, headers, body })
      arrived.resolve()
      const answer = left.length > 1 ? left.shift() : left[0]
      if (answer === 'hang') return
      response
        .writeHead(answer ?? 500, { location: '/elsewhere', 'content-type': 'application/json' })
        .end(JSON.stringify({ body }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got, arrived: arrived.promise }
}
