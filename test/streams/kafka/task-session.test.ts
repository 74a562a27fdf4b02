import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Kafka, startKafka } from '../../../stack/kafka/kafka.ts'
import { Coordinator } from '../../../streams/kafka/coordinator.ts'
import { KafkaLog, type KafkaLogOptions } from '../../../streams/kafka/kafka-log.ts'
import { transactionalIdOf } from '../../../streams/kafka/task-session.ts'
import { TransactionalId } from '../../../streams/kafka/transactional-id.ts'
import type { TaskSession, TopicPartition } from '../../../streams/log/log.ts'
import { batchOf, recordsIn } from '../log/text-records.ts'

// Goal: a task's outputs and its input offset stand on Kafka together or not at all, and of two owners one writes.
// Method: a real broker, once with each of its two transaction protocols.
const START_MS = 180_000
const PARTITIONS = 4
/** Nothing that a test waits for takes so long; readers of an aborted transaction's partition would, until its time-out. */
const SOON_MS = 8_000

describe.each([
  { level: 2, protocol: 'the newer protocol (KIP-890)' },
  { level: 1, protocol: 'the older protocol' },
])('a task on Kafka, $protocol', ({ level }) => {
  let kafka: Kafka
  let logs: KafkaLog[] = []
  let input: TopicPartition
  let output: TopicPartition
  let app = ''
  let topics = 0

  beforeAll(async () => {
    const properties = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '100' }
    kafka = await startKafka({ features: { 'transaction.version': level }, properties })
  }, START_MS)
  afterAll(() => kafka?.stop(), START_MS)

  beforeEach(async () => {
    app = `app-${++topics}`
    input = { topic: `in-${topics}`, partition: 1 }
    output = { topic: `out-${topics}`, partition: 1 }
    const log = openLog()
    await log.createTopics(
      ['in', 'out', 'beside'].map((name) => {
        return { topic: `${name}-${topics}`, partitions: PARTITIONS, retentionMs: -1, retentionBytes: -1 }
      }),
    )
  })
  afterEach(async () => {
    for (const log of logs) await log.close()
    logs = []
  })

  /** A process of its own, as far as the broker can see. */
  function openLog(options: Partial<KafkaLogOptions> = {}): KafkaLog {
    const log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'test' }, ...options })
    logs.push(log)
    return log
  }

  const openTask = (log = openLog(), at = input) => log.openTask(app, at)

  async function commit(session: TaskSession, texts: readonly string[], offset: number): Promise<void> {
    session.begin()
    if (texts.length > 0) await session.append([batchOf(output, texts)])
    await session.sendOffset({ offset, metadata: `streamTimeMs=${offset}` })
    await session.end()
  }

  /** Reads at read_committed until `count` records are there; whatever else is there by then comes too. */
  async function readTexts(count: number, at = output): Promise<string[]> {
    const reader = openLog().openReader(at, 0)
    const texts: string[] = []
    const untilMs = performance.now() + SOON_MS
    for (;;) {
      const { bytes, nextOffset, endOffset } = await reader.fetch(1 << 20, 250)
      texts.push(...recordsIn(bytes).map(({ text }) => text))
      if (texts.length >= count && nextOffset >= endOffset) return texts
      if (performance.now() > untilMs) throw new Error(`${texts.length} of ${count} records within ${SOON_MS} ms`)
    }
  }

  test('the protocol is the one that the cluster has', async () => {
    const { cluster } = openLog()
    const id = new TransactionalId(
      app,
      new Coordinator(cluster, { kind: 'transaction', key: app, purpose: app, place: input, retryMs: SOON_MS }),
      SOON_MS,
    )
    await id.takeOver()
    expect(id.addsImplicitly).toBe(level === 2)
  })

  test('SPEC X1: outputs and offset of a transaction stand together', { timeout: START_MS }, async () => {
    const session = await openTask()
    expect(await session.committed()).toBeNull()
    session.begin()
    const beside = { topic: `beside-${topics}`, partition: 1 }
    await session.append([batchOf(output, ['a', 'b']), batchOf(beside, ['x']), batchOf(output, ['c'])])
    await session.append([batchOf(output, ['d'])])
    await session.sendOffset({ offset: 4, metadata: 'streamTimeMs=9' })
    await session.end()
    expect(await readTexts(4)).toEqual(['a', 'b', 'c', 'd'])
    expect(await readTexts(1, beside)).toEqual(['x'])
    expect(await session.committed()).toEqual({ offset: 4, metadata: 'streamTimeMs=9' })
  })

  test('SPEC X1: an aborted transaction leaves nothing, and nobody waits for it', { timeout: START_MS }, async () => {
    const session = await openTask()
    session.begin()
    await session.append([batchOf(output, ['never'])])
    await session.sendOffset({ offset: 9, metadata: '' })
    await session.abort()
    await commit(session, ['kept'], 1)
    expect(await readTexts(1)).toEqual(['kept'])
    expect(await session.committed()).toMatchObject({ offset: 1 })
  })

  test('SPEC X2: transactions follow each other, empty ones among them', { timeout: START_MS }, async () => {
    const session = await openTask()
    const expected: string[] = []
    for (let offset = 1; offset <= 40; offset++) {
      session.begin()
      if (offset % 2 === 0) await session.end()
      else await session.abort()
      const texts = offset % 4 === 0 ? [] : [`${offset}a`, `${offset}b`]
      expected.push(...texts)
      await commit(session, texts, offset)
    }
    expect(await readTexts(expected.length)).toEqual(expected)
    expect(await session.committed()).toEqual({ offset: 40, metadata: 'streamTimeMs=40' })
  })

  test('SPEC X2: the next session finds the stable offset of the one before', { timeout: START_MS }, async () => {
    const first = await openTask()
    await commit(first, ['a'], 1)
    await first.close()
    expect(() => first.begin()).toThrow(expect.objectContaining({ code: 'SESSION_CLOSED' }))
    // Left open, as by a process that was killed: its offset must not be seen, nor its outputs.
    const killed = await openTask()
    killed.begin()
    await killed.append([batchOf(output, ['lost'])])
    await killed.sendOffset({ offset: 2, metadata: 'lost' })
    const next = await openTask()
    expect(await next.committed()).toEqual({ offset: 1, metadata: 'streamTimeMs=1' })
    await commit(next, ['b'], 2)
    expect(await readTexts(2)).toEqual(['a', 'b'])
  })

  test.each([
    { step: 'appends', zombie: (session: TaskSession) => session.append([batchOf(output, ['zombie'])]) },
    { step: 'sends its offset', zombie: (session: TaskSession) => session.sendOffset({ offset: 99, metadata: 'z' }) },
    { step: 'ends', zombie: (session: TaskSession) => session.end() },
  ])('SPEC X3: a zombie that $step is fenced, and nothing of it is seen', { timeout: START_MS }, async ({ zombie }) => {
    const first = await openTask()
    await commit(first, ['a'], 1)
    first.begin()
    await first.append([batchOf(output, ['zombie'])])
    await first.sendOffset({ offset: 99, metadata: 'z' })
    const second = await openTask()
    await commit(second, ['b'], 2)
    await expect(zombie(first)).rejects.toMatchObject({ next: 'fenced', place: input })
    expect(() => first.begin()).toThrow(expect.objectContaining({ next: 'fenced' }))
    await first.close()
    await commit(second, ['c'], 3)
    expect(await readTexts(3)).toEqual(['a', 'b', 'c'])
    expect(await second.committed()).toMatchObject({ offset: 3 })
  })

  test('SPEC X3: a transaction that lasts too long is ended by the cluster, and lost to its owner', {
    timeout: START_MS,
  }, async () => {
    await commit(await openTask(), ['before'], 1)
    const session = await openTask(openLog({ transactionTimeoutMs: 3_000 }))
    session.begin()
    await session.append([batchOf(output, ['too late'])])
    await session.sendOffset({ offset: 7, metadata: '' })
    const openedAt = await openLog().bounds(output)
    // A reader gets past the transaction only once the cluster has ended it.
    const reader = openLog().openReader(output, openedAt.endOffset)
    for (const untilMs = performance.now() + SOON_MS; ; ) {
      const { bytes, nextOffset } = await reader.fetch(1 << 20, 250)
      expect(bytes).toHaveLength(0)
      if (nextOffset > openedAt.endOffset) break
      expect(performance.now()).toBeLessThan(untilMs)
    }
    // The newer protocol knows that nobody else took over: the next session goes on.
    await expect(session.end()).rejects.toMatchObject({ next: level === 2 ? 'abort' : 'fenced' })
    const next = await openTask()
    expect(await next.committed()).toMatchObject({ offset: 1 })
    await commit(next, ['in time'], 2)
    expect(await readTexts(2)).toEqual(['before', 'in time'])
  })

  test('SPEC X1: tasks of many partitions commit at once, each its own offset', { timeout: START_MS }, async () => {
    const log = openLog()
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition)
    const sessions = await Promise.all(partitions.map((partition) => openTask(log, { ...input, partition })))
    await Promise.all(
      sessions.map(async (session, partition) => {
        for (let offset = 1; offset <= 10; offset++)
          await commit(session, [`${partition}-${offset}`], offset * (partition + 1))
      }),
    )
    const offsets = await Promise.all(sessions.map(async (session) => (await session.committed())?.offset))
    expect(offsets).toEqual(partitions.map((partition) => 10 * (partition + 1)))
    const texts = await readTexts(10 * PARTITIONS)
    for (const partition of partitions) {
      const ofOne = texts.filter((text) => text.startsWith(`${partition}-`))
      expect(ofOne).toEqual(Array.from({ length: 10 }, (_, i) => `${partition}-${i + 1}`))
    }
  })

  test('a transactional id names application and partition', () => {
    expect(transactionalIdOf('sluice', { topic: 'payments.submitted', partition: 7 })).toBe(
      'sluice-payments.submitted-7',
    )
  })
})
