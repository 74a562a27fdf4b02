import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook as Reference } from 'standardwebhooks'
import { afterEach, expect, test } from 'vitest'
import { AddressRules } from '../../../redis-alerts/hooks/address-rules.ts'
import { ANSWER_BYTES_MAX, BODY_BYTES_MAX, Webhook, type WebhookOptions } from '../../../redis-alerts/hooks/webhook.ts'
import { hookAction } from './hook-actions.ts'

// Goal: what one try makes of every kind of receiver, and where it may connect to.
// Method: real HTTP servers on this machine, which hooks may reach because the test names its network.
const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const KEYS = [Buffer.from(SECRET.slice(6), 'base64')]
const HERE = new AddressRules(['127.0.0.0/8'])
const TIMEOUT_MS = 30_000
/** For the rows that wait for it. */
const SHORT_MS = 200

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function receiver(listener: RequestListener): Promise<URL> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks?tenant=1`)
}

const webhook = (url: URL, given: Partial<WebhookOptions> = {}) =>
  new Webhook({ url, keys: KEYS, rules: HERE, timeoutMs: TIMEOUT_MS, nowMs: Date.now, ...given })

async function bodyOf(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
}

test('SPEC A5: a receiver gets a POST that the reference verifies: the action’s id, its type, time and fields', async () => {
  const got: { request: IncomingMessage; body: string }[] = []
  const url = await receiver(async (request, response) => {
    got.push({ request, body: await bodyOf(request) })
    response.writeHead(204).end()
  })
  const target = webhook(url)
  const delivered = { delivered: true, status: 204, detail: 'OK', retryAfterMs: null }
  expect(await target.deliver(hookAction(7))).toEqual(delivered)
  expect(await target.deliver(hookAction(7))).toEqual(delivered)
  const [first, second] = got
  expect(first?.request.method).toBe('POST')
  expect(first?.request.url).toBe('/hooks?tenant=1')
  expect(first?.request.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': '3-7-BLOCK_CARD' })
  const message = new Reference(SECRET).verify(first!.body, first!.request.headers as Record<string, string>)
  expect(message).toEqual({
    type: 'fraud.action.block_card',
    timestamp: '2026-11-25T12:00:00.000Z',
    data: { action: 'BLOCK_CARD', action_id: '3-7-BLOCK_CARD' },
  })
  expect(second?.body).toBe(first?.body)
  expect(second?.request.headers['webhook-id']).toBe('3-7-BLOCK_CARD')
})

interface Row {
  readonly why: string
  readonly answer: (response: ServerResponse, request: IncomingMessage) => void
  readonly result: object
  readonly timeoutMs?: number
}

const FAILED = { delivered: false, status: null, retryAfterMs: null }
const RECEIVERS: readonly Row[] = [
  {
    why: 'answers 500',
    answer: (response) => response.writeHead(500).end('no'),
    result: { ...FAILED, status: 500, detail: 'HTTP_500' },
  },
  {
    why: 'answers 429 with Retry-After',
    answer: (response) => response.writeHead(429, { 'retry-after': '7' }).end(),
    result: { ...FAILED, status: 429, detail: 'HTTP_429', retryAfterMs: 7_000 },
  },
  {
    why: 'answers 410',
    answer: (response) => response.writeHead(410).end(),
    result: { ...FAILED, status: 410, detail: 'HTTP_410' },
  },
  {
    why: 'never answers',
    answer: () => {},
    timeoutMs: SHORT_MS,
    result: { ...FAILED, detail: 'TIMED_OUT' },
  },
  {
    why: 'cuts the connection',
    answer: (_response, request) => request.socket.destroy(),
    result: { ...FAILED, detail: 'ECONNRESET' },
  },
  {
    why: 'answers with what is no HTTP',
    answer: (_response, request) => request.socket.end('220 smtp\r\n'),
    result: { ...FAILED, detail: 'HPE_INVALID_CONSTANT' },
  },
  {
    why: 'sends a head without end',
    answer: (_response, request) => request.socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(32_768)}`),
    result: { ...FAILED, detail: 'HPE_HEADER_OVERFLOW' },
  },
  {
    why: 'accepts, then sends a body without end',
    answer: (response) => {
      const chunk = Buffer.alloc(65_536)
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
    },
    result: { delivered: true, status: 200, detail: 'OK', retryAfterMs: null },
  },
  {
    why: 'accepts, then never ends its body',
    answer: (response) => response.writeHead(202).write('a'),
    timeoutMs: SHORT_MS,
    result: { delivered: true, status: 202, detail: 'OK', retryAfterMs: null },
  },
]

test.each(RECEIVERS)('SPEC A5: a receiver that $why', async ({ answer, result, timeoutMs = TIMEOUT_MS }) => {
  let asked = 0
  const url = await receiver((request, response) => {
    asked++
    request.resume()
    answer(response, request)
  })
  expect(await webhook(url, { timeoutMs }).deliver(hookAction(1))).toEqual(result)
  expect(asked).toBe(1)
})

test('SPEC A5: nobody listens', async () => {
  const url = await receiver(() => {})
  servers.splice(0)[0]?.close()
  expect(await webhook(url).deliver(hookAction(1))).toEqual({ ...FAILED, detail: 'ECONNREFUSED' })
})

test('SPEC A5: a redirect is a failure and is not followed, wherever it leads', async () => {
  const visited: string[] = []
  const secret = await receiver((_request, response) => {
    visited.push('redirected')
    response.end()
  })
  const url = await receiver((_request, response) => response.writeHead(307, { location: secret.href }).end())
  expect(await webhook(url).deliver(hookAction(1))).toEqual({ ...FAILED, status: 307, detail: 'HTTP_307' })
  expect(visited).toEqual([])
})

test('SPEC A5: an answer is read up to its bound', async () => {
  let sent = 0
  const url = await receiver((_request, response) => {
    response.on('drain', () => {
      sent += 1_048_576
      if (sent < 64 * 1_048_576) response.write(Buffer.alloc(1_048_576))
      else response.end()
    })
    response.write(Buffer.alloc(1_048_576))
  })
  expect(await webhook(url).deliver(hookAction(1))).toMatchObject({ delivered: true })
  expect(ANSWER_BYTES_MAX).toBe(16_384)
  expect(sent).toBeLessThan(64 * 1_048_576)
})

test('SPEC A5: a body over its bound is sent to nobody', async () => {
  let asked = 0
  const url = await receiver((request, response) => {
    asked++
    request.resume()
    response.end()
  })
  const around = '{"type":"fraud.action.block_card","timestamp":"2026-11-25T12:00:00.000Z","data":}'.length
  const json = (bytes: number) => JSON.stringify('x'.repeat(bytes - around - 2))
  const target = webhook(url)
  expect(await target.deliver(hookAction(1, { json: json(BODY_BYTES_MAX) }))).toMatchObject({ delivered: true })
  expect(await target.deliver(hookAction(1, { json: json(BODY_BYTES_MAX + 1) }))).toMatchObject({
    detail: 'BODY_TOO_LARGE',
  })
  expect(asked).toBe(1)
})

test('SPEC A5: a name is resolved once a try, and the connection goes to the address that was judged', async () => {
  let asked = 0
  const url = await receiver((request, response) => {
    asked++
    request.resume()
    response.end()
  })
  const named = new URL(url.href.replace('127.0.0.1', 'hooks.example'))
  const answers = [[{ address: '127.0.0.1', family: 4 }], [{ address: '169.254.169.254', family: 4 }]]
  const questions: string[] = []
  const target = webhook(named, {
    resolve: async (hostname) => answers[questions.push(hostname) - 1] ?? [],
  })
  expect(await target.deliver(hookAction(1))).toMatchObject({ delivered: true })
  expect(questions).toEqual(['hooks.example'])
  expect(await target.deliver(hookAction(2))).toEqual({ ...FAILED, detail: 'FORBIDDEN_ADDRESS' })
  expect(asked).toBe(1)
})

const ANSWERS_OF_NAMES = [
  { why: 'one forbidden address among allowed ones', addresses: ['127.0.0.1', '10.0.0.1'] },
  { why: 'an IPv4-mapped one', addresses: ['::ffff:169.254.169.254'] },
  { why: 'none', addresses: [] },
]

test.each(ANSWERS_OF_NAMES)('SPEC A5: a name with $why is not connected to', async ({ addresses }) => {
  const url = await receiver(() => expect.unreachable())
  const resolve = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  const target = webhook(new URL(url.href.replace('127.0.0.1', 'hooks.example')), { resolve })
  expect(await target.deliver(hookAction(1))).toEqual({ ...FAILED, detail: 'FORBIDDEN_ADDRESS' })
})

test('SPEC A5: without a network that is named, a hook reaches nothing on this machine', async () => {
  const url = await receiver(() => expect.unreachable())
  const rules = new AddressRules([])
  expect(await webhook(url, { rules }).deliver(hookAction(1))).toEqual({ ...FAILED, detail: 'FORBIDDEN_ADDRESS' })
  const local = new URL(url.href.replace('127.0.0.1', 'localhost'))
  expect(await webhook(local, { rules }).deliver(hookAction(1))).toEqual({ ...FAILED, detail: 'FORBIDDEN_ADDRESS' })
})
