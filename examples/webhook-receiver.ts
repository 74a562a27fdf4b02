import { createHmac, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'

// A receiver of hooks (docs/hooks.md): node examples/webhook-receiver.ts SECRETS_FILE [PORT]
const [secretsFile = '', port = '0'] = process.argv.slice(2)
const secrets = readFileSync(secretsFile, 'utf8').match(/(?<=^whsec_)\S+/gm) ?? []
const keys = secrets.map((secret) => Buffer.from(secret, 'base64'))
/** What was done already. Yours stands where the work itself is recorded, in the same transaction. */
const done = new Set<string>()

/** Standard Webhooks: one of the signatures, by one of our keys, over id, time (at most 5 min ago) and the body as it came. */
function isGenuine(headers: IncomingHttpHeaders, body: Buffer): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures } = headers
  const given = String(signatures).split(' ')
  const isNow = Math.abs(Date.now() / 1_000 - Number(time)) <= 300
  return isNow && keys.some((key) => given.some((signature) => isEqual(signature, signed(key, `${id}.${time}.`, body))))
}

const signed = (key: Buffer, head: string, body: Buffer) =>
  `v1,${createHmac('sha256', key).update(head).update(body).digest('base64')}`

const isEqual = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

const server = createServer(async (request, response) => {
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
  if (!isGenuine(request.headers, body)) return response.writeHead(401).end()
  const id = String(request.headers['webhook-id'])
  if (!done.has(id)) {
    const { type, data } = JSON.parse(body.toString())
    process.stdout.write(`${type} ${data.sender_account_id} ${id}\n`)
    done.add(id)
  }
  // Only what is done is answered so; anything else comes again.
  return response.writeHead(204).end()
})
server.listen(Number(port), '127.0.0.1', () => process.stdout.write(`listening ${JSON.stringify(server.address())}\n`))
