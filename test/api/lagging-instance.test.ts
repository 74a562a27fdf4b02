import { afterAll, beforeAll, expect, test } from 'vitest'
import { StreamsError } from '../../streams/errors.ts'
import { ApiGround, type ApiInstance, CALL, confirm } from './api-ground.ts'

// Goal: an instance that is behind in reading the log tells nobody less than another one has told before.
let ground: ApiGround
beforeAll(async () => {
  ground = await ApiGround.open()
  await ground.decide()
}, 60_000)
afterAll(() => ground.close())

test('SPEC C3: a call that another instance has answered gets that answer from one that has not read its decision yet', async () => {
  const released = Promise.withResolvers<void>()
  const decisions: { held: Promise<void> | null } = { held: null }
  const behind = await ground.serve('behind', { decisions })
  const ahead = await ground.serve('ahead')
  const token = await ground.token('usr-1', ['acc-1'])
  decisions.held = released.promise
  const first = await confirm(ahead, token, CALL)
  expect(first.status).toBe(200)
  const again = confirm(behind, token, CALL)
  await taken(behind, 1, again)
  // Its first call waits here, and this one beside it.
  const beside = confirm(behind, token, CALL)
  await taken(behind, 2, beside)
  released.resolve()
  for (const { status, text, headers } of await Promise.all([again, beside])) {
    expect([status, text, headers.get('idempotent-replayed')]).toEqual([200, first.text, 'true'])
  }
})

test('SPEC C2: an instance that still reads the log, or reads it no more, says of no payment that it is not there', async () => {
  const paid = { ...CALL, transaction_id: 'tx-start', idempotency_key: 'k-start', from_account: 'acc-2' }
  const token = await ground.token('usr-1', ['acc-2'])
  const ahead = await ground.serve('ahead-of-start')
  expect((await confirm(ahead, token, paid)).status).toBe(200)
  const hold = Promise.withResolvers<void>()
  const decisions: { held: Promise<void> | null } = { held: hold.promise }
  const count = ground.instances.length
  const started = ground.serve('starting', { decisions })
  while (ground.instances.length === count) await new Promise((resolve) => setTimeout(resolve, 5))
  const [starting] = ground.instances.slice(count)
  const asked = async (path: string) => {
    const answer = await fetch(`${starting?.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
    if (answer.status === 200) return [200, ((await answer.json()) as { status: string }).status, null]
    return [answer.status, ((await answer.json()) as { code: string }).code, answer.headers.get('retry-after')]
  }
  const paths = ['/payments/tx-start', '/payments/tx-start/events', '/payments/tx-none']
  for (const path of paths) expect(await asked(path)).toEqual([503, 'STARTING', '1'])
  hold.resolve()
  await started
  expect(await asked('/payments/tx-start')).toEqual([200, 'SUCCESS', null])
  const broken = Promise.reject(new StreamsError('LOG_FAILED', 'stop', 'the test has broken the log'))
  broken.catch(() => {})
  decisions.held = broken
  await expect(starting?.api.following).rejects.toThrow('the test has broken the log')
  for (const path of paths) expect(await asked(path)).toEqual([503, 'STARTING', '1'])
})

/** Resolves when so many calls are on their way at the instance, or `call` is over. */
async function taken({ api }: ApiInstance, count: number, call: Promise<unknown>): Promise<void> {
  let over = false
  void call.then(() => {
    over = true
  })
  while (!over && api.inFlight < count) await new Promise((resolve) => setTimeout(resolve, 5))
}
