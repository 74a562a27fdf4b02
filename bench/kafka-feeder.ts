import { setTimeout as pause } from 'node:timers/promises'
import { framed } from '../schemas/avro/framing.ts'
import { encodePaymentSubmitted } from '../schemas/generated/payment-submitted.ts'
import { foreignPayment, mulberry32, uuid } from './foreign-input.ts'
import { INPUT, openLog } from './kafka-ground.ts'
import { intendedMs, monotonicMs } from './load-feeder.ts'
import { RawProducer } from './raw-producer.ts'

/**
 * Pays into the input topic as a foreign producer does, by the clock whatever the pipeline does (open loop). The payment's amount
 * is its place in the plan plus one, so that the receiver can tell which one it sees. Sends `ready`, waits for `{ atMs }`,
 * and sends how many there were when all are acknowledged.
 */
export interface PacedPlan {
  readonly bootstrap: string
  readonly partitions: number
  readonly payments: number
  readonly ratePerSecond: number
  /** Number of the first payment, so that two plans never share an id. */
  readonly firstNumber: number
}

/** At 5,000 payments a second about 4 % of them are the fourth or a later one of their sender's minute. */
const SENDERS = 400_000
const TICK_MS = 2
const IN_FLIGHT = 64
const PAYMENT_SCHEMA = 1
const NO_MEMO = 0.99

const utf8 = new TextEncoder()

async function feed(plan: PacedPlan, producer: RawProducer, startMs: number): Promise<void> {
  const random = mulberry32(plan.firstNumber + 1)
  for (let i = 0; i < plan.payments; ) {
    const nowMs = monotonicMs()
    const eventTime = Date.now()
    for (; i < plan.payments && intendedMs(startMs, i, plan.ratePerSecond) <= nowMs; i++) {
      const sender = Math.floor(random() * SENDERS)
      const person = foreignPayment(0, sender, 0, () => NO_MEMO)
      const payment = { ...person, transactionId: uuid(plan.firstNumber + i), eventTime, amountMinor: i + 1 }
      const key = utf8.encode(person.senderAccountId)
      producer.put(eventTime, key, framed(PAYMENT_SCHEMA, encodePaymentSubmitted(payment)))
    }
    // A broker that does not answer gets larger batches later; the payments' times are what they were meant to be.
    if (producer.waiting < IN_FLIGHT) await producer.send()
    await pause(TICK_MS)
  }
  await producer.send()
  await producer.settle()
}

async function main(plan: PacedPlan): Promise<void> {
  const log = openLog(plan.bootstrap)
  const producer = new RawProducer(log, INPUT, plan.partitions)
  await log.cluster.leader({ topic: INPUT, partition: 0 })
  const started = new Promise<number>((resolve) => {
    process.once('message', ({ atMs }: { readonly atMs: number }) => resolve(atMs))
  })
  process.send?.('ready')
  await feed(plan, producer, await started)
  await log.close()
  process.send?.(plan.payments, () => process.disconnect())
}

await main(JSON.parse(process.argv[2] ?? '{}') as PacedPlan)
