import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ALERTS_GROUP } from '../../redis-alerts/alerts-group.ts'
import { Hook } from '../../redis-alerts/hooks/hook.ts'
import { RedisChannel } from '../../redis-alerts/hooks/redis-channel.ts'
import { RedisAlertStore } from '../../redis-alerts/redis-store.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { type Redis as RedisPart, startRedis } from '../../stack/redis/redis.ts'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import { TopicAdmin } from '../../streams/kafka/topic-admin.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { AlertLog, actionOf } from './alert-log.ts'
import { hookOptions } from './hooks/hook-options.ts'
import { targetOf } from './redis-target.ts'
import { expectDrained } from './stream-check.ts'

const WITHIN = { timeout: 60_000, interval: 100 }

await onRealParts(['kafka', 'redis'], 'an alerter between Kafka and Redis', () => {
  let kafka: Kafka
  let redis: RedisPart
  let alerts: AlertLog

  beforeAll(async () => {
    ;[kafka, redis] = await Promise.all([startKafka(), startRedis()])
    const options = { bootstrapServers: kafka.bootstrap, clientId: 'alerts' }
    const admin = await TopicAdmin.open(options, 1)
    await admin.createAndVerify([TOPICS.fraudAlerts, TOPICS.fraudActions, TOPICS.hooksDeliveries, TOPICS.paymentsDlq])
    await admin.close()
    alerts = await AlertLog.over(new KafkaLog({ kafka: options }), 'a-cluster')
  }, START_MS)

  afterAll(async () => {
    await alerts?.close()
    await Promise.all([kafka?.stop(), redis?.stop()])
  }, START_MS)

  test('SPEC A1: committed alerts of a cluster reach Redis in order; a malformed one is dead-lettered', {
    timeout: START_MS,
  }, async () => {
    const malformed = { topic: TOPICS.fraudAlerts.name, partition: 7 }
    await alerts.send(2, 300)
    await alerts.sendAction(7, actionOf(7))
    await alerts.append(malformed, [new Uint8Array(1)])
    await alerts.send(7, 300)
    const store = await RedisAlertStore.open(targetOf(redis.url))
    const stop = new AbortController()
    const running = alerts.alerter(() => RedisAlertStore.open(targetOf(redis.url))).run(stop.signal)
    await expectDrained(store, alerts)
    await alerts.send(2, 50)
    await expectDrained(store, alerts)
    await vi.waitFor(
      async () => expect(Object.keys(await store.actionsOf('ACC_7'))).toEqual(['BLOCK_CARD:7-4']),
      WITHIN,
    )
    stop.abort()
    await running
    store.close()
    const { endOffset } = await alerts.log.bounds({ topic: TOPICS.paymentsDlq.name, partition: 7 })
    expect(endOffset).toBe(1)
    expect(await alerts.log.group(ALERTS_GROUP).committed(malformed)).toMatchObject({ offset: 301 })
  })

  test('SPEC A5: a hook brings actions of a cluster to a Redis channel, goes on where it stood, and tries again when Redis hangs', {
    timeout: START_MS,
  }, async () => {
    const heard: string[] = []
    const subscriber = new Redis(redis.url)
    await subscriber.subscribe('fraud:actions')
    subscriber.on('message', (_channel, json: string) => heard.push(JSON.parse(json).action_id))
    const outcomes: string[] = []
    const target = targetOf(redis.url, { commandTimeoutMs: 500 })
    const run = async (work: () => Promise<unknown>) => {
      const options = hookOptions(alerts.log, 'bus', new RedisChannel(target, 'fraud:actions'))
      const events = { ...options.events, onRecorded: (one: { outcome: string }) => outcomes.push(one.outcome) }
      const hook = new Hook({ ...options, events })
      const stop = new AbortController()
      const running = hook.run(stop.signal)
      await vi.waitFor(() => expect(hook.state).toBe('LIVE'), WITHIN)
      await work()
      stop.abort()
      await running
    }
    const send = (actionId: string) => alerts.sendAction(3, actionOf(3, { actionId }))
    await run(async () => {
      await send('a')
      await vi.waitFor(() => expect(heard).toEqual(['a']), WITHIN)
      await vi.waitFor(() => expect(outcomes).toEqual(['DELIVERED']), WITHIN)
    })
    await send('b')
    await run(async () => {
      await vi.waitFor(() => expect(heard).toEqual(['a', 'b']), WITHIN)
      const [server] = redis.servers
      server!.pause()
      await send('c')
      await vi.waitFor(() => expect(outcomes).toContain('FAILED'), WITHIN)
      server!.resume()
      await vi.waitFor(() => expect(outcomes.at(-1)).toBe('DELIVERED'), WITHIN)
    })
    expect(new Set(heard)).toEqual(new Set(['a', 'b', 'c']))
    subscriber.disconnect()
  })
})
