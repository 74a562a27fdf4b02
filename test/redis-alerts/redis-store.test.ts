import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { LiveEntry } from '../../redis-alerts/alert-store.ts'
import { RedisAlertStore } from '../../redis-alerts/redis-store.ts'
import { type Redis as RedisPart, startRedis } from '../../stack/redis/redis.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { targetOf } from './redis-target.ts'
import { alertStoreConformance, STREAM_MAX } from './store-conformance.ts'
import { alertOf, wholeStream } from './written-entries.ts'

await onRealParts(['redis'], 'the store of alerts in Redis', () => {
  let part: RedisPart
  let plain: Redis
  let store: RedisAlertStore

  beforeAll(async () => {
    part = await startRedis()
    plain = new Redis(part.url)
    store = await RedisAlertStore.open(targetOf(part.url), STREAM_MAX)
  }, START_MS)

  afterAll(async () => {
    store?.close()
    plain?.disconnect()
    await part?.stop()
  })

  async function emptyStore(): Promise<RedisAlertStore> {
    await plain.flushall()
    return store
  }

  alertStoreConformance(emptyStore, 8)

  test('SPEC A1: the seed’s own commands work as printed', async () => {
    await emptyStore()
    const subscriber = plain.duplicate()
    onTestFinished(() => subscriber.disconnect())
    const heard: string[][] = []
    subscriber.on('message', (...message: string[]) => heard.push(message))
    await subscriber.subscribe('fraud:alerts')
    const alert = alertOf(1, { fraudCount: 5 })
    await store.write([alert])
    expect(await plain.call('SMEMBERS', 'fraud:alerts:accounts')).toEqual(['ACC_001'])
    expect(await plain.call('GET', 'fraud:alerts:sender:ACC_001')).toBe(alert.json)
    expect(await plain.call('GET', 'fraud:count:sender:ACC_001')).toBe('5')
    await vi.waitFor(() => expect(heard).toEqual([['fraud:alerts', alert.json]]))
  })

  test('SPEC A1: the keys’ time to live is what is left of 5 min and of 1 h since the event', async () => {
    await emptyStore()
    const eventTimeMs = Date.now() - 60_000
    await store.write([alertOf(1, { eventTimeMs })])
    expect(await plain.call('PEXPIRETIME', 'fraud:alerts:sender:ACC_001')).toBe(eventTimeMs + 300_000)
    expect(await plain.call('PEXPIRETIME', 'fraud:count:sender:ACC_001')).toBe(eventTimeMs + 3_600_000)
    expect(await plain.zscore('fraud:alerts:accounts:expiry', 'ACC_001')).toBe(String(eventTimeMs + 300_000))
    const keys = await plain.keys('*')
    expect(keys.toSorted()).toEqual([
      'fraud:alerts:accounts',
      'fraud:alerts:accounts:expiry',
      'fraud:alerts:sender:ACC_001',
      'fraud:count:sender:ACC_001',
      'fraud:offsets',
      'fraud:stream',
    ])
  })

  test('SPEC A2: what stood before Redis refused a command in the middle of a call enters the stream once', async () => {
    await emptyStore()
    const endsMs = Date.now() + 60_000
    const json = JSON.stringify({ ends_at: endsMs })
    const action: LiveEntry = {
      ...alertOf(2),
      kind: 'action',
      account: 'ACC_002',
      field: 'BLOCK_CARD:0-1',
      endsMs,
      json,
    }
    const entries = [alertOf(1), action, alertOf(3)]
    await plain.set('fraud:actions:ACC_002', 'of another type')
    await expect(store.write(entries)).rejects.toMatchObject({ code: expect.stringMatching(/^REDIS_/) })
    expect(Object.values(Object.fromEntries(await store.positions()))).toEqual([1])
    await plain.del('fraud:actions:ACC_002')
    await store.write(entries)
    expect((await wholeStream(store)).map((told) => told.json)).toEqual(
      entries.map((entry) => 'json' in entry && entry.json),
    )
  })

  test('SPEC A2: at maxmemory a script writes nothing at all', async () => {
    await emptyStore()
    await plain.config('SET', 'maxmemory', '1')
    onTestFinished(async () => void (await plain.config('SET', 'maxmemory', '0')))
    await expect(store.write([alertOf(1)])).rejects.toMatchObject({ code: 'REDIS_OOM', next: 'retry' })
    expect(await plain.keys('*')).toEqual([])
  })
})
