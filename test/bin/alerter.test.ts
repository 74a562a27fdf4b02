import { getPriority } from 'node:os'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Redis as RedisPart, startRedis } from '../../stack/redis/redis.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { SluiceProcess, sluice, temporaryFolder } from './sluice-process.ts'

const WITHIN = { timeout: START_MS / 3, interval: 100 }

test('sluice alerter without a Redis to write to says which setting is missing', { timeout: START_MS }, async () => {
  const { code, stderr } = await sluice(['alerter'])
  expect(stderr).toContain('SLUICE_REDIS_URL is not set')
  expect(code).toBe(2)
})

await onRealParts(['redis'], 'sluice alerter beside sluice up', () => {
  let part: RedisPart
  let plain: Redis

  beforeAll(async () => {
    part = await startRedis()
    plain = new Redis(part.url)
  }, START_MS)

  afterAll(async () => {
    plain?.disconnect()
    await part?.stop()
  })

  test('SPEC A3: it carries alerts to Redis; while Redis hangs decisions go on, then it drains', {
    timeout: START_MS,
  }, async () => {
    const folder = temporaryFolder()
    const env = {
      SLUICE_DATA: folder,
      SLUICE_METRICS_PORT: '0',
      SLUICE_REDIS_URL: part.url,
      SLUICE_REDIS_TIMEOUT_MS: '1000',
    }
    const up = new SluiceProcess(['up', '--scenario', 'card-testing', '--rate', '1000'], env)
    const decided = await served(up)
    const alerter = new SluiceProcess(['alerter'], env)
    const alerts = await served(alerter)
    expect(getPriority(alerter.child.pid), 'decisions go first').toBeGreaterThan(getPriority(up.child.pid))

    await vi.waitFor(async () => expect(await plain.scard('fraud:alerts:accounts')).toBeGreaterThan(0), WITHIN)
    const [account] = await plain.smembers('fraud:alerts:accounts')
    expect(JSON.parse((await plain.get(`fraud:alerts:sender:${account}`)) ?? '')).toMatchObject({ kind: 'VELOCITY' })
    expect(Number(await plain.get(`fraud:count:sender:${account}`))).toBeGreaterThanOrEqual(4)
    await vi.waitFor(async () => expect(await plain.keys('fraud:actions:*')).not.toEqual([]), WITHIN)
    expect((await fetch(`${alerts}/health/ready`)).status).toBe(200)

    const [server] = part.servers
    server!.pause()
    await vi.waitFor(async () => {
      expect(await (await fetch(`${alerts}/health/ready`)).json()).toMatchObject({
        ready: false,
        state: 'WAITING',
        waits_for: 'REDIS_TIMED_OUT',
      })
    }, WITHIN)
    const before = await decisionsOf(decided)
    await vi.waitFor(async () => expect(await decisionsOf(decided)).toBeGreaterThan(before + 100), WITHIN)
    expect((await fetch(`${decided}/health/ready`)).status).toBe(200)
    const metrics = await (await fetch(`${alerts}/metrics`)).text()
    expect(metrics).toMatch(/sluice_alert_store_failures_total\{code="REDIS_TIMED_OUT"\} [1-9]/)
    expect(metrics).toMatch(/sluice_alert_store_state\{state="WAITING"\} 1/)
    server!.resume()
    await vi.waitFor(async () => expect((await fetch(`${alerts}/health/ready`)).status).toBe(200), WITHIN)

    up.child.kill('SIGINT')
    expect(await up.ended).toBe(0)
    await vi.waitFor(async () => {
      const lags = (await (await fetch(`${alerts}/metrics`)).text()).match(/^sluice_alert_lag_records.* \d+$/gm) ?? []
      expect(lags.map((line) => line.split(' ').at(-1))).toEqual(['0', '0'])
    }, WITHIN)
    alerter.child.kill('SIGINT')
    expect(await alerter.ended).toBe(0)
    expect(await plain.xlen('fraud:stream')).toBeGreaterThan(0)
  })
})

/** Where a process serves metrics and health, once it says so. */
async function served(started: SluiceProcess): Promise<string> {
  return (await started.says(/http:\/\/127\.0\.0\.1:\d+/))[0]
}

async function decisionsOf(address: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text()
  return [...text.matchAll(/^sluice_records_total\{[^}]*disposition="decided"\} (\d+)$/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  )
}
