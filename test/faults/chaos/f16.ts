import { strict as assert } from 'node:assert'
import { listOffsetsV9 } from '@platformatic/kafka'
import { Kafka as KafkaJs, logLevel } from 'kafkajs'
import { INPUT_TOPIC, PARTITIONS } from '../../../bin/runtime/session.ts'
import { encodePaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { kafkaTool } from '../../../stack/kafka/tool.ts'
import { framed } from '../../support/payments-driver.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

/** Longer than the row waits: the coordinator shall not end the transaction first. */
const TRANSACTION_MS = 600_000
const LAG = 'kafka_streams_stream_task_metrics_records_lag'
const METRIC = 'sluice_input_held_back_seconds'
/** What alerting-rules.yaml waits for, and the matrix allows. */
const ALERT_S = 30
const SEEN_WITHIN_MS = 60_000
const BEHIND = 2_000
const HELD = 3
/** As the protocol has them. */
const LATEST = -1n
const CONSUMER = -1
const READ_UNCOMMITTED = 0

export const hangingTransaction: Row = {
  row: 'F16',
  title: 'a producer leaves a transaction open in an input partition; payments come behind it',
  expectation:
    'a metric tells it within 60 s and no record behind it is decided; ended by Kafka’s tool as the runbook says, all that waited is',
  async run({ open, tell, tally }) {
    const stand = await open()
    const worker = stand.worker('one')
    await stand.owns(worker, PARTITIONS)
    await stand.feed.send(BEHIND)
    await stand.decided()
    assert.equal(await stand.metric(worker, METRIC), 0)
    const offset = await leaveOpen(stand)
    const openedMs = performance.now()
    await stand.until('a scrape has seen it', async () => (await stand.metric(worker, METRIC)) > 0)
    await stand.feed.send(BEHIND)
    // Readers do not see what is held back, so only the brokers can count it.
    tally.fired++
    tally.inFlight += (await written(stand)) - offset
    await stand.until('the metric tells', async () => (await stand.metric(worker, METRIC)) > ALERT_S)
    const seenMs = performance.now() - openedMs
    assert.ok(seenMs <= SEEN_WITHIN_MS, `seen after ${seenMs} ms`)
    tell(`seen after ${(seenMs / 1_000).toFixed(0)} s`)
    assert.equal((await stand.committed())[0], offset, 'a record behind an open transaction was decided')
    const place = ['--topic', INPUT_TOPIC, '--partition', '0', '--start-offset', String(offset)]
    const bootstrap = ['--bootstrap-server', stand.kafka.bootstrap[0] as string]
    const ended = await kafkaTool('kafka-transactions', [...bootstrap, 'abort', ...place])
    assert.equal(ended.exitCode, 0, ended.stderr)
    await stand.until('readers go on', async () => (await stand.metric(worker, METRIC)) === 0)
    await stand.until('no lag is left', async () => (await stand.metric(worker, LAG)) === 0)
    await stand.decided()
    await stand.leave(worker)
    await stand.audit()
  },
}

/** Writes a few payments of a transaction into partition 0, and never ends it. Returns the offset of the first. */
async function leaveOpen(stand: Stand): Promise<number> {
  const client = new KafkaJs({ brokers: [...stand.kafka.bootstrap], logLevel: logLevel.NOTHING })
  const producer = client.producer({
    transactionalId: 'forgotten',
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: TRANSACTION_MS,
  })
  await producer.connect()
  const transaction = await producer.transaction()
  const messages = stand.feed.payments(HELD).map((payment) => ({
    partition: 0,
    key: payment.senderAccountId,
    value: Buffer.from(framed(stand.session.ids.payment, encodePaymentSubmitted(payment))),
  }))
  const [answer] = await transaction.send({ topic: INPUT_TOPIC, messages })
  await producer.disconnect()
  return Number(answer?.baseOffset)
}

/** One past the last record of partition 0, held back or not. */
async function written({ session }: Stand): Promise<number> {
  const { cluster } = session.log
  const { brokerId, leaderEpoch } = await cluster.leader({ topic: INPUT_TOPIC, partition: 0 })
  const partitions = [{ partitionIndex: 0, currentLeaderEpoch: leaderEpoch, timestamp: LATEST }]
  const topics = [{ name: INPUT_TOPIC, partitions }]
  const answer = await cluster.call(brokerId, 'any', listOffsetsV9.api, CONSUMER, READ_UNCOMMITTED, topics)
  return Number(answer.topics[0]?.partitions[0]?.offset)
}
