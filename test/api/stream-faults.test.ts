import { afterEach, expect, test } from 'vitest'
import { findDecisions } from '../../bin/runtime/decision-search.ts'
import { ApiGround, CALL, confirm } from './api-ground.ts'

// Goal: whatever fails between a call and its decision, the caller is told to come again, and the same key then has the one result.
let ground: ApiGround
afterEach(() => ground.close())

const LATE = { SLUICE_API_TIMEOUT_MS: '300' }

test('SPEC C2: a chain that does not decide in time is 503, and the same key then gets the result, from another instance too', async () => {
  ground = await ApiGround.open()
  const one = await ground.serve('one', { env: LATE })
  const token = await ground.token('usr-1', ['acc-1'])
  const late = await confirm(one, token, CALL)
  expect([late.status, late.json['code'], late.headers.get('retry-after')]).toEqual([503, 'STREAM_LATE', '1'])
  const two = await ground.serve('two', { env: LATE })
  await ground.decide()
  const isPaid = ({ status }: { readonly status: number }) => status === 200
  const answers = [
    await until(() => confirm(two, token, CALL), isPaid),
    await until(() => confirm(one, token, CALL), isPaid),
  ]
  expect(answers[1]?.text).toBe(answers[0]?.text)
  expect(await findDecisions(ground.session, CALL.transaction_id)).toHaveLength(1)
}, 60_000)

test('SPEC C3: while the first call runs, the same one is 409 with Retry-After, by another instance too', async () => {
  ground = await ApiGround.open()
  const token = await ground.token('usr-1', ['acc-1'])
  const instances = [await ground.serve('one'), await ground.serve('two')]
  const first = confirm(instances[0]!, token, CALL)
  // The claim is what another instance sees of a call.
  while (instances.some(({ api }) => api.claims === 0)) await new Promise((resolve) => setTimeout(resolve, 5))
  for (const instance of instances) {
    const again = await confirm(instance, token, CALL)
    expect([again.status, again.json['code'], again.headers.get('retry-after')]).toEqual([409, 'IN_PROGRESS', '1'])
  }
  await ground.decide()
  expect((await first).status).toBe(200)
}, 60_000)

test('SPEC C3: an instance that dies between claim and payment: the call again, to another one, pays once', async () => {
  ground = await ApiGround.open()
  const token = await ground.token('usr-1', ['acc-1'])
  const dying = await ground.serve('dying', { env: LATE, paymentsLost: true })
  expect((await confirm(dying, token, CALL)).status).toBe(503)
  await ground.decide()
  const two = await ground.serve('two', { env: LATE })
  const answer = await until(
    () => confirm(two, token, CALL),
    ({ status }) => status === 200,
  )
  expect(answer.json['status']).toBe('SUCCESS')
  expect(await findDecisions(ground.session, CALL.transaction_id)).toHaveLength(1)
}, 60_000)

test('SPEC C3: a payment of long ago is not posted again: stream time may have come past the horizon since its first post', async () => {
  ground = await ApiGround.open()
  const token = await ground.token('usr-1', ['acc-1'])
  const one = await ground.serve('one', { env: LATE })
  const old = { ...CALL, event_time: new Date(Date.now() - 2 * 3_600_000).toISOString() }
  const other = { ...CALL, transaction_id: 'tx-other', idempotency_key: 'key-other' }
  for (const call of [old, other, old, old]) expect((await confirm(one, token, call)).status).toBe(503)
  await ground.decide()
  const answer = await until(
    () => confirm(one, token, old),
    ({ status }) => status === 200,
  )
  expect(answer.json['status']).toBe('SUCCESS')
  expect(await findDecisions(ground.session, CALL.transaction_id)).toHaveLength(1)
}, 60_000)

test('SPEC C2: calls beyond the bound are refused at once', async () => {
  ground = await ApiGround.open()
  const one = await ground.serve('one', { env: { SLUICE_API_TIMEOUT_MS: '2000', SLUICE_API_IN_FLIGHT_MAX: '3' } })
  const token = await ground.token('usr-1', ['acc-1'])
  const waiting = [1, 2, 3].map((i) =>
    confirm(one, token, { ...CALL, transaction_id: `tx-${i}`, idempotency_key: `k${i}` }),
  )
  while (one.api.inFlight < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  const begunMs = performance.now()
  const refused = await confirm(one, token, { ...CALL, idempotency_key: 'k4' })
  expect([refused.status, refused.json['code'], refused.headers.get('retry-after')]).toEqual([503, 'OVERLOADED', '1'])
  expect(performance.now() - begunMs).toBeLessThan(1_000)
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([503, 503, 503])
}, 60_000)

test('SPEC C2: a server that closes answers what it has taken', async () => {
  ground = await ApiGround.open()
  const one = await ground.serve('one')
  const token = await ground.token('usr-1', ['acc-1'])
  const taken = confirm(one, token, CALL)
  while (one.api.inFlight < 1) await new Promise((resolve) => setTimeout(resolve, 5))
  const closed = one.server.close()
  await ground.decide()
  expect((await taken).status).toBe(200)
  await closed
}, 60_000)

async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (holds(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
