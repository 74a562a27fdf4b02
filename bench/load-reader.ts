import { openSession, PARTITIONS } from '../bin/runtime/session.ts'
import { readConfig } from '../platform/config.ts'
import { DecisionReader } from '../schemas/generated/decision.ts'
import { TOPICS } from '../schemas/topics.ts'
import type { LogReader } from '../streams/log/log.ts'
import { RecordBatchReader } from '../streams/record/record-batch-reader.ts'
import { intendedMs, monotonicMs } from './load-feeder.ts'

/**
 * Receives decisions in a process of its own and measures each from its payment's intended send time. Which payment it was stands
 * in the amount (see the feeder). Arguments: data folder, number of payments, rate. Sends `ready`, waits for `{ atMs }`,
 * and sends `ReaderDone` when every payment was seen or nothing came for ten seconds.
 */
export interface ReaderDone {
  readonly seen: number
  readonly doubled: number
  /** Latency at each asked percentile, ms. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  readonly cpuMs: number
}

const FETCH_BYTES = 1 << 20
const WAIT_MS = 100
const GIVE_UP_MS = 10_000
const FRAME_BYTES = 5

async function main(data: string, payments: number, rate: number): Promise<void> {
  const session = await openSession(readConfig({}, { SLUICE_DATA: data }))
  const decisionSchema = session.ids.decision
  const latencies = new Float64Array(payments).fill(Number.NaN)
  let seen = 0
  let doubled = 0
  let startMs = Number.NaN
  let lastMs = Number.POSITIVE_INFINITY

  const take = (bytes: Uint8Array, from: number, batch: RecordBatchReader, decision: DecisionReader) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const nowMs = monotonicMs()
    for (let at = 0; at < bytes.length; at = batch.end) {
      if (batch.open(bytes, view, at, bytes.length) !== 'ok') return
      while (batch.next()) {
        if (batch.offset < from || view.getInt32(batch.valueAt + 1) !== decisionSchema) continue
        decision.wrap(bytes, view, batch.valueAt + FRAME_BYTES, batch.valueAt + batch.valueLength)
        const index = decision.amountMinor - 1
        if (Number.isNaN(latencies[index]!)) seen++
        else doubled++
        latencies[index] = nowMs - intendedMs(startMs, index, rate)
        lastMs = nowMs
      }
    }
  }
  const follow = async (reader: LogReader, start: number) => {
    const batch = new RecordBatchReader()
    const decision = new DecisionReader()
    for (let from = start; seen < payments && !(monotonicMs() - lastMs > GIVE_UP_MS); ) {
      const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, WAIT_MS)
      take(bytes, from, batch, decision)
      from = nextOffset
    }
    reader.close()
  }
  const started = new Promise<number>((resolve) => {
    process.once('message', ({ atMs }: { readonly atMs: number }) => resolve(atMs))
  })
  const topic = TOPICS.paymentsDecided.name
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))
  const ends = await Promise.all(partitions.map((at) => session.log.bounds(at)))
  process.send?.('ready')
  startMs = await started
  lastMs = monotonicMs()
  const cpuBefore = process.cpuUsage()
  await Promise.all(
    partitions.map((at, i) => follow(session.log.openReader(at, ends[i]!.endOffset), ends[i]!.endOffset)),
  )
  const { user, system } = process.cpuUsage(cpuBefore)
  const cpuMs = (user + system) / 1_000
  await session.log.close()
  const sorted = latencies.filter((latency) => !Number.isNaN(latency)).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  const done: ReaderDone = { seen, doubled, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1), cpuMs }
  process.send?.(done, () => process.disconnect())
}

if (import.meta.main) {
  const [data = '', payments, rate] = process.argv.slice(2)
  await main(data, Number(payments), Number(rate))
}
