import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { machineClock } from '../../../producers/clock.ts'
import { unmasked } from '../../../producers/mask-payment.ts'
import { PaymentProducer } from '../../../producers/payment-producer.ts'
import type { Broker } from '../../../stack/kafka/broker.ts'
import { type Kafka, startKafka } from '../../../stack/kafka/kafka.ts'
import { KafkaLog } from '../../../streams/kafka/kafka-log.ts'
import type { TopicPartition } from '../../../streams/log/log.ts'
import { createTopicOn, moveLeader, stateOf, untilAlone, untilState } from './leaders.ts'
import { follow, NumberedCommits, type NumberedTask, numbers } from './numbered-commits.ts'
import { openClient } from './test-kafka.ts'
import { produceTexts } from './test-producer.ts'

// Goal: readers, tasks and producers follow partitions and coordinators from broker to broker; nothing is lost, doubled or skipped.
// Method: three brokers, work that numbers what it writes all the while, a reader behind it, and faults in between.
const LONG_MS = 180_000
vi.setConfig({ testTimeout: LONG_MS, hookTimeout: LONG_MS })
/** How many further commits show that work goes on. */
const FURTHER = 8
/** One partition each, whose leader coordinates all transactions, and all groups. */
const TRANSACTIONS: TopicPartition = { topic: '__transaction_state', partition: 0 }
const GROUPS: TopicPartition = { topic: '__consumer_offsets', partition: 0 }

let kafka: Kafka
let client: ReturnType<typeof openClient>
let tasks = 0

beforeAll(async () => {
  const properties = { 'transaction.state.log.num.partitions': '1', 'offsets.topic.num.partitions': '1' }
  kafka = await startKafka({ brokers: 3, properties })
  client = openClient(kafka.bootstrap)
}, LONG_MS)
afterAll(async () => {
  client?.close()
  await kafka?.stop()
}, LONG_MS)

const brokerOf = (id: number) => kafka.brokers.find((broker) => broker.id === id) as Broker
const leaderOf = async (at: TopicPartition) => (await stateOf(client.cluster, at)).leaderId
const isWhole = ({ inSync }: { readonly inSync: readonly number[] }) => inSync.length === 3

function openLog(): KafkaLog {
  const log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'test' } })
  onTestFinished(() => log.close())
  return log
}

/** A task whose transactions, group and output are each with another broker. */
async function taskOnThreeBrokers(): Promise<NumberedTask> {
  const number = ++tasks
  const [input, output] = [`in-${number}`, `out-${number}`].map((topic) => ({ topic, partition: 0 })) as [
    TopicPartition,
    TopicPartition,
  ]
  const { cluster } = client
  await createTopicOn(cluster, input, [1, 2, 3])
  const applicationId = `app-${number}`
  // Whoever asks for a coordinator makes the brokers create its topic.
  await cluster.coordinator('transaction', applicationId)
  await cluster.coordinator('group', applicationId)
  if ((await leaderOf(TRANSACTIONS)) === (await leaderOf(GROUPS))) await moveLeader(cluster, GROUPS)
  const taken = [await leaderOf(TRANSACTIONS), await leaderOf(GROUPS)]
  await createTopicOn(
    cluster,
    output,
    [1, 2, 3].sort((a, b) => Number(taken.includes(a)) - Number(taken.includes(b))),
  )
  expect(new Set([...taken, await leaderOf(output)]).size).toBe(3)
  return { applicationId, input, output }
}

/** A payment producer on a partition of its own. */
async function producerOn({ topic }: TopicPartition): Promise<PaymentProducer> {
  const log = openLog()
  const settings = { name: null, topic, partitions: 1, paymentSchemaId: 1, mask: unmasked, clock: machineClock }
  return new PaymentProducer({ ...settings, log, batchBytes: 1 })
}

test('SPEC X4: a client learns what the cluster can do beside any dead broker, also the one that it heard of first', async () => {
  const { cluster, close } = openClient(kafka.bootstrap)
  onTestFinished(close)
  const level = await cluster.featureLevel('transaction.version')
  expect(level).toBeGreaterThan(0)
  for (const broker of kafka.brokers) {
    await broker.kill()
    expect(await cluster.featureLevel('transaction.version'), `broker ${broker.id} is dead`).toBe(level)
    await broker.restart()
  }
})

describe('work goes on', () => {
  test('SPEC X1: while leaders and coordinators move from broker to broker', async () => {
    const task = await taskOnThreeBrokers()
    const payments = { topic: 'payments', partition: 0 }
    await createTopicOn(client.cluster, payments, [1, 2, 3])
    const producer = await producerOn(payments)
    const commits = new NumberedCommits(openLog(), task)
    const read = { outputs: [] as string[], payments: [] as string[] }
    const [outputs, paid] = [openLog().openReader(task.output, 0), openLog().openReader(payments, 0)]
    let sent = 0
    const goOn = async () => {
      for (const until = sent + FURTHER; sent < until; sent++) await producer.sendValue('acct', Buffer.from(`${sent}`))
      await producer.flush()
      await Promise.race([follow(outputs, read.outputs, read.outputs.length + FURTHER), commits.failed])
      await follow(paid, read.payments, sent)
    }
    await goOn()
    for (const at of [task.output, payments, TRANSACTIONS, GROUPS, task.output]) {
      const { former, current } = await moveLeader(client.cluster, at)
      expect(current).not.toBe(former)
      await goOn()
    }
    await producer.close()
    const committed = await commits.stop()
    await follow(outputs, read.outputs, committed)
    expect(read.outputs).toEqual(numbers(committed))
    expect(read.payments).toEqual(numbers(sent))
    expect(producer.counts).toMatchObject({ acknowledgedRecords: sent, resentRecords: 0 })
  })

  test.each([
    { role: 'its output', at: ({ output }: NumberedTask) => output },
    { role: 'its transactions', at: () => TRANSACTIONS },
  ])('SPEC X1: while the broker of $role is killed', async ({ at }) => {
    const task = await taskOnThreeBrokers()
    const commits = new NumberedCommits(openLog(), task)
    const texts: string[] = []
    const reader = openLog().openReader(task.output, 0)
    await Promise.race([follow(reader, texts, FURTHER), commits.failed])
    const killedId = await leaderOf(at(task))
    await brokerOf(killedId).kill()
    await Promise.race([follow(reader, texts, commits.acknowledged + FURTHER), commits.failed])
    expect(await leaderOf(at(task))).not.toBe(killedId)
    await brokerOf(killedId).restart()
    for (const one of [task.output, TRANSACTIONS, GROUPS]) await untilState(client.cluster, one, isWhole)
    const committed = await commits.stop()
    await follow(reader, texts, committed)
    expect(texts).toEqual(numbers(committed))
  })
})

test('SPEC X1: a leader that lacks what was read already stops the reader: the log was cut off', async () => {
  const at = { topic: 'cut-off', partition: 0 }
  const careless = { 'unclean.leader.election.enable': 'true', 'min.insync.replicas': '1' }
  await createTopicOn(client.cluster, at, [1, 2], careless)
  const log = openLog()
  const reader = log.openReader(at, 0)
  const texts: string[] = []
  await produceTexts(client.cluster, at, ['kept'])
  await follow(reader, texts, 1)
  const { leaderId, replicas } = await stateOf(client.cluster, at)
  const follower = brokerOf(replicas.find((id) => id !== leaderId) as number)
  // The follower hears nothing. Once it is given up, the fetch that it had sent before is over as well: the leader alone has
  // what comes next, and then takes it with it.
  follower.pause()
  await untilAlone(client.cluster, at)
  await produceTexts(client.cluster, at, ['lost'])
  await follow(reader, texts, 2)
  const { leaderEpoch } = await openLog().openReader(at, 1).fetch(1, 1_000)
  expect(leaderEpoch).toBeGreaterThanOrEqual(0)
  await brokerOf(leaderId).kill()
  follower.resume()
  const refused = { code: 'LOG_TRUNCATED', next: 'stop', place: { ...at, offset: 2 } }
  await expect(follow(reader, texts, 3)).rejects.toMatchObject(refused)
  expect(await leaderOf(at)).toBe(follower.id)
  // Only who decides so goes on.
  reader.seek(1)
  await produceTexts(client.cluster, at, ['new'])
  await follow(reader, texts, 3)
  expect(texts).toEqual(['kept', 'lost', 'new'])
  reader.close()
  // Who begins where it was committed, and knows in which leader's time, notices too, though the log is long enough again.
  await produceTexts(client.cluster, at, ['newer'])
  await expect(log.openReader(at, 2, leaderEpoch).fetch(1, 5_000)).rejects.toMatchObject(refused)
  const unaware: string[] = []
  await follow(log.openReader(at, 2), unaware, 1)
  expect(unaware).toEqual(['newer'])
})
