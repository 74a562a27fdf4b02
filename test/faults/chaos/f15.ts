import { strict as assert } from 'node:assert'
import { Kafka as KafkaJs, logLevel, Partitioners } from 'kafkajs'
import { INPUT_TOPIC, PARTITIONS } from '../../../bin/runtime/session.ts'
import { Random } from '../../../producers/simulator/random.ts'
import { encodePaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { framed } from '../../support/payments-driver.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

const RECORDS_EACH = 20

export const abortedInput: Row = {
  row: 'F15',
  title:
    'a foreign producer writes payments in transactions and aborts half of them; the worker is killed and restores over them',
  expectation:
    'nothing of an aborted transaction is decided, in the first run and in none of the folds; state is that of the rest',
  async run({ short, open, tell }, seed) {
    const stand = await open()
    const random = new Random(`F15 ${seed}`)
    const worker = stand.worker('one', { args: ['--standby', 'all'] })
    await stand.owns(worker, PARTITIONS)
    const aborted = await writeTransactions(stand, random, short ? 20 : 150)
    tell(`${aborted} transactions were aborted`)
    worker.kill('SIGKILL')
    await worker.ended
    await writeTransactions(stand, random, short ? 10 : 50)
    // Without a checkpoint it folds everything again, over the aborted ones.
    const next = stand.worker('one')
    await stand.decided()
    assert.ok((await stand.metric(next, 'kafka_streams_stream_task_metrics_restore_total')) > 0)
    await stand.leave(next)
    await stand.audit()
  },
}

/** Returns how many were aborted. */
async function writeTransactions(stand: Stand, random: Random, transactions: number): Promise<number> {
  const client = new KafkaJs({ brokers: [...stand.kafka.bootstrap], logLevel: logLevel.NOTHING })
  const producer = client.producer({
    transactionalId: 'foreign',
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  const { feed, session } = stand
  let aborted = 0
  for (let n = 0; n < transactions; n++) {
    const payments = feed.payments(RECORDS_EACH)
    const transaction = await producer.transaction()
    const messages = payments.map((payment) => ({
      key: payment.senderAccountId,
      value: Buffer.from(framed(session.ids.payment, encodePaymentSubmitted(payment))),
    }))
    await transaction.send({ topic: INPUT_TOPIC, messages })
    if (random.chance(0.5)) {
      void stand.strike()
      await transaction.abort()
      aborted++
    } else {
      await transaction.commit()
      feed.acknowledged += messages.length
      for (const { transactionId } of payments) feed.ids.add(transactionId)
    }
  }
  await producer.disconnect()
  return aborted
}
