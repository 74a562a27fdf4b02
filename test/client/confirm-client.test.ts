import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ConfirmClient, ConfirmError } from '../../client/index.ts'
import { retryAfterMs } from '../../client/retry-after.ts'

// Goal: a call is made again with the same key after whatever passes by itself, and never after what does not.
const PAYMENT = { transaction_id: 'tx-1', amount: '52.00', from_account: 'acc-1', to_account: 'acc-2' }
const SUCCESS = { status: 'SUCCESS', transaction_id: 'tx-1', reference: '000001', settlement_method: 'ACH' }
const PROBLEM = { type: 'urn:x', title: 'x', status: 0, detail: 'd', code: 'X', error: 'Refused', details: 'why' }

interface Answered {
  /** 0 cuts the connection. */
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A server that gives these answers in turn, the last for ever. Says which keys it was sent. */
async function answering(answers: readonly Answered[]) {
  const keys: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const answer = answers[Math.min(keys.length, answers.length - 1)]
    keys.push((JSON.parse(Buffer.concat(chunks).toString() || '{}') as { idempotency_key: string }).idempotency_key)
    const { status = 0, headers, body } = answer ?? {}
    if (status === 0) {
      request.socket.destroy()
      return
    }
    const isError = status >= 400
    response.writeHead(status, {
      'content-type': isError ? 'application/problem+json' : 'application/json',
      'retry-after': '0',
      ...headers,
    })
    response.end(body ?? JSON.stringify(isError ? { ...PROBLEM, status } : SUCCESS))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { keys, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** As problems and outcomes of the API have it, by status. */
async function serving(...statuses: readonly number[]) {
  const { keys, url } = await answering(statuses.map((status) => ({ status })))
  return { keys, client: new ConfirmClient({ url, token: () => 'token', timeoutMs: 5_000 }) }
}

test.each([
  ['a connection that is cut', [0, 200]],
  ['503, 409 and 429', [503, 409, 429, 200]],
  ['a gateway', [502, 504, 200]],
])('client: the same key again after %s', async (_why, statuses) => {
  const { keys, client } = await serving(...statuses)
  expect(await client.confirm(PAYMENT)).toEqual({ ...SUCCESS, replayed: false })
  expect(keys).toHaveLength(statuses.length)
  expect(new Set(keys).size).toBe(1)
})

test.each([400, 401, 403, 422, 500])('client: %i is not asked again', async (status) => {
  const { keys, client } = await serving(status, 200)
  const error = await client.confirm(PAYMENT).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfirmError)
  expect(error).toMatchObject({ status, problem: { code: 'X' } })
  expect(keys).toHaveLength(1)
})

test('client: a key of the caller’s own is sent, and two calls have two', async () => {
  const { keys, client } = await serving(200, 200, 200)
  await client.confirm({ ...PAYMENT, idempotency_key: 'mine' })
  await client.confirm(PAYMENT)
  await client.confirm(PAYMENT)
  expect(keys[0]).toBe('mine')
  expect(new Set(keys).size).toBe(3)
})

test('client: it gives up when its time is over', async () => {
  const { client } = await serving(...Array.from({ length: 1_000 }, () => 503))
  const hurried = new ConfirmClient({ ...client['options'], timeoutMs: 300 })
  await expect(hurried.confirm(PAYMENT)).rejects.toThrow(ConfirmError)
})

const NOW_MS = Date.UTC(2026, 10, 6, 8, 49, 0)
test.each([
  ['seconds', '20', 20_000],
  ['no seconds', '0', 0],
  ['seconds past what a timer holds', '3000000', 3_600_000],
  ['more digits than a number has', '9'.repeat(400), 3_600_000],
  ['a date', 'Fri, 06 Nov 2026 08:49:37 GMT', 37_000],
  ['a date of RFC 850', 'Friday, 06-Nov-26 08:49:37 GMT', 37_000],
  ['a date of asctime', 'Fri Nov  6 08:49:37 2026', 37_000],
  ['a date that is over', 'Fri, 06 Nov 2026 08:48:00 GMT', 0],
  ['a date far away', 'Fri, 06 Nov 2099 08:49:37 GMT', 3_600_000],
  ['a day that is none', 'Fri, 41 Nov 2026 08:49:37 GMT', 0],
  ['a negative number', '-1', 0],
  ['a fraction', '1.5', 0],
  ['ISO 8601', '2026-11-06T08:49:37Z', 0],
  ['words', 'soon', 0],
  ['nothing', '', 0],
  ['no header', null, 0],
])('client: the pause of a Retry-After: %s', (_why, header, ms) => {
  expect(retryAfterMs(header, NOW_MS)).toBe(ms)
})

test.each([
  ['a date', new Date(Date.now() + 20_000).toUTCString()],
  ['seconds past what a timer holds', '3000000'],
])('client: a Retry-After of %s is kept to, to the end of the call', async (_why, retryAfter) => {
  const { keys, url } = await answering([{ status: 503, headers: { 'retry-after': retryAfter } }])
  const client = new ConfirmClient({ url, token: () => 'token', timeoutMs: 300 })
  await expect(client.confirm(PAYMENT)).rejects.toMatchObject({ status: 503 })
  expect(keys).toHaveLength(1)
})

test.each([
  ['JSON', 'application/json', '{"message":"Too Many Requests"}'],
  ['JSON with a status', 'application/json', '{"status":"throttled"}'],
  ['a page', 'text/html', '<h1>429 Too Many Requests</h1>'],
])('client: a 429 of a proxy is no answer, and the same key is tried again: %s', async (_why, type, body) => {
  const refused = { status: 429, headers: { 'content-type': type }, body }
  const { keys, url } = await answering([refused, refused, { status: 200, body: JSON.stringify(SUCCESS) }])
  const client = new ConfirmClient({ url, token: () => 'token', timeoutMs: 5_000 })
  expect(await client.confirm(PAYMENT)).toEqual({ ...SUCCESS, replayed: false })
  expect(new Set(keys).size).toBe(1)
  expect(keys).toHaveLength(3)
})

test.each([
  ['JSON', 'application/json', '{"message":"no such route"}'],
  ['a page', 'text/html', '<h1>404</h1>'],
])(
  'client: what else a proxy says of itself is no answer of the API, and not asked again: %s',
  async (_why, type, body) => {
    const { keys, url } = await answering([{ status: 404, headers: { 'content-type': type }, body }])
    const client = new ConfirmClient({ url, token: () => 'token', timeoutMs: 5_000 })
    const error = await client.confirm(PAYMENT).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ConfirmError)
    expect(error).toMatchObject({ status: 404, problem: null, message: expect.stringContaining('404') })
    expect(keys).toHaveLength(1)
  },
)
