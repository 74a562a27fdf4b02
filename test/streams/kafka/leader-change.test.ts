import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Broker } from '../../../stack/kafka/broker.ts'
import { type Kafka, startKafka } from '../../../stack/kafka/kafka.ts'
import type { LogReader, TopicPartition } from '../../../streams/log/log.ts'
import { readOn } from './read-texts.ts'
import { createTopic, openClient } from './test-kafka.ts'
import { produceTexts } from './test-producer.ts'

// Goal: a reader follows its partition from broker to broker, and never reads on where records were lost.
const LONG_MS = 300_000
let kafka: Kafka
let client: ReturnType<typeof openClient>

beforeAll(async () => {
  kafka = await startKafka({ brokers: 3 })
  client = openClient(kafka.bootstrap, { requestTimeoutMs: 20_000 })
}, LONG_MS)
afterAll(async () => {
  client?.close()
  await kafka?.stop()
}, LONG_MS)

const brokerOf = (id: number) => kafka.brokers.find((broker) => broker.id === id) as Broker

async function stateOf({ topic, partition }: TopicPartition) {
  const { topics } = await client.cluster.describe([topic])
  const found = topics[0]?.partitions[partition]
  if (found === undefined) throw new Error(`no ${topic}-${partition}`)
  return found
}

/** Reads until `until`, asking again where nobody served the partition for a while, as a task does. */
async function readThrough(reader: LogReader, until: number): Promise<string[]> {
  for (;;) {
    try {
      return (await readOn(reader, until)).texts
    } catch (error) {
      if ((error as { next?: string }).next !== 'retry') throw error
    }
  }
}

describe('a leader', () => {
  test('SPEC X1: that is killed is followed to the next; nothing is lost or doubled', {
    timeout: LONG_MS,
  }, async () => {
    const at = { topic: 'killed', partition: 0 }
    await createTopic(client.cluster, at.topic, 1, {}, 3)
    const reader = client.fetcher.open(at, 0)
    await produceTexts(client.cluster, at, ['a', 'b'])
    expect(await readThrough(reader, 2)).toEqual(['a', 'b'])
    const former = await client.cluster.leader(at)
    await brokerOf(former.brokerId).kill()
    await produceTexts(client.cluster, at, ['c'])
    expect(await readThrough(reader, 3)).toEqual(['c'])
    const current = await client.cluster.leader(at)
    expect(current.brokerId).not.toBe(former.brokerId)
    expect(current.leaderEpoch).toBeGreaterThan(former.leaderEpoch)
    await brokerOf(former.brokerId).restart()
    await produceTexts(client.cluster, at, ['d'])
    expect(await readThrough(reader, 4)).toEqual(['d'])
    reader.close()
  })

  test('that lacks what was read already stops the reader: the log was cut off', { timeout: LONG_MS }, async () => {
    const at = { topic: 'cut-off', partition: 0 }
    const careless = { 'unclean.leader.election.enable': 'true', 'min.insync.replicas': '1' }
    await createTopic(client.cluster, at.topic, 1, careless, 2)
    const reader = client.fetcher.open(at, 0)
    await produceTexts(client.cluster, at, ['kept'])
    expect(await readThrough(reader, 1)).toEqual(['kept'])
    const { leaderId, replicaNodes } = await stateOf(at)
    const follower = brokerOf(replicaNodes.find((id) => id !== leaderId) as number)
    // The follower hears nothing, so the leader alone has what comes next, and then takes it with it.
    follower.pause()
    await produceTexts(client.cluster, at, ['lost'])
    expect(await readThrough(reader, 2)).toEqual(['lost'])
    await brokerOf(leaderId).kill()
    follower.resume()
    const refused = { code: 'LOG_TRUNCATED', next: 'stop', place: { ...at, offset: 2 } }
    await expect(readThrough(reader, 3)).rejects.toMatchObject(refused)
    expect((await client.cluster.leader(at)).brokerId).toBe(follower.id)
    // Only who decides so goes on.
    reader.seek(1)
    await produceTexts(client.cluster, at, ['new'])
    expect(await readThrough(reader, 2)).toEqual(['new'])
    reader.close()
    await brokerOf(leaderId).restart()
  })
})
