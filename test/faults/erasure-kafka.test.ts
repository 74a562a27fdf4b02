import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openWorkerSession } from '../../bin/runtime/cluster-session.ts'
import { partitionOfAccount } from '../../bin/runtime/control/control-records.ts'
import { clusterErasable } from '../../bin/runtime/erasure/erasable-log.ts'
import { continueErasure, isDone, TOPICS_OF_ACCOUNTS } from '../../bin/runtime/erasure/erase.ts'
import { requestErasure } from '../../bin/runtime/erasure/erasure-request.ts'
import { receiptOf } from '../../bin/runtime/erasure/receipt.ts'
import { INPUT_TOPIC, PARTITIONS } from '../../bin/runtime/session.ts'
import { topicSettings } from '../../bin/runtime/topic-settings.ts'
import { ALERTS_GROUP } from '../../redis-alerts/alerts-group.ts'
import { RedisAlertStore } from '../../redis-alerts/redis-store.ts'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { type Redis, startRedis } from '../../stack/redis/redis.ts'
import { NO_MEMBER } from '../../streams/kafka/group-offsets.ts'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { testConfig } from '../bin/decided-folder.ts'
import { sluice, temporaryFolder } from '../bin/sluice-process.ts'
import { targetOf } from '../redis-alerts/redis-target.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { setOfTopics } from '../support/topic-setting.ts'
import { BESIDE, ERASED, ErasedFolder, tracesOf } from './erased-folder.ts'
import { redisTexts } from './redis-texts.ts'

// Goal: on a cluster too nothing of an erased account is found past the dates of its receipt, in the brokers' files and in Redis included,
// while what another person left beside it is still found.
// Method: as in erasure.test.ts. Nobody can move a broker's clock: the receipt has its dates by the topics' settings, and to see them come
// the topics are then given a retention of a second.

const DAY_MS = 86_400_000
const RETENTION_MS = 3 * DAY_MS
const SEGMENT_MS = 2 * DAY_MS
const FILE_DELAY_MS = 100
/** What every receipt allows for a broker's rounds. */
const SETTLES_MS = 600_000
const SOON_MS = 500
const WITHIN = { timeout: 120_000, interval: 200 }

await onRealParts(['kafka', 'redis'], 'an erasure on a cluster', () => {
  let kafka: Kafka
  let redis: Redis

  beforeAll(async () => {
    const properties = {
      'log.retention.check.interval.ms': '200',
      'log.segment.delete.delay.ms': String(FILE_DELAY_MS),
      'log.roll.ms': String(SEGMENT_MS),
      // They are made so large at once, and a scan reads them.
      'log.index.size.max.bytes': '4096',
    }
    ;[kafka, redis] = await Promise.all([startKafka({ properties }), startRedis()])
  }, START_MS)
  afterAll(() => Promise.all([kafka?.stop(), redis?.stop()]), START_MS)

  test('SPEC B4: log, checkpoints, Redis and archive of a cluster hold nothing of the subject past their dates, and all of another', {
    timeout: START_MS,
  }, async () => {
    const path = join(temporaryFolder(), 'data')
    const bootstrap = { SLUICE_KAFKA_BOOTSTRAP: kafka.bootstrap.join(','), SLUICE_KAFKA_REPLICAS: '1' }
    const making = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'test' } })
    await making.createTopics(topicSettings({ logBytesMax: null, retentionMs: RETENTION_MS }))
    const retain = (retentionMs: number) =>
      setOfTopics(kafka.bootstrap, TOPICS_OF_ACCOUNTS, 'retention.ms', String(retentionMs))
    await retain(RETENTION_MS)
    const session = await openWorkerSession(
      testConfig(path, { ...bootstrap, SLUICE_CHECKPOINT_INTERVAL_RECORDS: '2' }),
      NO_MEMBER,
    )
    const reading = await RedisAlertStore.open(targetOf(redis.url))
    const folder = new ErasedFolder({
      log: clusterErasable(session),
      alerts: {
        group: ALERTS_GROUP,
        open: () => RedisAlertStore.open(targetOf(redis.url)),
        positions: () => reading.positions(),
        texts: () => redisTexts(redis.url),
      },
      clock: machineTime,
      files: {
        folder: join(kafka.folder, 'data'),
        nameOf: (file) => `broker ${file.split('/')[1]?.replace(/-\d+$/, '')}`,
      },
    })
    for (const person of [ERASED, BESIDE]) await folder.payAll(person, 'a')
    await folder.whileDeciding()
    await folder.archive()
    await folder.alert()
    const traces = tracesOf(ERASED, session)
    const before = await folder.scan(traces)
    for (const place of PLACES) expect([...before.keys()], place).toContain(place)

    const at = ['--data', path, '--kafka']
    const found = await sluice(['subject', 'find', ...at], bootstrap, `${ERASED.email}\n`)
    expect(found.stdout, found.stderr).toMatch(/^v1:mask-1:[0-9a-f]{64}\n$/)
    const subject = found.stdout.trim()
    const by = { actor: 'officer', reason: 'request 1' }
    let erasure = await requestErasure(folder.log, subject, by, Date.now())
    // Nobody carries alerts to Redis or rows to the archive meanwhile: these two wait.
    await folder.whileDeciding(async () => {
      while (erasure.checkpointedMs === null) erasure = await continueErasure(folder.log, erasure, machineTime, SOON_MS)
    })
    const waiting = receiptOf(session, erasure).stores.filter(({ from }) => from === null)
    expect(waiting.map(({ store }) => store)).toEqual(['live alerts', 'archive and exports'])
    const submitted = erasure.logEnds.find(({ topic }) => topic === 'payments.submitted')
    expect(submitted?.endsMs).toBe(erasure.foldedMs! + RETENTION_MS + SEGMENT_MS + FILE_DELAY_MS + SETTLES_MS)

    await folder.alert()
    await folder.archive()
    erasure = await continueErasure(folder.log, erasure, machineTime)
    const receipt = receiptOf(session, erasure)
    expect(receipt.stores.filter(({ from }) => from === null)).toEqual([])
    const soon = await folder.scan(traces)
    const inLog = (place: string) => place.startsWith('broker ') || TOPICS_OF_ACCOUNTS.includes(place)
    expect([...soon].filter(([place]) => !inLog(place)).map(([place, what]) => [place, ...what])).toEqual([])
    const verified = await folder.verify()
    expect(verified.differences).toEqual([])
    expect(verified.inputs).toBeGreaterThan(0)

    // Past the dates, while the brokers still keep the records: the receipt does not say that they are gone.
    const lateMs = Date.parse(receipt.complete_from!) + 1
    const late = { nowMs: () => lateMs }
    erasure = await continueErasure(folder.log, erasure, late)
    expect(isDone(erasure)).toBe(false)
    expect(receiptOf(session, erasure).stores).toContainEqual(
      expect.objectContaining({ store: 'payments.submitted', from: null, state: 'waits' }),
    )
    // Behind the erasure stands its transaction's marker, and then nobody pays: a task that had not committed past it could not start again.
    await folder.whileDeciding(async () => {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const input = { topic: INPUT_TOPIC, partition }
        const { endOffset } = await session.log.bounds(input)
        await expect.poll(async () => (await session.committed(input))?.offset ?? 0, WITHIN).toBe(endOffset)
      }
      // The broker has led since it began.
      const erased = { topic: INPUT_TOPIC, partition: partitionOfAccount(ERASED.account) }
      expect(await session.committed(erased)).toMatchObject({ leaderEpoch: 0 })
    })
    await retain(1_000)
    await expect
      .poll(async () => {
        erasure = await continueErasure(folder.log, erasure, late)
        return isDone(erasure)
      }, WITHIN)
      .toBe(true)
    await retain(RETENTION_MS)
    await folder.payAll(BESIDE, 'b')
    await folder.whileDeciding()
    await folder.alert()
    await folder.archive()
    // Files go a moment after their records.
    await expect
      .poll(
        async () => Object.fromEntries([...(await folder.scan(traces))].map(([place, what]) => [place, [...what]])),
        WITHIN,
      )
      .toEqual({})
    const besideAfter = await folder.scan(tracesOf(BESIDE, session))
    for (const place of PLACES) expect([...besideAfter.keys()], place).toContain(place)

    // The command prints the receipt of what is done, and does nothing twice.
    const again = await sluice(['erase', '--subject', subject, '--reason', 'again', '--json', ...at], bootstrap)
    expect([again.code, again.stderr]).toEqual([0, ''])
    expect(JSON.parse(again.stdout)).toEqual(receiptOf(session, erasure))

    // Who comes back is decided as somebody new.
    await folder.pay(ERASED, { transactionId: 'later', eventTime: Date.now() - DAY_MS })
    await folder.whileDeciding()
    expect((await folder.verify()).differences).toEqual([])
    await folder.archive()
    expect(
      await folder.ask(
        "SELECT baseline_payments AS known FROM payment_transactions_fraud WHERE transaction_id = 'later'",
      ),
    ).toEqual([{ known: '0' }])
    reading.close()
    await making.close()
    await folder.close()
    const { items, bytes } = folder.scanned
    process.stdout.write(`erasure on Kafka: looked for ${traces.length} traces in ${items} items, ${bytes} bytes\n`)
  })
})

/** Where both stand before, and the other one still stands after. */
const PLACES: readonly string[] = [
  'payments.submitted',
  'payments.decided',
  'fraud.alerts',
  'fraud.actions',
  'payments.duplicates',
  'broker payments.submitted',
  'broker payments.decided',
  'broker fraud.alerts',
  'checkpoint',
  'archive payment_transactions',
  'archive pii_masking_audit',
  'archive payment_duplicates',
  'export payment_transactions',
  'live alerts',
]
