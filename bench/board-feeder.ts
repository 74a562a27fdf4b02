import { setTimeout } from 'node:timers/promises'
import { createProducer } from '../bin/runtime/payment-source.ts'
import { openPaymentTarget } from '../bin/runtime/payment-target.ts'
import { readConfig } from '../platform/config.ts'
import { type PaymentSubmitted, paymentSubmittedDefaults } from '../schemas/generated/payment-submitted.ts'

/**
 * Pays into a data folder, or into a cluster, from a process of its own so that each payment raises exactly one alert: every sender has paid three times
 * within its minute before, and goes on paying. Says `ready` when they have, waits for a `BoardPlan`, pays by the clock whatever the
 * log does (open loop), and says `done` when the log has everything.
 */
export interface BoardPlan {
  /** Epoch ms of the first payment. */
  readonly startMs: number
  readonly payments: number
  readonly ratePerSecond: number
}

/** Each pays every second or two, so that its window holds some dozens of payments and not hundreds. */
const SENDERS = 1_000
const BEFORE = 3
/** A window is 60 s: on a machine so busy that those before take longer than this there would be payments without an alert. */
const BEFORE_WITHIN_MS = 20_000

/** When payment `index` is meant to be made, epoch ms: event time and begin of its measurement. */
export function intendedMs({ startMs, ratePerSecond }: BoardPlan, index: number): number {
  return startMs + (index * 1_000) / ratePerSecond
}

/** The transaction of payment `index`, by which its alert is known. */
export function transactionOf({ startMs }: Pick<BoardPlan, 'startMs'>, index: number): string {
  return `board-${startMs}-${index}`
}

function paymentOf(transactionId: string, payer: string, eventTime: number): PaymentSubmitted {
  return {
    ...paymentSubmittedDefaults,
    transactionId,
    eventTime: Math.floor(eventTime),
    senderAccountId: payer,
    receiverAccountId: 'shop',
    amountMinor: 1_250,
    currency: 'USD',
    kind: 'card',
    channel: 'ecommerce',
    region: 'US',
  }
}

async function main(data: string, world: string, bootstrap: string | undefined): Promise<void> {
  const settings = { SLUICE_DATA: data, ...(bootstrap !== undefined && { SLUICE_KAFKA_BOOTSTRAP: bootstrap }) }
  const target = await openPaymentTarget(readConfig({}, settings), bootstrap !== undefined)
  const producer = createProducer(target)
  // Payers of their own each time: nobody's earlier window reaches into this measurement.
  const payerOf = (i: number) => `payer-${world}-${i % SENDERS}`
  const send = async (payment: PaymentSubmitted) => {
    const room = producer.send(payment)
    if (room !== undefined) await room
  }
  const begunMs = Date.now()
  for (let i = 0; i < BEFORE * SENDERS; i++) {
    await send(paymentOf(`before-${world}-${i}`, payerOf(i), Date.now()))
    if (i % 256 === 0) await setTimeout(1)
  }
  await producer.flush()
  if (Date.now() - begunMs > BEFORE_WITHIN_MS) throw new Error('this machine is too busy to measure anything on it')
  const told = new Promise<BoardPlan>((resolve) => process.once('message', (plan: BoardPlan) => resolve(plan)))
  process.send?.('ready')
  const plan = await told
  for (let i = 0; i < plan.payments; ) {
    for (; i < plan.payments && intendedMs(plan, i) <= Date.now(); i++) {
      await send(paymentOf(transactionOf(plan, i), payerOf(i), intendedMs(plan, i)))
    }
    await setTimeout(1)
  }
  await producer.close()
  await target.close()
  process.send?.('done', () => process.disconnect())
}

if (import.meta.main) await main(process.argv[2] ?? '', process.argv[3] ?? '', process.argv[4])
