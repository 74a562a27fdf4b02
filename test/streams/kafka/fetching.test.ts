import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { kafkaTool } from '../../../stack/kafka/tool.ts'
import type { LogReader, TopicPartition } from '../../../streams/log/log.ts'
import { batchOf, recordsIn } from '../log/text-records.ts'
import { readOn, readTexts } from './read-texts.ts'
import { createTopic, openClient, type ProxiedKafka, START_MS, startProxiedKafka } from './test-kafka.ts'
import { produceBatch, produceEach, produceTexts } from './test-producer.ts'

vi.setConfig({ testTimeout: 120_000 })

// Goal: whole batches of many partitions over one connection, in bounded memory, whatever the network does.
let broker: ProxiedKafka
let client: ReturnType<typeof openClient>
let topics = 0

beforeAll(async () => {
  broker = await startProxiedKafka()
}, START_MS)
afterAll(() => broker?.stop(), START_MS)
beforeEach(() => {
  client = openClient(broker.bootstrap)
})
afterEach(() => {
  broker.proxy.heal()
  client.close()
})

/** A topic with `partitions` empty partitions, that keeps records whatever their time: those of these tests are of 1970. */
async function newTopic(partitions = 1): Promise<TopicPartition[]> {
  const topic = `topic-${topics++}`
  await createTopic(client.cluster, topic, partitions, { 'retention.ms': '-1' })
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
}

const at0 = async () => (await newTopic())[0] as TopicPartition
const texts = (count: number, bytes: number, name = 'r') =>
  Array.from({ length: count }, (_, i) => `${name}${i} `.padEnd(bytes, 'x'))

describe('batches', () => {
  test('half a batch at the end of what was fetched is left for the next time', async () => {
    const at = await at0()
    const all = texts(16, 500)
    await produceEach(client.cluster, at, all)
    // A batch is 580 bytes or so: none of these is a multiple.
    for (const maxBytes of [1_000, 1_777, 6_001]) {
      const read = await readTexts(client.fetcher, at, { maxBytes })
      expect(read.texts).toEqual(all)
      expect(read.offsets).toEqual(all.map((_, offset) => offset))
      expect(read.fetches).toBeGreaterThanOrEqual(Math.floor((16 * 580) / maxBytes) - 1)
    }
  })

  test('one larger than was asked for comes whole, also beside a partition that always has more', async () => {
    const [busy, large] = (await newTopic(2)) as [TopicPartition, TopicPartition]
    await produceEach(client.cluster, busy, texts(20, 900))
    const huge = 'h'.repeat(900_000)
    await produceTexts(client.cluster, large, [huge])
    await produceTexts(client.cluster, large, ['small'])
    const [besides, read] = await Promise.all([
      readTexts(client.fetcher, busy, { maxBytes: 1_000 }),
      readTexts(client.fetcher, large, { maxBytes: 1_000 }),
    ])
    expect(besides.texts).toHaveLength(20)
    expect(read.texts.map((text) => text.length)).toEqual([900_000, 5])
    expect(read.texts[0] === huge).toBe(true)
  })

  test('answers of any size fit: the receive buffer grows', async () => {
    const partitions = await newTopic(6)
    const all = texts(7, 120_000)
    await readTexts(client.fetcher, partitions[0] as TopicPartition)
    await Promise.all(partitions.map((at) => produceTexts(client.cluster, at, all)))
    const read = await Promise.all(partitions.map((at) => readTexts(client.fetcher, at)))
    for (const { texts: found } of read) expect(found).toEqual(all)
  })

  test('what was given out stays as it is until the next fetch, whatever is fetched ahead', async () => {
    const at = await at0()
    await produceEach(client.cluster, at, texts(6, 50_000))
    const reader = client.fetcher.open(at, 0)
    for (let i = 0; i < 6; i++) {
      const { bytes } = await reader.fetch(1, 1_000)
      const copy = Buffer.from(bytes)
      const fetchedBefore = client.cluster.counters.fetchTotal
      // Another reader keeps the connection's buffer in use meanwhile.
      await readTexts(client.fetcher, at)
      expect(client.cluster.counters.fetchTotal).toBeGreaterThan(fetchedBefore)
      expect(copy.equals(bytes)).toBe(true)
    }
    reader.close()
  })
})

describe('many partitions', () => {
  test('share one connection, and one that nobody reads holds two stretches at most', async () => {
    const partitions = await newTopic(5)
    const [idle, ...others] = partitions as [TopicPartition, ...TopicPartition[]]
    await Promise.all(partitions.map((at) => produceEach(client.cluster, at, texts(10, 10_000))))
    const unread = client.fetcher.open(idle, 0)
    await unread.fetch(10_000, 1_000)
    const before = client.cluster.counters.bytesConsumedTotal
    const read = await Promise.all(others.map((at) => readTexts(client.fetcher, at, { maxBytes: 10_000 })))
    for (const { texts: found } of read) expect(found).toHaveLength(10)
    const consumed = client.cluster.counters.bytesConsumedTotal - before
    // Ten batches of four partitions, some cut off and fetched again, and at most one more stretch of the idle one.
    expect(consumed).toBeGreaterThan(4 * 10 * 10_000)
    expect(consumed).toBeLessThan(2.2 * 4 * 10 * 10_000)
    // One for fetches, one for metadata, one for the test's producer.
    expect(client.cluster.counters.connectionCount).toBe(3)
    const rest = await readOn(unread, 0, 10_000)
    expect(rest.offsets).toEqual(Array.from({ length: 9 }, (_, i) => i + 1))
    unread.close()
  })

  test('all come forward when together they have more than an answer holds', async () => {
    const partitions = await newTopic(5)
    for (let i = 0; i < 4; i++) {
      await Promise.all(partitions.map((at) => produceBatch(client.cluster, batchOf(at, texts(9, 100_000)))))
    }
    const readers = partitions.map((at) => client.fetcher.open(at, 0))
    const before = client.fetcher.pollsSent
    const first = await Promise.all(readers.map((reader) => reader.fetch(4 << 20, 10_000)))
    for (const { bytes } of first) expect(bytes.length).toBeGreaterThan(0)
    // 18 MB in answers of 8 MB.
    expect(client.fetcher.pollsSent - before).toBeLessThanOrEqual(6)
    for (const reader of readers) reader.close()
  })

  test('one that waits at its end hears of a record while others wait too', async () => {
    const partitions = await newTopic(4)
    const readers = partitions.map((at) => client.fetcher.open(at, 0))
    const waiting = readers.map((reader) => reader.fetch(1 << 20, 15_000))
    await produceTexts(client.cluster, partitions[2] as TopicPartition, ['now'])
    expect((await (waiting[2] as Promise<{ nextOffset: number }>)).nextOffset).toBe(1)
    for (const reader of readers) reader.close()
    await Promise.all(waiting)
  })
})

describe('a network that errs', () => {
  test('a flipped bit is found by the checksum and fetched again', async () => {
    const at = await at0()
    const all = texts(50, 200)
    await produceTexts(client.cluster, at, all)
    broker.proxy.flipIn(Buffer.from('r7 xxxx'))
    expect((await readTexts(client.fetcher, at)).texts).toEqual(all)
    expect(broker.proxy.flips).toBe(1)
    expect(client.cluster.counters.corruptFetchesTotal).toBe(1)
  })

  test('bytes that are wrong each time stop the partition and name the place', async () => {
    const at = await at0()
    await produceTexts(client.cluster, at, ['good'])
    await produceTexts(client.cluster, at, ['the bad one'])
    const reader = client.fetcher.open(at, 0)
    const { flips } = broker.proxy
    broker.proxy.flipIn(Buffer.from('the bad one'), Number.POSITIVE_INFINITY)
    const read = async () => {
      for (;;) await reader.fetch(1, 1_000)
    }
    await expect(read()).rejects.toMatchObject({ code: 'CORRUPT_BATCH', next: 'stop', place: { ...at, offset: 1 } })
    expect(broker.proxy.flips - flips).toBeGreaterThanOrEqual(3)
    broker.proxy.heal()
    // Nothing was skipped: once the disk is mended the same reader goes on.
    expect((await readOn(reader)).texts).toEqual(['the bad one'])
    reader.close()
  })

  test('cut connections are made again and nothing is lost or doubled', async () => {
    const at = await at0()
    const all = texts(24, 20_000)
    await produceEach(client.cluster, at, all)
    const reader = client.fetcher.open(at, 0)
    const offsets: number[] = []
    const { cuts } = broker.proxy
    for (let i = 0; i < 6; i++) {
      offsets.push(...(await readSome(reader)))
      broker.proxy.cut()
    }
    offsets.push(...(await readOn(reader, 24, 20_000)).offsets)
    expect(offsets).toEqual(all.map((_, offset) => offset))
    expect(broker.proxy.cuts - cuts).toBeGreaterThanOrEqual(6)
    reader.close()
  })

  test('a connection that falls silent ends with the request’s time; reading goes on over another', async () => {
    const patient = openClient(broker.bootstrap, { requestTimeoutMs: 600 })
    const at = await at0()
    await produceTexts(client.cluster, at, ['before'])
    const reader = patient.fetcher.open(at, 0)
    expect((await reader.fetch(1 << 20, 5_000)).nextOffset).toBe(1)
    const before = patient.cluster.counters.connectionCreationTotal
    broker.proxy.silence('answers')
    const waiting = reader.fetch(1 << 20, 20_000)
    while (patient.cluster.counters.connectionFailuresTotal === 0) await new Promise((resolve) => setImmediate(resolve))
    broker.proxy.heal()
    await produceTexts(client.cluster, at, ['after'])
    expect((await waiting).nextOffset).toBe(2)
    expect(patient.cluster.counters.connectionCreationTotal).toBeGreaterThan(before)
    reader.close()
    patient.close()
  })

  test('a fetch that waits is told when nobody serves the partition, and the next one tries anew', async () => {
    const at = await at0()
    await produceTexts(client.cluster, at, ['a'])
    const reader = client.fetcher.open(at, 0)
    await reader.fetch(1 << 20, 5_000)
    broker.proxy.refuse(true)
    broker.proxy.cut()
    await expect(reader.fetch(1 << 20, 100)).rejects.toMatchObject({
      code: 'KAFKA_NOT_SERVED',
      next: 'retry',
      place: at,
    })
    expect(broker.proxy.refusals).toBeGreaterThan(1)
    broker.proxy.heal()
    await produceTexts(client.cluster, at, ['b'])
    expect(await readOn(reader, 2)).toMatchObject({ texts: ['b'] })
    reader.close()
  })

  test('a reader that is closed while its leader is looked for does not come back', async () => {
    const impatient = openClient(broker.bootstrap, { requestTimeoutMs: 600 })
    const at = await at0()
    await produceEach(client.cluster, at, texts(10, 10_000))
    const reader = impatient.fetcher.open(at, 0)
    await reader.fetch(10_000, 1_000)
    const { counters } = impatient.cluster
    const { metadataRefreshTotal } = counters
    broker.proxy.silence('answers')
    const reading = (async () => {
      while (counters.metadataRefreshTotal === metadataRefreshTotal) await reader.fetch(10_000, 100)
    })()
    // The poll has had its time, and now nobody says who leads the partition.
    while (counters.metadataRefreshTotal === metadataRefreshTotal) await new Promise(setImmediate)
    expect(impatient.fetcher.lagMax).toBeGreaterThan(0)
    reader.close()
    await reading
    broker.proxy.heal()
    // Behind what was asked before, and what follows from its answer.
    for (let i = 0; i < 3; i++) await impatient.cluster.refresh(at.topic)
    expect(impatient.fetcher.lagMax).toBe(0)
    impatient.close()
  })

  test('a slow network changes nothing but the time', async () => {
    const at = await at0()
    const all = texts(20, 9_000)
    await produceEach(client.cluster, at, all)
    broker.proxy.delayMs = 25
    expect((await readTexts(client.fetcher, at, { maxBytes: 30_000 })).texts).toEqual(all)
    expect(broker.proxy.held.answers).toBeGreaterThan(20 * 9_000)
  })

  test('a broker that asks for silence gets it', { timeout: START_MS }, async () => {
    const at = await at0()
    const all = texts(6, 100_000)
    await produceEach(client.cluster, at, all)
    const entity = ['--entity-type', 'clients', '--entity-name', 'throttled', '--alter']
    const server = ['--bootstrap-server', ...broker.bootstrap]
    const quota = ['--add-config', 'consumer_byte_rate=45000']
    expect(await kafkaTool('kafka-configs', [...server, ...entity, ...quota])).toMatchObject({ exitCode: 0 })
    const throttled = openClient(broker.bootstrap, { clientId: 'throttled' })
    // The tool ends when the quota stands in the metadata; the broker reads it from there a moment later.
    await vi.waitFor(async () => {
      expect((await readTexts(throttled.fetcher, at, { maxBytes: 100_000 })).texts).toEqual(all)
      expect(throttled.cluster.counters.throttleTimeMsTotal).toBeGreaterThan(0)
    }, START_MS / 2)
    throttled.close()
  })
})

/** One fetch: the offsets that it brought. */
async function readSome(reader: LogReader): Promise<number[]> {
  const { bytes } = await reader.fetch(20_000, 5_000)
  return recordsIn(bytes).map(({ offset }) => offset)
}
