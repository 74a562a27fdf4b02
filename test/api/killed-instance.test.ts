import { afterAll, beforeAll, expect, test } from 'vitest'
import { findDecisions } from '../../bin/runtime/decision-search.ts'
import { StartedSluice } from '../support/started-sluice.ts'
import { ApiGround, CALL, confirm, UNHURRIED } from './api-ground.ts'

// Goal: the law of idempotency with real processes: many calls with one key, half of them with another account, one instance killed in between.
const CALLS = Number(process.env['SLUICE_TEST_CONFIRMS'] ?? 60)
let ground: ApiGround
beforeAll(async () => {
  ground = await ApiGround.open()
  await ground.decide()
}, 60_000)
afterAll(() => ground.close())

async function started() {
  const env = {
    SLUICE_API_PORT: '0',
    SLUICE_METRICS_PORT: '0',
    SLUICE_API_RATE: '100000',
    SLUICE_API_TIMEOUT_MS: '5000',
    ...UNHURRIED,
  }
  const process = new StartedSluice(['api', '--data', ground.folder], { env })
  const [, url = ''] = await process.says(/sluice api: (http:\/\/127\.0\.0\.1:\d+)/)
  while ((await confirm({ url }, 'none', CALL)).status === 503) await new Promise((resolve) => setTimeout(resolve, 20))
  return { process, url }
}

test('SPEC C3: many calls with one key over two processes, half with another account, one of them killed: one payment, and all others its answer, 409 or 422', async () => {
  const [killed, left] = await Promise.all([started(), started()])
  const token = await ground.token('usr-1', ['acc-1', 'acc-2'])
  let answered = 0
  const call = async (i: number) => {
    const body = { ...CALL, from_account: i % 2 === 0 ? 'acc-1' : 'acc-2' }
    try {
      const answer = await confirm(i % 4 < 2 ? killed : left, token, body)
      if (++answered === Math.ceil(CALLS / 8)) killed.process.kill('SIGKILL')
      return answer
    } catch {
      return null // Cut off, or nobody listens any more.
    }
  }
  const answers = await Promise.all(Array.from({ length: CALLS }, (_, i) => call(i)))
  expect(killed.process.child.killed).toBe(true)
  const kinds = answers.map((answer) =>
    answer === null ? 'cut' : `${answer.status} ${answer.headers.get('idempotent-replayed')}`,
  )
  const firsts = kinds.filter((kind) => kind === '200 null')
  process.stdout.write(
    `${CALLS} calls: ${JSON.stringify(
      Object.groupBy(kinds, (kind) => kind),
      (_, v) => (Array.isArray(v) ? v.length : v),
    )}\n`,
  )
  expect(firsts.length).toBeLessThanOrEqual(1)
  expect(kinds.filter((kind) => !['200 null', '200 true', '409 null', '422 null', 'cut'].includes(kind))).toEqual([])
  // Whichever account won, one of the two bodies is the payment's.
  let ends: number[] = []
  while (!ends.includes(200)) {
    ends = await Promise.all(
      ['acc-1', 'acc-2'].map(async (from_account) => (await confirm(left, token, { ...CALL, from_account })).status),
    )
  }
  expect(ends.sort()).toEqual([200, 422])
  expect(await findDecisions(ground.session, CALL.transaction_id)).toHaveLength(1)
  left.process.kill('SIGTERM')
  expect(await left.process.ended).toBe(0)
}, 120_000)
