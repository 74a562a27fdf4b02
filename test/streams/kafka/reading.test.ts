import { Consumer, deleteRecordsV2, deleteTopicsV6, FetchIsolationLevels } from '@platformatic/kafka'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { kafkaTool } from '../../../stack/kafka/tool.ts'
import { partitionBounds } from '../../../streams/kafka/partition-bounds.ts'
import type { TopicPartition } from '../../../streams/log/log.ts'
import { readOn, readTexts } from './read-texts.ts'
import { createTopic, openClient, type ProxiedKafka, START_MS, startProxiedKafka } from './test-kafka.ts'
import { produceTexts, TestTransactions } from './test-producer.ts'

vi.setConfig({ testTimeout: 120_000 })

// Goal: what a read_committed reader gives out is what was committed, whatever lies between in the log (SPEC X1).
let broker: ProxiedKafka
let client: ReturnType<typeof openClient>
let at: TopicPartition
let topics = 0

beforeAll(async () => {
  broker = await startProxiedKafka()
}, START_MS)
afterAll(() => broker?.stop(), START_MS)
beforeEach(async () => {
  client = openClient(broker.bootstrap)
  at = { topic: `topic-${topics++}`, partition: 0 }
  await createTopic(client.cluster, at.topic)
})
afterEach(() => client.close())

const open = (name: string) => TestTransactions.open(client.cluster, `${at.topic}-${name}`)
const padded = (text: string) => `${text}${'.'.repeat(1_000)}`
const names = (texts: readonly string[]) => texts.map((text) => text.replaceAll('.', ''))

describe('aborted transactions', () => {
  test('SPEC X1: nothing of one is read, however far behind its abort marker lies', async () => {
    const transactions = await open('t')
    for (let i = 0; i < 20; i++)
      await transactions.write(
        at,
        Array.from({ length: 20 }, () => padded('aborted')),
      )
    await transactions.end(false)
    await transactions.write(at, ['kept'])
    await transactions.end(true)
    const { texts, offsets, nextOffset, fetches } = await readTexts(client.fetcher, at, {
      maxBytes: 50_000,
      until: 403,
    })
    expect(texts).toEqual(['kept'])
    expect(offsets).toEqual([401])
    expect(nextOffset).toBe(403)
    expect(client.cluster.counters.abortedBatchesTotal).toBe(20)
    // Several fetches, so that the marker did lie in a later one.
    expect(fetches).toBeGreaterThan(5)
  })

  test('the library’s own consumer gives them out, which is why it is not used', async () => {
    const transactions = await open('t')
    for (let i = 0; i < 20; i++)
      await transactions.write(
        at,
        Array.from({ length: 20 }, () => padded('aborted')),
      )
    await transactions.end(false)
    await transactions.write(at, ['kept'])
    await transactions.end(true)
    const consumer = new Consumer({
      clientId: 'trap',
      groupId: `${at.topic}-trap`,
      bootstrapBrokers: [...broker.bootstrap],
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    })
    const stream = await consumer.consume({ topics: [at.topic], mode: 'earliest', autocommit: false, maxBytes: 50_000 })
    const seen: string[] = []
    for await (const { value } of stream) {
      seen.push(value.toString())
      if (seen.at(-1) === 'kept') break
    }
    await consumer.close(true)
    expect(names(seen).filter((text) => text === 'aborted').length).toBeGreaterThan(0)
  })

  test('SPEC X1: of several producers at once, in any order of their steps', async () => {
    const steps = fc.array(
      fc.record({
        producer: fc.nat(2),
        step: fc.constantFrom(
          'write' as const,
          'write' as const,
          'write' as const,
          'commit' as const,
          'abort' as const,
        ),
        records: fc.integer({ min: 1, max: 3 }),
      }),
      { minLength: 5, maxLength: 40 },
    )
    const producers = [await open('0'), await open('1'), await open('2')]
    let compared = 0
    let run = 0
    /** Where the partition ends once every marker is there. */
    let until = 0
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(1, 200, 1_000, 1 << 20), async (script, maxBytes) => {
        const from = until
        const open: string[][] = [[], [], []]
        const kept = new Set<string>()
        const written: string[] = []
        const end = async (producer: number, commit: boolean) => {
          const texts = (open[producer] as string[]).splice(0)
          if (texts.length === 0) return
          await producers[producer]?.end(commit)
          until += texts.length + 1
          if (commit) for (const text of texts) kept.add(text)
        }
        for (const [i, { producer, step, records }] of script.entries()) {
          if (step !== 'write') await end(producer, step === 'commit')
          else {
            const texts = Array.from({ length: records }, (_, record) => `${run}/${i}/${record}`)
            await producers[producer]?.write(at, texts)
            open[producer]?.push(...texts)
            written.push(...texts)
          }
        }
        for (const producer of open.keys()) await end(producer, producer !== 1)
        run++
        const read = await readTexts(client.fetcher, at, { maxBytes, offset: from, until })
        expect(read.texts).toEqual(written.filter((text) => kept.has(text)))
        expect(read).toMatchObject({ nextOffset: until, endOffset: until })
        compared += read.texts.length
      }),
      { numRuns: 12 },
    )
    process.stdout.write(`reading: ${compared} committed records of ${run} interleavings compared\n`)
    expect(compared).toBeGreaterThan(0)
  })

  test('a partition with nothing but control batches and aborted records moves the position, and gives nothing', async () => {
    const transactions = await open('t')
    await transactions.write(at, ['never', 'never'])
    await transactions.end(false)
    const reader = client.fetcher.open(at, 0)
    expect(await readOn(reader, 3)).toMatchObject({ texts: [], nextOffset: 3, endOffset: 3 })
    await produceTexts(client.cluster, at, ['after'])
    expect(await readOn(reader)).toMatchObject({ texts: ['after'], offsets: [3], nextOffset: 4 })
    reader.close()
  })

  test('transactions back to back, with offsets alone, and with nothing', async () => {
    const transactions = await open('t')
    for (let i = 0; i < 5; i++) {
      await transactions.write(at, [`${i}`])
      await transactions.end(i !== 2)
    }
    // Leaves a marker in the offsets topic and none here.
    await transactions.sendOffset(`${at.topic}-group`, at, 3)
    await transactions.end(true)
    await transactions.write(at, ['last'])
    await transactions.end(true)
    expect(await readTexts(client.fetcher, at, { until: 12 })).toMatchObject({
      texts: ['0', '1', '3', '4', 'last'],
      offsets: [0, 2, 6, 8, 10],
      nextOffset: 12,
    })
  })

  test('SPEC X1: records of a transaction that is not over are not read, nor anything after them', async () => {
    const transactions = await open('t')
    await produceTexts(client.cluster, at, ['before'])
    await transactions.write(at, ['open'])
    await produceTexts(client.cluster, at, ['behind'])
    const reader = client.fetcher.open(at, 0)
    expect(await readOn(reader)).toMatchObject({ texts: ['before'], nextOffset: 1, endOffset: 1 })
    await transactions.end(true)
    expect(await readOn(reader, 4)).toMatchObject({ texts: ['open', 'behind'], nextOffset: 4 })
    reader.close()
  })
})

describe('compression', () => {
  test.each(['gzip', 'snappy', 'lz4', 'zstd'])(
    '%s of Kafka’s own producer is read right',
    { timeout: START_MS },
    async (codec) => {
      const texts = Array.from({ length: 3_000 }, (_, i) => `payment ${i} of ${i % 7} ${'x'.repeat(i % 90)}`)
      const server = ['--bootstrap-server', ...broker.bootstrap, '--topic', at.topic]
      const args = [...server, '--compression-codec', codec, '--batch-size', '200000']
      expect(await kafkaTool('kafka-console-producer', args, `${texts.join('\n')}\n`)).toMatchObject({ exitCode: 0 })
      for (const maxBytes of [1, 20_000, 1 << 20]) {
        const read = await readTexts(client.fetcher, at, { maxBytes })
        expect(read.texts).toEqual(texts)
      }
    },
  )
})

describe('bounds', () => {
  test('SPEC X4: records deleted below the position are an error that names the place; nothing is skipped', async () => {
    for (let i = 0; i < 10; i++) await produceTexts(client.cluster, at, [`${i}`])
    const reader = client.fetcher.open(at, 0)
    const topic = { name: at.topic, partitions: [{ partitionIndex: 0, offset: 6n }] }
    const { brokerId } = await client.cluster.leader(at)
    await client.cluster.call(brokerId, 'any', deleteRecordsV2.api, [topic], 10_000)
    expect(await partitionBounds(client.cluster, at)).toEqual({ startOffset: 6, endOffset: 10 })
    const refused = { code: 'OFFSET_OUT_OF_RANGE', next: 'stop', place: { ...at, offset: 0 } }
    await expect(reader.fetch(1 << 20, 0)).rejects.toMatchObject(refused)
    await expect(reader.fetch(1 << 20, 1_000)).rejects.toMatchObject(refused)
    reader.seek(6)
    expect(await readOn(reader)).toMatchObject({ texts: ['6', '7', '8', '9'], nextOffset: 10 })
    reader.close()
  })

  test('a topic that was made anew under its name is not read on', async () => {
    await produceTexts(client.cluster, at, ['a', 'b'])
    const reader = client.fetcher.open(at, 0)
    await readOn(reader)
    await client.cluster.callAny(deleteTopicsV6.api, [{ name: at.topic }], 10_000)
    const other = openClient(broker.bootstrap)
    for (;;) {
      const made = await createTopic(other.cluster, at.topic).then(
        () => true,
        () => false,
      )
      if (made) break
    }
    await produceTexts(other.cluster, at, ['x', 'y', 'z'])
    other.close()
    await expect(reader.fetch(1 << 20, 10_000)).rejects.toMatchObject({ next: 'stop', place: { topic: at.topic } })
    reader.close()
  })
})
