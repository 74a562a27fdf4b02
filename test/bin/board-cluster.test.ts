import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openClusterSession } from '../../bin/runtime/cluster-session.ts'
import { createProducer, edgeMask } from '../../bin/runtime/payment-source.ts'
import { topicSettings } from '../../bin/runtime/topic-settings.ts'
import type { AccountView, PaymentView } from '../../dashboards/board/views.ts'
import { paymentSubmittedDefaults } from '../../schemas/generated/payment-submitted.ts'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { type Redis, startRedis } from '../../stack/redis/redis.ts'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { testConfig } from './decided-folder.ts'
import { SluiceProcess, temporaryFolder } from './sluice-process.ts'

// Goal: the board of a cluster is what an analyst sees of processes that share nothing but Kafka, Redis and their keys.
const WITHIN = { timeout: 60_000, interval: 100 }
const ACCOUNT = 'victim-1'

await onRealParts(['kafka', 'redis'], 'sluice board beside worker and alerter', () => {
  let kafka: Kafka
  let redis: Redis

  beforeAll(async () => {
    ;[kafka, redis] = await Promise.all([startKafka(), startRedis()])
    const log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'test' } })
    await log.createTopics(topicSettings({ logBytesMax: null, retentionMs: -1 }))
    await log.close()
  }, START_MS)
  afterAll(() => Promise.all([kafka?.stop(), redis?.stop()]), START_MS)

  test('SPEC A1: an attack on a cluster ends in BLOCK_CARD on the board, with the account’s payments from the log', {
    timeout: START_MS,
  }, async () => {
    const settings = {
      SLUICE_DATA: join(temporaryFolder(), 'data'),
      SLUICE_KAFKA_BOOTSTRAP: kafka.bootstrap.join(','),
      SLUICE_REDIS_URL: redis.url,
    }
    const worker = new SluiceProcess(['worker', '--port', '0'], settings)
    await worker.says(/partitions: 0 1 2 3 4 5 6 7 8 9 10 11\n/)
    // Both use the keys that the worker has made.
    const alerter = new SluiceProcess(['alerter', '--kafka', '--port', '0'], settings)
    const board = new SluiceProcess(['board', '--kafka', '--port', '0'], settings)
    const [, url = ''] = await board.says(/sluice board: (http:\S+),/)
    await alerter.says(/sluice alerter: /)

    const session = await openClusterSession(testConfig(settings.SLUICE_DATA, settings))
    const producer = createProducer(session, edgeMask(session))
    const startMs = Date.now() - 6_000
    for (let i = 0; i < 5; i++) {
      const room = producer.send({
        ...paymentSubmittedDefaults,
        transactionId: `tiny-${i}`,
        senderAccountId: ACCOUNT,
        receiverAccountId: 'shop',
        eventTime: startMs + i * 1_000,
        amountMinor: 100,
        currency: 'USD',
        kind: 'card',
        channel: 'ecommerce',
      })
      if (room !== undefined) await room
    }
    await producer.close()
    await session.log.close()

    const account = async () => (await (await fetch(`${url}/api/accounts/${ACCOUNT}`)).json()) as AccountView
    const actionsOf = async () => (await account()).actions.map(({ action }) => action)
    await expect.poll(actionsOf, WITHIN).toContain('BLOCK_CARD')
    const outcomes = (await account()).payments.map(({ outcome }: PaymentView) => outcome)
    expect(outcomes).toEqual(['block', 'challenge', 'approve', 'approve', 'approve'])
    const feed = await fetch(`${url}/api/feed?after=0-0`)
    const reader = feed.body!.pipeThrough(new TextDecoderStream()).getReader()
    let told = ''
    while (!told.includes('"action":"BLOCK_CARD"')) told += (await reader.read()).value ?? ''
    await reader.cancel()
    expect(told).toContain('event: entries')

    for (const process of [board, alerter, worker]) {
      process.kill('SIGTERM')
      expect(await process.ended, process.stderr).toBe(0)
    }
  })
})
