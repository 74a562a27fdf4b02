import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Kafka, startKafka } from '../../../stack/kafka/kafka.ts'
import { freePorts } from '../../../stack/ports.ts'
import { KafkaLog } from '../../../streams/kafka/kafka-log.ts'
import { END_TXN, type Fate, KafkaProxy, PRODUCE, TXN_OFFSET_COMMIT } from '../../faults/kafka-proxy.ts'
import { batchOf, recordsIn } from '../log/text-records.ts'

// Goal: a step of a transaction whose answer is lost is never asked for again; the next session learns what became of it.
// Method: a real broker behind a proxy that does the request and loses the answer.
const START_MS = 180_000

describe('a task on Kafka whose answers are lost', () => {
  let kafka: Kafka
  let proxy: KafkaProxy
  const logs: KafkaLog[] = []

  beforeAll(async () => {
    const [port = 0] = await freePorts(1)
    proxy = await KafkaProxy.listen(port)
    kafka = await startKafka({ port, properties: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` } })
  }, START_MS)
  afterEach(async () => {
    proxy.fate = () => 'arrives'
    for (const log of logs.splice(0)) await log.close()
  })
  afterAll(async () => {
    await kafka?.stop()
    await proxy?.close()
  }, START_MS)

  function openLog(): KafkaLog {
    const bootstrapServers = [`127.0.0.1:${proxy.port}`]
    const log = new KafkaLog({ kafka: { bootstrapServers, clientId: 'test', requestTimeoutMs: 3_000 } })
    logs.push(log)
    return log
  }

  test.each([
    { request: 'Produce', key: PRODUCE, fate: 'cut', stands: false },
    { request: 'Produce', key: PRODUCE, fate: 'lost', stands: false },
    { request: 'TxnOffsetCommit', key: TXN_OFFSET_COMMIT, fate: 'cut', stands: false },
    { request: 'EndTxn', key: END_TXN, fate: 'cut', stands: true },
    { request: 'EndTxn', key: END_TXN, fate: 'lost', stands: true },
  ] as const)(
    'SPEC X2: $request, its answer $fate: the next session finds the commit: $stands',
    {
      timeout: START_MS,
    },
    async ({ request, key, fate, stands }) => {
      const name = `${request}-${fate}`
      const input = { topic: `in-${name}`, partition: 0 }
      const output = { topic: `out-${name}`, partition: 0 }
      const log = openLog()
      await log.createTopics(
        [input, output].map(({ topic }) => ({ topic, partitions: 1, retentionMs: -1, retentionBytes: -1 })),
      )
      const commit = async (session: Awaited<ReturnType<KafkaLog['openTask']>>, text: string, offset: number) => {
        session.begin()
        await session.append([batchOf(output, [text])])
        await session.sendOffset({ offset, metadata: text })
        await session.end()
      }
      const session = await log.openTask(name, input)
      await commit(session, 'first', 1)
      const lostBefore = proxy.lost
      proxy.fate = ({ apiKey }): Fate => (apiKey === key && proxy.lost === lostBefore ? fate : 'arrives')
      await expect(commit(session, 'second', 2)).rejects.toMatchObject({ code: 'KAFKA_NO_ANSWER', next: 'abort' })
      expect(proxy.lost).toBe(lostBefore + 1)
      await session.close()

      const next = await log.openTask(name, input)
      expect(await next.committed()).toEqual(
        stands ? { offset: 2, metadata: 'second' } : { offset: 1, metadata: 'first' },
      )
      await commit(next, 'third', 3)
      const expected = stands ? ['first', 'second', 'third'] : ['first', 'third']
      const reader = openLog().openReader(output, 0)
      const texts: string[] = []
      while (texts.length < expected.length) {
        texts.push(...recordsIn((await reader.fetch(1 << 20, 250)).bytes).map(({ text }) => text))
      }
      expect(texts).toEqual(expected)
    },
  )
})
