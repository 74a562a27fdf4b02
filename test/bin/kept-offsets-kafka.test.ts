import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { requireKeptOffsets } from '../../bin/runtime/kept-offsets.ts'
import { APPLICATION_ID, INPUT_TOPIC, PARTITIONS } from '../../bin/runtime/session.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import { batchOf } from '../streams/log/text-records.ts'
import { onRealParts } from '../support/real-parts.ts'

// Goal: what an aborted transaction left is nobody's decision. The embedded log leaves nothing, so this needs a broker.
const START_MS = 180_000
const DECIDED = { topic: TOPICS.paymentsDecided.name, partition: 0 }
const INPUT = { topic: INPUT_TOPIC, partition: 0 }

await onRealParts(['kafka'], 'kept offsets on a cluster', () => {
  let kafka: Kafka
  let log: KafkaLog

  beforeAll(async () => {
    kafka = await startKafka()
    log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'test' } })
    const names = Object.values(TOPICS).map(({ name }) => name)
    await log.createTopics(
      names.map((topic) => ({ topic, partitions: PARTITIONS, retentionMs: -1, retentionBytes: -1 })),
    )
  }, START_MS)
  afterAll(async () => {
    await log?.close()
    await kafka?.stop()
  }, START_MS)

  test('SPEC X1: a worker that was killed in its first transaction has lost no offset, one whose group forgot a decision has', async () => {
    const session = await log.openTask('another', INPUT)
    session.begin()
    await session.append([batchOf(DECIDED, ['never decided'])])
    await session.abort()
    await vi.waitUntil(async () => (await log.bounds(DECIDED)).endOffset > 0, { timeout: 10_000 })
    await requireKeptOffsets(log, log.group(APPLICATION_ID))

    session.begin()
    await session.append([batchOf(DECIDED, ['decided'])])
    await session.sendOffset({ offset: 1, metadata: '' })
    await session.end()
    await session.close()
    const lost = { code: 'OFFSETS_LOST', next: 'stop', place: INPUT }
    await expect(requireKeptOffsets(log, log.group(APPLICATION_ID))).rejects.toMatchObject(lost)
  })
})
