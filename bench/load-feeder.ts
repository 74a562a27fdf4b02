import { on } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { edgeMask } from '../bin/runtime/payment-source.ts'
import { INPUT_TOPIC, openSession, PARTITIONS, type Session } from '../bin/runtime/session.ts'
import { readConfig } from '../platform/config.ts'
import { machineClock } from '../producers/clock.ts'
import { PaymentProducer } from '../producers/payment-producer.ts'
import type { PaymentSubmitted } from '../schemas/generated/payment-submitted.ts'
import { foreignPayment, mulberry32, uuid } from './foreign-input.ts'

/**
 * Pays into a data folder from a process of its own, through the product's producer: masked at the edge, each sender once,
 * each acknowledgement durable. Warms up, sends `ready`, waits for `{ atMs }` and begins then; sends `FeederDone` when the
 * log has everything. Once for each round of the plan.
 */
export interface FeederPlan {
  readonly data: string
  readonly payments: number
  /** They go in so many equal parts, each of which is waited for; 1 by default. */
  readonly rounds?: number
  /** Payments before `ready`, one a sender: what a producer learns of its senders and V8 of its code is learnt then. */
  readonly warmUpPayments: number
  /** Number of the first payment, so that two plans never share an id. */
  readonly firstNumber: number
  /** Payments a second by the clock, whatever the log does (open loop); null sends as fast as the producer takes them. */
  readonly ratePerSecond: number | null
  readonly lingerMs: number
  readonly eventStartMs: number
  /** Events come in days: so many payments an hour long, then nothing until the next. */
  readonly paymentsPerDay: number
  readonly senders: number
  /** Each day this many senders are seen for the last time, and as many for the first. */
  readonly sendersLeavingPerDay: number
}

export interface FeederDone {
  readonly sent: number
  readonly wallMs: number
  readonly syncs: number
  readonly cpuMs: number
}

const HOUR_MS = 3_600_000
/** How much the log keeps is what the pipeline's process says; ten million payments take more than the product's default. */
const LOG_BYTES_MAX = 64 * 2 ** 30
const DAY_MS = 24 * HOUR_MS
const NO_MEMO = 0.99

/** A clock that all processes of the machine share, ms; it never jumps. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** When payment `index` of a paced plan is meant to be sent. */
export function intendedMs(startMs: number, index: number, ratePerSecond: number): number {
  return startMs + (index * 1_000) / ratePerSecond
}

/** A sender's payment without what differs from one to the next: made once, since making people is no producer's work. */
const people: PaymentSubmitted[] = []

function personOf(sender: number): PaymentSubmitted {
  people[sender] ??= foreignPayment(0, sender, 0, () => NO_MEMO)
  return people[sender]
}

/** The payment's amount is its place in the plan plus one, so that a reader can tell which one it sees. */
function paymentOf(index: number, plan: FeederPlan, random: () => number): PaymentSubmitted {
  const { eventStartMs, paymentsPerDay, senders, sendersLeavingPerDay, firstNumber } = plan
  const day = Math.floor(index / paymentsPerDay)
  const inDay = (index - day * paymentsPerDay) / paymentsPerDay
  const eventTime = Math.floor(eventStartMs + day * DAY_MS + inDay * HOUR_MS)
  const sender = day * sendersLeavingPerDay + Math.floor(random() * senders)
  return { ...personOf(sender), transactionId: uuid(firstNumber + index), eventTime, amountMinor: index + 1 }
}

async function warmUp(producer: PaymentProducer, plan: FeederPlan): Promise<void> {
  const { warmUpPayments, senders, eventStartMs: eventTime } = plan
  const firstNumber = plan.firstNumber + plan.payments
  for (let i = 0; i < warmUpPayments; i++) {
    const room = producer.send({ ...personOf(i % senders), transactionId: uuid(firstNumber + i), eventTime })
    if (room !== undefined) await room
    else if (i % 1_024 === 0) await machineClock.turn()
  }
  await producer.flush()
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

function syncsOf({ log }: Session): number {
  return log.stat().environments.reduce((sum, { syncs }) => sum + syncs, 0)
}

/** One round: the payments of the plan from `from` to before `to`. */
interface Round {
  readonly from: number
  readonly to: number
  readonly random: () => number
}

async function sendAll(producer: PaymentProducer, plan: FeederPlan, { from, to, random }: Round): Promise<void> {
  for (let i = from; i < to; i++) {
    const room = producer.send(paymentOf(i, plan, random))
    if (room !== undefined) await room
    else if (i % 1_024 === 0) await machineClock.turn()
  }
}

async function sendPaced(
  producer: PaymentProducer,
  plan: FeederPlan,
  { from, to, random }: Round,
  rate: number,
  startMs: number,
): Promise<void> {
  for (let i = from; i < to; ) {
    const nowMs = monotonicMs()
    for (; i < to && intendedMs(startMs, i - from, rate) <= nowMs; i++) {
      const room = producer.send(paymentOf(i, plan, random))
      if (room !== undefined) await room
    }
    await setTimeout(1)
  }
}

async function main(plan: FeederPlan): Promise<void> {
  const session = await openSession(
    readConfig({}, { SLUICE_DATA: plan.data, SLUICE_LOG_BYTES_MAX: String(LOG_BYTES_MAX) }),
  )
  const producer = new PaymentProducer({
    log: session.log,
    name: null,
    topic: INPUT_TOPIC,
    partitions: PARTITIONS,
    paymentSchemaId: session.ids.payment,
    mask: edgeMask(session),
    rememberSenders: true,
    clock: machineClock,
    lingerMs: plan.lingerMs,
  })
  const starts = on(process, 'message')
  await warmUp(producer, plan)
  process.send?.('ready')
  const { rounds = 1 } = plan
  const random = mulberry32(plan.firstNumber + 1)
  for (let round = 0; round < rounds; round++) {
    const [{ atMs: startMs }] = (await starts.next()).value as [{ readonly atMs: number }]
    const syncsBefore = syncsOf(session)
    const cpuBeforeMs = cpuMs()
    const [from, to] = [round, round + 1].map((part) => Math.round((plan.payments * part) / rounds)) as [number, number]
    if (plan.ratePerSecond === null) await sendAll(producer, plan, { from, to, random })
    else await sendPaced(producer, plan, { from, to, random }, plan.ratePerSecond, startMs)
    await producer.flush()
    const done: FeederDone = {
      sent: to - from,
      wallMs: monotonicMs() - startMs,
      syncs: syncsOf(session) - syncsBefore,
      cpuMs: cpuMs() - cpuBeforeMs,
    }
    process.send?.(done)
  }
  await producer.close()
  await session.log.close()
  process.disconnect()
}

if (import.meta.main) await main(JSON.parse(process.argv[2] ?? '{}') as FeederPlan)
