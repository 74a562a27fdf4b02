import { afterAll, beforeAll, expect, test } from 'vitest'
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

/** Resolves when so many calls are on their way at the instance, or `call` is over. */
async function taken({ api }: ApiInstance, count: number, call: Promise<unknown>): Promise<void> {
  let over = false
  void call.then(() => {
    over = true
  })
  while (!over && api.inFlight < count) await new Promise((resolve) => setTimeout(resolve, 5))
}
