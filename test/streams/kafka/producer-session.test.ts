import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { machineClock } from '../../../producers/clock.ts'
import { unmasked } from '../../../producers/mask-payment.ts'
import { PaymentProducer, type PaymentProducerOptions } from '../../../producers/payment-producer.ts'
import { type Kafka as Cluster, startKafka } from '../../../stack/kafka/kafka.ts'
import { freePorts } from '../../../stack/ports.ts'
import type { KafkaOptions } from '../../../streams/kafka/kafka-options.ts'
import { kafkaJs } from '../../../streams/kafka/kafkajs-client.ts'
import { openProducerSession, type ProducerOptions } from '../../../streams/kafka/producer-session.ts'
import type { TopicPartition } from '../../../streams/log/log.ts'
import { partitionOf } from '../../../streams/record/partitioner.ts'
import { SeededRandom } from '../../../streams/testing/seeded-random.ts'
import { type Fate, KafkaProxy, PRODUCE } from '../../faults/kafka-proxy.ts'
import { onRealParts } from '../../support/real-parts.ts'
import { setOfTopics } from '../../support/topic-setting.ts'
import { type PrintedRecord, storedRecords } from './stored-records.ts'

// Goal: whatever answers a broker's network loses, the payment producer loses no record and changes no sender's order.
// Method: a real broker behind a proxy that loses answers; what is stored is read by Kafka's own consumer.
const START_MS = 600_000
const PARTITIONS = 4
const PATIENCE_MS = 3_000
await onRealParts(['kafka'], 'a producer on a cluster', () => {
  let proxy: KafkaProxy
  let kafka: Cluster
  let cluster: KafkaOptions

  beforeAll(async () => {
    const [port] = await freePorts(1)
    proxy = await KafkaProxy.listen(port!)
    const properties = { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` }
    kafka = await startKafka({ port: port!, properties })
    cluster = { bootstrapServers: [`127.0.0.1:${proxy.port}`], clientId: 'test', requestTimeoutMs: PATIENCE_MS }
  }, START_MS)
  afterAll(async () => {
    await kafka?.stop()
    await proxy?.close()
  }, START_MS)

  let topics = 0
  async function newTopic(): Promise<string> {
    const topic = `lost-answers-${++topics}`
    const admin = kafkaJs(cluster).admin()
    await admin.connect()
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]
    await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS, configEntries }] })
    await admin.disconnect()
    return topic
  }

  /** A client as its documentation has it, but for a shorter patience. */
  function bareClient(): Kafka {
    const brokers = [`127.0.0.1:${proxy.port}`]
    return new Kafka({ brokers, clientId: 'bare', requestTimeout: PATIENCE_MS, logLevel: logLevel.NOTHING })
  }

  /** The answers to produce requests that come while a test runs: `fate` of the first, the second and so on. */
  function produceAnswers(fate: (index: number) => Fate): void {
    let index = 0
    proxy.lost = 0
    proxy.fate = ({ apiKey }) => (apiKey === PRODUCE ? fate(index++) : 'arrives')
    onTestFinished(() => {
      proxy.fate = () => 'arrives'
    })
  }

  function paymentProducer(
    topic: string,
    options: Partial<PaymentProducerOptions> = {},
    session: ProducerOptions = {},
  ): PaymentProducer {
    return new PaymentProducer({
      log: { openProducer: (name) => openProducerSession(cluster, name, { leaderOf: async () => 1, ...session }) },
      name: null,
      topic,
      partitions: PARTITIONS,
      paymentSchemaId: 1,
      mask: unmasked,
      clock: machineClock,
      batchBytes: 200,
      ...options,
    })
  }

  const SENDERS = 13
  const valuesOf = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ key: `acct-${i % SENDERS}`, value: `payment-${i}` }))

  /** A key for each partition. */
  function keysOfPartitions(): string[] {
    const keys = new Map<number, string>()
    for (let i = 0; keys.size < PARTITIONS; i++) {
      const key = Buffer.from(`acct-${i}`)
      keys.set(partitionOf(key, 0, key.length, PARTITIONS), `acct-${i}`)
    }
    return [...keys.values()]
  }

  async function sendAll(producer: PaymentProducer, count: number): Promise<void> {
    for (const { key, value } of valuesOf(count)) await producer.sendValue(key, Buffer.from(value))
    await producer.close()
  }

  /** Per sender the values in stored order, each at its first copy; and how many further copies there are. */
  function firstCopies(records: readonly PrintedRecord[]) {
    const bySender: Record<string, string[]> = {}
    let copies = 0
    for (const { key, value } of records) {
      bySender[key] ??= []
      if (bySender[key].includes(value)) copies++
      else bySender[key].push(value)
    }
    return { bySender, copies }
  }

  function sentBySender(count: number): Record<string, string[]> {
    const bySender: Record<string, string[]> = {}
    for (const { key, value } of valuesOf(count)) bySender[key] = [...(bySender[key] ?? []), value]
    return bySender
  }

  describe('two sends of one partition, and the answer to the first is lost', () => {
    const fate = (index: number) => (index === 0 ? 'lost' : 'arrives')

    test(
      'the bare client acknowledges both, stores one of them twice and the other never',
      async () => {
        const topic = await newTopic()
        const producer = bareClient().producer({ idempotent: true })
        await producer.connect()
        produceAnswers(fate)
        const send = (value: string) => producer.send({ topic, messages: [{ key: 'acct-1', value, partition: 0 }] })
        const outcomes = await Promise.allSettled([send('first'), send('second')])
        await producer.disconnect()
        expect(proxy.lost).toBe(1)
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
        const stored = await storedRecords(kafka.bootstrap[0]!, topic)
        expect(stored).toHaveLength(2)
        expect(new Set(stored.map(({ value }) => value)).size).toBe(1)
      },
      START_MS,
    )

    test(
      'SPEC R3: the payment producer stores each once, in order',
      async () => {
        const topic = await newTopic()
        const producer = paymentProducer(topic, { batchBytes: 1 })
        produceAnswers(fate)
        for (const value of ['first', 'second']) await producer.sendValue('acct-1', Buffer.from(value))
        await producer.close()
        expect(proxy.lost).toBe(1)
        expect(producer.counts).toMatchObject({ acknowledgedRecords: 2, acknowledgedBatches: 2, resentRecords: 0 })
        const stored = await storedRecords(kafka.bootstrap[0]!, topic)
        expect(stored.map(({ value }) => value)).toEqual(['first', 'second'])
      },
      START_MS,
    )
  })

  test(
    'SPEC R3: one answer in six is lost with its connection: each record is stored once, in its sender’s order',
    async () => {
      const topic = await newTopic()
      const random = new SeededRandom(Number(process.env['SLUICE_TEST_SEED']))
      produceAnswers(() => (random.below(6) === 0 ? 'cut' : 'arrives'))
      const producer = paymentProducer(topic)
      await sendAll(producer, 2_000)
      expect(proxy.lost).toBeGreaterThan(5)
      expect(producer.counts).toMatchObject({ acknowledgedRecords: 2_000, resentRecords: 0 })
      const { bySender, copies } = firstCopies(await storedRecords(kafka.bootstrap[0]!, topic))
      expect(bySender).toEqual(sentBySender(2_000))
      expect(copies).toBe(0)
    },
    START_MS,
  )

  test(
    'SPEC R3: so many answers are lost that sessions are: no record is, and at most those sent again stand there twice',
    async () => {
      const topic = await newTopic()
      produceAnswers((index) => (index >= 5 && index < 17 ? 'cut' : 'arrives'))
      const producer = paymentProducer(topic)
      await sendAll(producer, 400)
      expect(proxy.lost).toBe(12)
      const { resentRecords, acknowledgedRecords } = producer.counts
      expect(acknowledgedRecords).toBe(400)
      expect(resentRecords).toBeGreaterThan(0)
      const { bySender, copies } = firstCopies(await storedRecords(kafka.bootstrap[0]!, topic))
      expect(bySender).toEqual(sentBySender(400))
      expect(copies).toBeGreaterThan(0)
      expect(copies).toBeLessThanOrEqual(resentRecords)
    },
    START_MS,
  )

  test(
    'SPEC R3: a broker that is killed and comes back loses no record and no order',
    async () => {
      const topic = await newTopic()
      const producer = paymentProducer(topic)
      const values = valuesOf(3_000)
      const half = values.length / 2
      for (const [i, { key, value }] of values.entries()) {
        await producer.sendValue(key, Buffer.from(value))
        if (i !== half) continue
        await kafka.brokers[0]!.kill()
        expect(producer.counts.acknowledgedRecords).toBeLessThan(half)
      }
      await kafka.brokers[0]!.restart()
      await producer.close()
      expect(producer.counts.acknowledgedRecords).toBe(3_000)
      const { bySender, copies } = firstCopies(await storedRecords(kafka.bootstrap[0]!, topic))
      expect(bySender).toEqual(sentBySender(3_000))
      expect(copies).toBeLessThanOrEqual(producer.counts.resentRecords)
    },
    START_MS,
  )

  test(
    'producer session: it ends before its sequences do, and the next one goes on without a copy',
    async () => {
      const topic = await newTopic()
      const producer = paymentProducer(topic, {}, { recordsMax: 20 })
      await sendAll(producer, 200)
      expect(producer.counts.resentRecords).toBeGreaterThan(0)
      const { bySender, copies } = firstCopies(await storedRecords(kafka.bootstrap[0]!, topic))
      expect(bySender).toEqual(sentBySender(200))
      expect(copies).toBe(0)
    },
    START_MS,
  )

  // prettier-ignore
  test.each([
    { why: 'one broker share a request', leaderOf: async () => 1, requests: 1 },
    { why: 'two brokers take two', leaderOf: async ({ partition }: TopicPartition) => partition % 2, requests: 2 },
    { why: 'brokers that nobody knows go alone', leaderOf: async () => Promise.reject(new Error('none')), requests: 4 },
  ])('producer session: batches for $why', async ({ leaderOf, requests }) => {
    const producer = paymentProducer(await newTopic(), { batchBytes: 10_000 }, { leaderOf })
    let seen = 0
    produceAnswers(() => {
      seen++
      return 'arrives'
    })
    await sendAll(producer, SENDERS)
    expect(producer.counts).toMatchObject({ acknowledgedRecords: SENDERS, acknowledgedBatches: PARTITIONS })
    expect(seen).toBe(requests)
  })

  test('producer session: one request takes a mebibyte of batches', async () => {
    const producer = paymentProducer(await newTopic(), { batchBytes: 500_000 })
    let seen = 0
    produceAnswers(() => {
      seen++
      return 'arrives'
    })
    for (const key of keysOfPartitions()) await producer.sendValue(key, Buffer.alloc(390_000))
    await producer.close()
    expect(producer.counts).toMatchObject({ acknowledgedRecords: PARTITIONS, acknowledgedBatches: PARTITIONS })
    expect(seen).toBe(2)
  })

  test('producer session: a batch that the broker refuses for good stops the producer and says why', async () => {
    const topic = await newTopic()
    await setOfTopics(cluster.bootstrapServers, [topic], 'max.message.bytes', '300')
    const producer = paymentProducer(topic)
    await producer.sendValue('acct-1', Buffer.alloc(1_000))
    await expect(producer.close()).rejects.toMatchObject({ code: 'KAFKA_MESSAGE_TOO_LARGE', next: 'stop' })
  })

  test('producer session: it has no name', async () => {
    await expect(openProducerSession(cluster, 'me')).rejects.toMatchObject({ next: 'stop' })
  })
})
