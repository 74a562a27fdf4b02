import { afterAll, beforeAll, expect, test } from 'vitest'
import { signToken } from '../../bin/runtime/api/token-keys.ts'
import { findDecisions } from '../../bin/runtime/decision-search.ts'
import { askRedis } from '../../stack/redis/redis-request.ts'
import { clusterSite, type Site } from '../history/site.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { CALL, confirm } from './api-ground.ts'

// Goal: on a real broker, which lets each process do its own work alone, and a real Redis, either instance answers what the other was asked.
await onRealParts(['kafka', 'redis'], 'two instances on a cluster', () => {
  let site: Site
  let token: string
  beforeAll(async () => {
    site = await clusterSite()
    const { folder, config } = site.session
    const claims = { subject: 'usr-1', accounts: ['acc-1', 'acc-2'], scope: 'payment.confirm', lifeS: 900 }
    token = await signToken(folder.keys.folder, config, claims, Date.now())
  }, START_MS)
  afterAll(() => site?.close(), START_MS)

  /** The first answer that is no `not now`. */
  const answered = async (instance: 0 | 1, body: object) => {
    for (;;) {
      const answer = await confirm(site.instances[instance] ?? { url: '' }, token, body)
      if (answer.status !== 503 && answer.status !== 409) return answer
    }
  }

  test('SPEC C3: each answers the other’s calls with the same bytes, also after Redis was emptied', {
    timeout: START_MS,
  }, async () => {
    const first = await answered(0, CALL)
    expect([first.status, first.json['status']]).toEqual([200, 'SUCCESS'])
    for (const instance of [1, 0] as const) {
      const again = await answered(instance, CALL)
      expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([first.text, 'true'])
    }
    expect(await askRedis(String(site.redis?.addresses[0]), 'FLUSHALL')).toContain('OK')
    expect((await answered(1, CALL)).text).toBe(first.text)
    expect((await answered(1, { ...CALL, amount: 53 })).json['code']).toBe('KEY_REUSED')
  })

  test('SPEC C3, C4: a code that one has asked for is taken by the other, once, and both then have the end', {
    timeout: START_MS,
  }, async () => {
    const dear = { ...CALL, transaction_id: 'tx-dear', idempotency_key: 'k-dear', from_account: 'acc-2', amount: 5_200 }
    expect((await answered(0, dear)).json['status']).toBe('OTP_REQUIRED')
    while (site.codes.get('acc-2') === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
    const passed = await answered(1, { ...dear, otp_code: site.codes.get('acc-2') })
    expect([passed.status, passed.json['status']]).toEqual([200, 'SUCCESS'])
    for (const instance of [0, 1] as const) expect((await answered(instance, dear)).text).toBe(passed.text)
  })
  test('SPEC C2: while the broker stands still calls are told to come again, and then the same key has its one result', {
    timeout: START_MS,
  }, async () => {
    const call = { ...CALL, transaction_id: 'tx-still', idempotency_key: 'k-still' }
    const [broker] = site.kafka?.brokers ?? []
    broker?.pause()
    try {
      const still = await Promise.all(site.instances.map((instance) => confirm(instance, token, call)))
      // The second may see the first one's claim, in Redis or once the log is there again.
      for (const { status } of still) expect([409, 503]).toContain(status)
      expect(still.map(({ status }) => status)).toContain(503)
      for (const { headers } of still) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    } finally {
      broker?.resume()
    }
    const answers = [await answered(1, call), await answered(0, call)]
    expect(answers.map(({ status, json }) => [status, json['status']])).toEqual([
      [200, 'SUCCESS'],
      [200, 'SUCCESS'],
    ])
    expect(answers[0]?.text).toBe(answers[1]?.text)
    expect(await findDecisions(site.session, call.transaction_id)).toHaveLength(1)
  })
})
