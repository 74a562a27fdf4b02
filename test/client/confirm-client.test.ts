import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ConfirmClient, ConfirmError } from '../../client/index.ts'

// Goal: a call is made again with the same key after whatever passes by itself, and never after what does not.
const PAYMENT = { transaction_id: 'tx-1', amount: '52.00', from_account: 'acc-1', to_account: 'acc-2' }
const SUCCESS = { status: 'SUCCESS', transaction_id: 'tx-1', reference: '000001', settlement_method: 'ACH' }
const PROBLEM = { type: 'urn:x', title: 'x', status: 0, detail: 'd', code: 'X', error: 'Refused', details: 'why' }

/** A server that gives these answers in turn; a `0` cuts the connection. Says which keys it was sent. */
async function serving(...statuses: readonly number[]) {
  const keys: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const status = statuses[keys.length] ?? 500
    keys.push((JSON.parse(Buffer.concat(chunks).toString() || '{}') as { idempotency_key: string }).idempotency_key)
    if (status === 0) {
      request.socket.destroy()
      return
    }
    const isError = status >= 400
    response.writeHead(status, {
      'content-type': isError ? 'application/problem+json' : 'application/json',
      'retry-after': '0',
    })
    response.end(JSON.stringify(isError ? { ...PROBLEM, status } : SUCCESS))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
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
