import { afterEach, expect, test, vi } from 'vitest'
import { scanPartition } from '../../bin/runtime/partition-scan.ts'
import { TOPICS, type Topic } from '../../schemas/topics.ts'
import { ApiGround, CALL, confirm } from './api-ground.ts'

// Goal: a refusal by the chain is the end of its key, as a decision is: told by every instance, and nothing is posted again for it.
let ground: ApiGround
afterEach(async () => {
  vi.useRealTimers()
  await ground.close()
})

test('SPEC C3, D2: a refused payment stays refused, from every instance and at any time, and is not posted again', async () => {
  ground = await ApiGround.open()
  await ground.decide()
  const one = await ground.serve('one', { env: { SLUICE_API_TIMEOUT_MS: '1000' } })
  const two = await ground.serve('two', { env: { SLUICE_API_TIMEOUT_MS: '1000' } })
  const token = await ground.token('usr-1', ['acc-1'])
  expect((await confirm(one, token, CALL)).status).toBe(200)
  const other = { ...CALL, idempotency_key: 'k-other', amount: 53 }
  const refused = await confirm(one, token, other)
  expect([refused.status, refused.json['code']]).toEqual([422, 'ID_CONFLICT'])
  expect(listenedOf(one)).toBe(0)
  const written = await records()
  expect(written).toEqual([2, 1, 1])
  const three = await ground.serve('three')
  const nowMs = Date.now()
  // At once, when the first call waits no more, and when nobody posts again.
  for (const afterMs of [0, 2_000, 31 * 60_000]) {
    vi.useFakeTimers({ toFake: ['Date'], now: nowMs + afterMs })
    const later = await ground.token('usr-1', ['acc-1'])
    for (const instance of [one, two, three]) {
      const again = await confirm(instance, later, other)
      expect([again.status, again.text]).toEqual([422, refused.text])
    }
  }
  expect(await records()).toEqual(written)
  const different = await confirm(two, await ground.token('usr-1', ['acc-1']), { ...other, amount: 54 })
  expect([different.status, different.json['code']]).toEqual([422, 'KEY_REUSED'])
}, 60_000)

test('SPEC C1: a payment that is posted anew counts in the rate, and its answer does not', async () => {
  ground = await ApiGround.open()
  const env = { SLUICE_API_TIMEOUT_MS: '300', SLUICE_API_RATE: '2' }
  const one = await ground.serve('one', { env })
  const token = await ground.token('usr-1', ['acc-1'])
  const codes: unknown[] = []
  // 409 is a call that comes before the one before it has waited long enough.
  while (codes.length < 3) {
    const { json } = await confirm(one, token, CALL)
    if (json['code'] !== 'IN_PROGRESS') codes.push(json['code'])
    // The call may be over before the log has taken what it posted.
    await vi.waitFor(() => expect(listenedOf(one)).toBe(0), 10_000)
  }
  expect(codes).toEqual(['STREAM_LATE', 'STREAM_LATE', 'RATE_LIMITED'])
  expect((await records())[0]).toBe(2)
  await ground.decide()
  const limited = await vi.waitUntil(
    async () => {
      const answer = await confirm(one, token, CALL)
      return answer.status === 200 && answer
    },
    { timeout: 30_000 },
  )
  expect(limited.json['status']).toBe('SUCCESS')
}, 60_000)

/** Claims of which the instance still waits to be told more. */
function listenedOf({ api }: ApiGround['instances'][number]): number {
  return api['view'].listened
}

/** Input records, dead letters and alerts so far. */
function records(): Promise<number[]> {
  const counted = async ({ name: topic, partitions }: Topic) => {
    let count = 0
    for (let partition = 0; partition < partitions; partition++) {
      const { startOffset, endOffset } = await ground.session.log.bounds({ topic, partition })
      await scanPartition(ground.session.log, { topic, partition }, startOffset, endOffset, () => {
        count++
      })
    }
    return count
  }
  return Promise.all([TOPICS.paymentsSubmitted, TOPICS.paymentsDlq, TOPICS.fraudAlerts].map(counted))
}
