import { readFileSync } from 'node:fs'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { RedisAlertStore } from '../../redis-alerts/redis-store.ts'
import { type Redis as RedisPart, startRedis } from '../../stack/redis/redis.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { clusterTargetOf, targetOf } from './redis-target.ts'
import { alertStoreConformance, STREAM_MAX } from './store-conformance.ts'
import { alertOf, SOURCE } from './written-entries.ts'

/** The lines of the documentation, so that what they say is what holds. */
const ACL_LINES = readFileSync('docs/alerts.md', 'utf8').match(/^ACL SETUSER alerter .*$/gm) ?? []

await onRealParts(['redis'], 'the store of alerts in a Redis Cluster', () => {
  let part: RedisPart
  let plain: Cluster
  let store: RedisAlertStore

  beforeAll(async () => {
    part = await startRedis({ cluster: true })
    plain = new Cluster([part.url])
    store = await RedisAlertStore.open(clusterTargetOf(part.addresses), STREAM_MAX)
  }, START_MS)

  afterAll(async () => {
    store?.close()
    plain?.disconnect()
    await part?.stop()
  })

  async function emptyStore(): Promise<RedisAlertStore> {
    await Promise.all(plain.nodes('master').map((master) => master.flushall()))
    return store
  }

  alertStoreConformance(emptyStore, 4)

  test('SPEC A1: the seed’s own commands work as printed, on any node', async () => {
    await emptyStore()
    const heard: string[][] = []
    for (const address of part.addresses) {
      const subscriber = new Redis(`redis://${address}`)
      onTestFinished(() => subscriber.disconnect())
      subscriber.on('message', (...message: string[]) => heard.push(message))
      await subscriber.subscribe('fraud:alerts')
    }
    const alert = alertOf(1, { fraudCount: 5 })
    await store.write([alert])
    expect(await plain.call('SMEMBERS', 'fraud:alerts:accounts')).toEqual(['ACC_001'])
    expect(await plain.call('GET', 'fraud:alerts:sender:ACC_001')).toBe(alert.json)
    expect(await plain.call('GET', 'fraud:count:sender:ACC_001')).toBe('5')
    await vi.waitFor(() => expect(heard).toEqual(part.addresses.map(() => ['fraud:alerts', alert.json])))
  })

  test('SPEC A2: what readers know has its own name; what is written in one step with it has that name as hash tag', async () => {
    await emptyStore()
    const own = await RedisAlertStore.open(clusterTargetOf(part.addresses))
    onTestFinished(() => own.close())
    await own.write([alertOf(1)])
    const keys = await Promise.all(plain.nodes('master').map((master) => master.keys('*')))
    expect(keys.flat().toSorted()).toEqual([
      'fraud:alerts:accounts',
      'fraud:alerts:accounts:expiry:{fraud:alerts:accounts}',
      'fraud:alerts:offset:{fraud:alerts:sender:ACC_001}',
      'fraud:alerts:sender:ACC_001',
      'fraud:count:sender:ACC_001',
      'fraud:masters:{fraud:stream}',
      'fraud:offsets:{fraud:stream}',
      'fraud:positions:{fraud:stream}',
      'fraud:stream',
    ])
  })

  test('SPEC A2: a kill between the steps: keys stand without their entry, and the replay adds it once', async () => {
    const live = await emptyStore()
    const [first, second] = [alertOf(1), alertOf(2, { fraudCount: 5 })]
    // The slot of the stream refuses; all others are written.
    await plain.set('fraud:positions:{fraud:stream}', 'no hash')
    await expect(live.write([first])).rejects.toMatchObject({ code: 'REDIS_WRONGTYPE' })
    await plain.del('fraud:positions:{fraud:stream}')
    await plain.set('fraud:offsets:{fraud:stream}', 'no hash')
    await expect(live.write([first, second])).rejects.toMatchObject({ code: 'REDIS_WRONGTYPE' })
    expect(await live.alertOf('ACC_001')).toBe(second.json)
    expect(await live.entriesAfter('0-0', 10)).toEqual([])
    await plain.del('fraud:positions:{fraud:stream}', 'fraud:offsets:{fraud:stream}')
    for (let i = 0; i < 2; i++) await live.write([first, second])
    const stream = await live.entriesAfter('0-0', 10)
    expect(stream.map(({ json }) => json)).toEqual([first.json, second.json])
    expect(await live.countOf('ACC_001')).toBe(5)
  })

  test('SPEC A3: the documented user can do all that the alerter does on a cluster', async () => {
    await emptyStore()
    for (const master of plain.nodes('master')) {
      for (const line of ACL_LINES) {
        await master.call('ACL', ...line.replace('PASSWORD', 'alerter-secret').split(' ').slice(1))
      }
    }
    const login = { username: 'alerter', password: 'alerter-secret' }
    const own = await RedisAlertStore.open(clusterTargetOf(part.addresses, login))
    onTestFinished(() => own.close())
    await own.sweep()
    const { eventTimeMs } = alertOf(1)
    const action = { kind: 'action', source: SOURCE, account: 'ACC_001', field: 'BLOCK_CARD:0-1' } as const
    const json = JSON.stringify({ ends_at: eventTimeMs + 9_000 })
    await own.write([
      alertOf(1),
      { ...action, offset: 2, previousOffset: 1, endsMs: eventTimeMs + 9_000, json },
      { kind: 'passed', source: SOURCE, offset: 3, previousOffset: 2 },
      { kind: 'erasure', source: SOURCE, offset: 4, previousOffset: 3, account: 'ACC_001' },
    ])
    expect(await own.positions()).toEqual(new Map([[SOURCE, 4]]))
    const wrong = RedisAlertStore.open(clusterTargetOf(part.addresses, { ...login, password: 'guessed' }))
    await expect(wrong).rejects.toMatchObject({ code: 'REDIS_WRONGPASS', next: 'stop' })
  })

  test('SPEC A3: a cluster that is taken for one server, and one server for a cluster, is one clear line, and stops', async () => {
    const asOne = await RedisAlertStore.open(targetOf(part.url))
    onTestFinished(() => asOne.close())
    await expect(asOne.sweep()).rejects.toMatchObject({
      message: expect.stringContaining('SLUICE_REDIS_CLUSTER_NODES'),
      next: 'stop',
    })
    const server = await startRedis()
    onTestFinished(() => server.stop())
    await expect(RedisAlertStore.open(clusterTargetOf(server.addresses))).rejects.toMatchObject({
      message: expect.stringContaining('remove SLUICE_REDIS_CLUSTER_NODES'),
      next: 'stop',
    })
  })
})
