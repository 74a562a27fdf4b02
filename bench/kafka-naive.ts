import { createHmac, createSecretKey } from 'node:crypto'
import avsc from 'avsc'
import kafkajs, { type Message } from 'kafkajs'
import { SCHEMAS } from '../schemas/generated/schemas.ts'
import { TOPICS } from '../schemas/topics.ts'
import type { TasksRun } from './kafka-tasks.ts'
import { monotonicMs } from './load-feeder.ts'

/**
 * The work of two hashes as one would write it first: kafkajs with a transaction for each batch, avsc objects in and out, state in
 * Maps, createHmac. It masks card and e-mail, counts the last minute, drops repeats of the last hour and adds up two
 * signals; it keeps no baseline, checks no text, and a crash loses its state. So a ratio to the chain is too kind to it.
 * Arguments: bootstrap, number of payments. Sends a `TasksRun`.
 */
interface RawPayment {
  readonly transaction_id: string
  readonly event_time: number
  readonly sender_account_id: string
  readonly amount_minor: number
  readonly pan: string | null
  readonly email: string | null
}

const GROUP = 'naive'
const WINDOW_MS = 60_000
const HORIZON_MS = 3_600_000
const THRESHOLD = 3
const FRAME_BYTES = 5
/** kafkajs sends what one batch gives as one batch, which the broker takes up to 1 MiB; decisions are longer than payments. */
const FETCH_BYTES = 300_000
const DECISION_SCHEMA = 3

const paymentType = avsc.Type.forSchema(JSON.parse(SCHEMAS.PaymentSubmitted))
const decisionType = avsc.Type.forSchema(JSON.parse(SCHEMAS.Decision))
const key = createSecretKey(new Uint8Array(32).fill(7))
const seen = new Map<string, number>()
const windows = new Map<string, { readonly id: string; readonly timeMs: number }[]>()
const head = Buffer.alloc(FRAME_BYTES)
head.writeInt32BE(DECISION_SCHEMA, 1)
let streamTimeMs = 0

function token(text: string | null): string | null {
  return text === null ? null : `v1:k1:${createHmac('sha256', key).update(text).digest('hex')}`
}

/** Peers of the last minute, the payment itself left aside. */
function velocity({ transaction_id: id, sender_account_id: sender, event_time: timeMs }: RawPayment): string[] {
  const entries = (windows.get(sender) ?? []).filter((entry) => entry.timeMs >= streamTimeMs - WINDOW_MS)
  windows.set(sender, [...entries, { id, timeMs }])
  return entries.filter((entry) => entry.timeMs <= timeMs && entry.timeMs >= timeMs - WINDOW_MS).map((one) => one.id)
}

function isRepeat(id: string): boolean {
  const at = seen.get(id)
  return at !== undefined && streamTimeMs - at <= HORIZON_MS
}

function expire(): void {
  for (const [id, at] of seen) {
    if (streamTimeMs - at <= HORIZON_MS) return
    seen.delete(id)
  }
}

function decide(payment: RawPayment, partition: number, offset: string, appendTime: number): Buffer {
  const peers = velocity(payment)
  const isFlagged = peers.length >= THRESHOLD
  const reasons = [
    ...(isFlagged ? [{ signal: 'VELOCITY', points: 40 }] : []),
    ...(payment.amount_minor > 500_000 ? [{ signal: 'HIGH_AMOUNT', points: 20 }] : []),
  ]
  const score = reasons.reduce((sum, { points }) => sum + points, 0)
  const decision = {
    ...payment,
    decision_id: `${partition}-${offset}`,
    mask_key_id: 'k1',
    card_masked: payment.pan === null ? null : `XXXX-XXXX-XXXX-${payment.pan.slice(-4)}`,
    card_token: token(payment.pan),
    expiry_masked: 'MM/XX',
    cvv_masked: 'XXX',
    email_masked: payment.email === null ? null : `***@${payment.email.split('@')[1]}`,
    email_token: token(payment.email),
    maskings: [
      { field: 'pan', rule: 'TOKENISED' },
      { field: 'email', rule: 'TOKENISED' },
    ],
    velocity_count: peers.length + 1,
    is_velocity_fraud: isFlagged,
    velocity_fraud_peers: peers,
    severity: isFlagged ? 'HIGH' : 'NONE',
    late: false,
    saturated: false,
    excused: false,
    velocity_5m_count: 0,
    devices_1h: 0,
    regions_1h: 0,
    fraud_count: 0,
    baseline_payments: 0,
    fraud_score: score,
    reasons,
    not_evaluated: [],
    outcome: isFlagged ? 'review' : 'approve',
    decided_by: isFlagged ? 'REVIEW' : 'DEFAULT',
    actions: [],
    rule_version: '1',
    rule_hash: '0000000000000000',
    input_topic: TOPICS.paymentsSubmitted.name,
    input_partition: partition,
    input_offset: Number(offset),
    append_time: appendTime,
    payment_schema_id: 1,
    semantics_version: 3,
  }
  return Buffer.concat([head, decisionType.toBuffer(decision)])
}

async function run(bootstrap: string, payments: number): Promise<TasksRun> {
  const kafka = new kafkajs.Kafka({ brokers: [bootstrap], clientId: GROUP, logLevel: kafkajs.logLevel.ERROR })
  const dispositions = { decided: 0, duplicate: 0, 'dead-letter': 0 }
  const producer = kafka.producer({ transactionalId: GROUP, idempotent: true, maxInFlightRequests: 1 })
  const consumer = kafka.consumer({ groupId: GROUP, readUncommitted: false, maxBytesPerPartition: FETCH_BYTES })
  await Promise.all([producer.connect(), consumer.connect()])
  await consumer.subscribe({ topics: [TOPICS.paymentsSubmitted.name], fromBeginning: true })
  let records = 0
  let commits = 0
  let begunMs = Number.NaN
  let cpuBefore = process.cpuUsage()
  const done = Promise.withResolvers<TasksRun>()
  consumer.on(consumer.events.CRASH, ({ payload }) => done.reject(payload.error))
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      const { topic, partition, messages } = batch
      if (records >= payments) return
      if (records === 0) {
        begunMs = monotonicMs()
        cpuBefore = process.cpuUsage()
      }
      const outputs: Message[] = []
      for (const { key: sender, value, offset, timestamp } of messages) {
        if (value === null || value[0] !== 0) {
          dispositions['dead-letter']++
          continue
        }
        const payment = paymentType.fromBuffer(value.subarray(FRAME_BYTES)) as RawPayment
        if (isRepeat(payment.transaction_id)) {
          dispositions.duplicate++
          continue
        }
        streamTimeMs = Math.max(streamTimeMs, payment.event_time)
        seen.set(payment.transaction_id, streamTimeMs)
        outputs.push({ key: sender, value: decide(payment, partition, offset, Number(timestamp)), partition })
        dispositions.decided++
      }
      expire()
      const next = String(Number(batch.lastOffset()) + 1)
      const transaction = await producer.transaction()
      if (outputs.length > 0) await transaction.send({ topic: TOPICS.paymentsDecided.name, messages: outputs })
      const topics = [{ topic, partitions: [{ partition, offset: next }] }]
      await transaction.sendOffsets({ consumerGroupId: GROUP, topics })
      await transaction.commit()
      resolveOffset(batch.lastOffset())
      await heartbeat()
      records += messages.length
      commits++
      if (records < payments) return
      const { user, system } = process.cpuUsage(cpuBefore)
      done.resolve({
        records,
        wallMs: monotonicMs() - begunMs,
        cpuMs: (user + system) / 1_000,
        peakMb: (process.resourceUsage().maxRSS * 1_024) / 1e6,
        commits,
        dedupIds: seen.size,
        dispositions,
      })
    },
  })
  const result = await done.promise
  await consumer.disconnect()
  await producer.disconnect()
  return result
}

const [bootstrap = '', payments] = process.argv.slice(2)
process.send?.(await run(bootstrap, Number(payments)), () => process.disconnect())
