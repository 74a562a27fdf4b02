import { DecisionReader } from '../schemas/generated/decision.ts'
import { TOPICS } from '../schemas/topics.ts'
import type { KafkaLog } from '../streams/kafka/kafka-log.ts'
import { RecordBatchReader } from '../streams/record/record-batch-reader.ts'
import type { PacedPlan } from './kafka-feeder.ts'
import { openLog } from './kafka-ground.ts'
import { intendedMs, monotonicMs } from './load-feeder.ts'

/**
 * Receives the decisions of a paced plan at read_committed, in a process of its own, and measures each from its payment's
 * intended send time. Sends `ready`, waits for `{ atMs }`, and sends `Received` when every payment was seen, or nothing came
 * for half a minute.
 */
export interface Received {
  readonly seen: number
  readonly doubled: number
  /** Latency at each asked percentile, ms. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  /** Times in which a partition was silent for long, from its last receipt before to the first after. */
  readonly silences: readonly Silence[]
}

export interface Silence {
  readonly partition: number
  /** From the plan's start. */
  readonly fromMs: number
  readonly lastedMs: number
}

const DECIDED = TOPICS.paymentsDecided.name
const DECISION_SCHEMA = 3
const FRAME_BYTES = 5
const FETCH_BYTES = 1 << 20
const WAIT_MS = 100
const GIVE_UP_MS = 30_000
/** Shorter ones are the work of a moment's load. */
const SILENCE_MS = 100

/** What every partition's reader adds to. */
class Receipts {
  seen = 0
  doubled = 0
  lastMs: number
  readonly silences: Silence[] = []
  readonly latencies: Float64Array
  private readonly plan: PacedPlan
  private readonly startMs: number
  private readonly heardMs: number[]
  private readonly batch = new RecordBatchReader()
  private readonly decision = new DecisionReader()

  constructor(plan: PacedPlan, startMs: number) {
    this.plan = plan
    this.startMs = startMs
    this.lastMs = startMs
    this.latencies = new Float64Array(plan.payments).fill(Number.NaN)
    this.heardMs = Array.from({ length: plan.partitions }, () => startMs)
  }

  get over(): boolean {
    return this.seen === this.plan.payments || monotonicMs() - this.lastMs > GIVE_UP_MS
  }

  take(partition: number, bytes: Uint8Array, from: number): void {
    const { batch } = this
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const nowMs = monotonicMs()
    for (let at = 0; at < bytes.length; at = batch.end) {
      if (batch.open(bytes, view, at, bytes.length) !== 'ok') continue
      while (batch.next()) if (batch.offset >= from) this.note(view, nowMs)
    }
    this.hear(partition, nowMs)
  }

  private note(view: DataView, nowMs: number): void {
    const { batch, decision, latencies, plan } = this
    if (view.getInt32(batch.valueAt + 1) !== DECISION_SCHEMA) return
    decision.wrap(batch.bytes, view, batch.valueAt + FRAME_BYTES, batch.valueAt + batch.valueLength)
    const index = decision.amountMinor - 1
    if (Number.isNaN(latencies[index]!)) this.seen++
    else this.doubled++
    latencies[index] = nowMs - intendedMs(this.startMs, index, plan.ratePerSecond)
    this.lastMs = nowMs
  }

  private hear(partition: number, nowMs: number): void {
    const heardMs = this.heardMs[partition] as number
    if (nowMs - heardMs > SILENCE_MS) {
      this.silences.push({ partition, fromMs: heardMs - this.startMs, lastedMs: nowMs - heardMs })
    }
    this.heardMs[partition] = nowMs
  }
}

async function follow(log: KafkaLog, partition: number, offset: number, receipts: Receipts): Promise<void> {
  const reader = log.openReader({ topic: DECIDED, partition }, offset)
  for (let from = offset; !receipts.over; ) {
    const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, WAIT_MS)
    if (bytes.length > 0) receipts.take(partition, bytes, from)
    from = nextOffset
  }
  reader.close()
}

async function main(plan: PacedPlan): Promise<void> {
  const log = openLog(plan.bootstrap)
  const partitions = Array.from({ length: plan.partitions }, (_, partition) => partition)
  const ends = await Promise.all(partitions.map((partition) => log.bounds({ topic: DECIDED, partition })))
  const started = new Promise<number>((resolve) => {
    process.once('message', ({ atMs }: { readonly atMs: number }) => resolve(atMs))
  })
  process.send?.('ready')
  const receipts = new Receipts(plan, await started)
  await Promise.all(partitions.map((partition) => follow(log, partition, ends[partition]!.endOffset, receipts)))
  await log.close()
  const { seen, doubled, silences, latencies } = receipts
  const sorted = latencies.filter((latency) => !Number.isNaN(latency)).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  const received: Received = { seen, doubled, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1), silences }
  process.send?.(received, () => process.disconnect())
}

await main(JSON.parse(process.argv[2] ?? '{}') as PacedPlan)
