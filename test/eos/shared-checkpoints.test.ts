import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Admin, Kafka as KafkaJs, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProducer } from '../../bin/runtime/payment-source.ts'
import { openClusterTarget } from '../../bin/runtime/payment-target.ts'
import { INPUT_TOPIC, PARTITIONS } from '../../bin/runtime/session.ts'
import { topicSettings } from '../../bin/runtime/topic-settings.ts'
import { readConfig } from '../../platform/config.ts'
import type { PaymentProducer } from '../../producers/payment-producer.ts'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import { SluiceProcess } from '../bin/sluice-process.ts'
import { partitionOfKey } from '../faults/mixed-stream.ts'
import { readRecords } from '../faults/stored-records.ts'
import { addOutput, noOutputs, type PaymentOutputs } from '../support/payment-outputs.ts'
import { framed, OUTPUT_TOPICS, PLAIN_PAYMENT, SCHEMA_IDS } from '../support/payments-driver.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { signedControl } from '../support/test-keys.ts'
import { RunFolder } from './run-folder.ts'

// Goal: what outlives the input's retention stands in the checkpoints that all workers share, and is found there by a worker
// that has nothing else (SPEC S6, D4; ARCHITECTURE, decision 3).

const SENDER = 'acct-blocked'
const PARTITION = partitionOfKey(SENDER, PARTITIONS)
const CHECKPOINTS_KEPT = 2

await onRealParts(['kafka'], 'checkpoints that workers share', () => {
  const folder = new RunFolder('shared checkpoints')
  const machine = join(folder.path, 'machine')
  let kafka: Kafka
  let log: KafkaLog
  let admin: Admin
  let producer: PaymentProducer
  let eventTime = Date.now() - 60_000

  const env = () => ({
    SLUICE_KAFKA_BOOTSTRAP: kafka.bootstrap.join(','),
    SLUICE_KEYS: folder.keys,
    SLUICE_CHECKPOINTS: folder.checkpoints,
    SLUICE_CHECKPOINT_INTERVAL_MS: '100',
    SLUICE_METRICS_PORT: '0',
    SLUICE_DATA: machine,
  })

  beforeAll(async () => {
    kafka = await startKafka()
    log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'test' } })
    await log.createTopics(topicSettings({ logBytesMax: null, retentionMs: -1 }))
    admin = new KafkaJs({ brokers: [...kafka.bootstrap], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const settings = { ...env(), SLUICE_DATA: join(folder.path, 'producer') }
    producer = createProducer(await openClusterTarget(readConfig({}, settings)))
  }, START_MS)
  afterAll(async () => {
    await producer?.close()
    await admin?.disconnect()
    await log?.close()
    await kafka?.stop()
    folder.remove()
  }, START_MS)

  /** Sends a payment of the sender; its offset. */
  async function pay(transactionId: string): Promise<number> {
    eventTime += 1_000
    const { offset } = await producer.deliver({ ...PLAIN_PAYMENT, transactionId, senderAccountId: SENDER, eventTime })
    return offset
  }

  /** All that was written about the partition, once so many decisions and duplicates are there. */
  async function outputs(atLeast: number): Promise<PaymentOutputs> {
    for (;;) {
      const found = noOutputs()
      for (const topic of OUTPUT_TOPICS) {
        for (const { value } of await readRecords(log, { topic, partition: PARTITION })) addOutput(found, value)
      }
      if (found.decisions.length + found.duplicates.length >= atLeast) return found
      await pause(100)
    }
  }

  /** Offsets of the partition's checkpoints, oldest first. */
  function checkpoints(): number[] {
    const name = new RegExp(`^payments\\.submitted-${PARTITION}-(\\d{16})\\.checkpoint$`)
    return readdirSync(folder.checkpoints)
      .flatMap((file) => name.exec(file)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b)
  }

  /** Resolves when the checkpoints reach the offset. */
  async function untilCheckpoint(offset: number): Promise<void> {
    while ((checkpoints().at(-1) ?? 0) < offset) await pause(50)
  }

  test('SPEC S4, S6, D1, D4: a worker that has lost its folder, and the input up to the last checkpoint, still knows blocks and ids', {
    timeout: START_MS,
  }, async () => {
    const worker = new SluiceProcess(['worker'], env())
    const first = await pay('seen-before')
    const control = { kind: 'ACCOUNT_BLOCKED', eventTime, accountId: SENDER, partition: PARTITION, serial: 1 } as const
    await producer.sendValue(SENDER, framed(SCHEMA_IDS.control, signedControl(control, 'board')))
    const blocked = await pay('after-the-block')
    const before = await outputs(2)
    expect(before.decisions.map(({ outcome }) => outcome)).toEqual(['approve', 'block'])
    await untilCheckpoint(blocked + 1)
    const later = await pay('one-more')
    await untilCheckpoint(later + 1)
    expect(checkpoints()).toHaveLength(CHECKPOINTS_KEPT)

    worker.child.kill('SIGKILL')
    await worker.ended
    expect(worker.child.signalCode).toBe('SIGKILL')
    rmSync(machine, { recursive: true })
    const [, second = 0] = checkpoints()
    // kafkajs deletes only in topics that it has asked about before.
    await admin.fetchTopicOffsets(INPUT_TOPIC)
    await admin.deleteTopicRecords({
      topic: INPUT_TOPIC,
      partitions: [{ partition: PARTITION, offset: String(second) }],
    })
    expect((await log.bounds({ topic: INPUT_TOPIC, partition: PARTITION })).startOffset).toBe(second)

    // Without the checkpoints nobody could know: such a worker says so and does not begin with nothing.
    const stranger = new SluiceProcess(['worker', '--name', 'stranger'], {
      ...env(),
      SLUICE_CHECKPOINTS: join(folder.path, 'none'),
    })
    while (!stranger.stderr.includes('there is no checkpoint')) await pause(50)
    stranger.child.kill('SIGINT')
    await stranger.ended
    expect((await outputs(3)).decisions).toHaveLength(3)

    const successor = new SluiceProcess(['worker', '--name', 'successor'], env())
    await pay('seen-before')
    await pay('after-the-loss')
    const { decisions, duplicates } = await outputs(5)
    expect(duplicates).toMatchObject([{ transactionId: 'seen-before', firstOffset: first }])
    expect(
      decisions.map(({ transactionId, outcome, decidedBy }) => [transactionId, outcome, decidedBy]).slice(1),
    ).toEqual(['after-the-block', 'one-more', 'after-the-loss'].map((id) => [id, 'block', 'HARD_BLOCK']))
    successor.child.kill('SIGINT')
    expect(await successor.ended).toBe(0)
  })
})
