import { child, messageOf, progress, Report, RUNS, size } from './harness.ts'
import { openFeeder, PipelineProcess, withDataFolder } from './load.ts'
import { type FeederPlan, monotonicMs } from './load-feeder.ts'
import type { ReaderDone } from './load-reader.ts'

/**
 * The embedded pipeline from end to end: a producer in its process, the tasks of 12 partitions in theirs, a reader in a
 * third, every acknowledgement and every commit durable. First as fast as it goes; then at a fixed rate whatever happens
 * (open loop), each decision measured from the intended send time of its payment to its receipt.
 */
const THROUGHPUT_BAR = { atLeast: 100_000 }
const P99_BAR = { atMost: 30 }
const PAYMENTS = size(1_000_000, 100_000)
const RATE = 5_000
const WARM_UP_PAYMENTS = size(60_000, 10_000)
const PACED_PAYMENTS = size(100_000, 15_000)
const LINGER_MS = 1
const HOUR_MS = 3_600_000
const NUMBERS_A_PLAN = 10_000_000
const PLANS_MAX = 8

const report = new Report('end-to-end', 'The embedded pipeline from end to end, 12 partitions, each commit durable')
await measureThroughput()
await measureLatency()
report.finish()

/** Plan number `plan` of a data folder: an hour of event time after that of the plan before. */
function planOf(data: string, payments: number, plan: number, ratePerSecond: number | null): FeederPlan {
  return {
    data,
    payments,
    firstNumber: plan * NUMBERS_A_PLAN,
    ratePerSecond,
    lingerMs: LINGER_MS,
    eventStartMs: Date.now() - (PLANS_MAX - plan) * HOUR_MS,
    paymentsPerDay: payments,
    senders: 100_000,
    sendersLeavingPerDay: 0,
  }
}

async function measureThroughput(): Promise<void> {
  const rates: number[] = []
  const syncs: number[] = []
  const cpuUs: number[] = []
  let lost = 0
  for (let run = 0; run < size(RUNS, 1); run++) {
    await withDataFolder(async (data) => {
      const pipeline = new PipelineProcess(data, 'keep')
      await pipeline.running
      const begin = await openFeeder(planOf(data, PAYMENTS, 0, null))
      const before = await pipeline.state()
      const begunMs = monotonicMs()
      const feeding = begin(begunMs)
      const after = await pipeline.processed(PAYMENTS)
      const seconds = (monotonicMs() - begunMs) / 1_000
      const { syncs: feederSyncs } = await feeding
      rates.push(PAYMENTS / seconds)
      syncs.push((after.syncs - before.syncs + feederSyncs) / seconds)
      cpuUs.push(((after.cpuMs - before.cpuMs) * 1_000) / PAYMENTS)
      lost += PAYMENTS - after.dispositions.reduce((sum, count) => sum + count, 0)
      progress(`throughput ${run + 1}: ${Math.round(rates.at(-1)!).toLocaleString('en')} a second`)
      await pipeline.stop()
    })
  }
  report.figure('end to end: payments a second', '/s', rates, THROUGHPUT_BAR)
  report.figure('end to end: syncs a second, producer and tasks', '/s', syncs)
  report.figure("end to end: CPU of the tasks' process a payment", 'us', cpuUs)
  report.require('every payment has exactly one disposition', lost === 0)
}

async function measureLatency(): Promise<void> {
  const runs: ReaderDone[] = []
  const syncs: number[] = []
  await withDataFolder(async (data) => {
    const pipeline = new PipelineProcess(data, 'keep')
    await pipeline.running
    // What V8 compiles in the first seconds of a process is no property of the pipeline.
    await pace(data, WARM_UP_PAYMENTS, 0)
    for (let run = 0; run < size(RUNS, 1); run++) {
      const { received, syncsPerSecond } = await pace(data, PACED_PAYMENTS, run + 1)
      runs.push(received)
      syncs.push(syncsPerSecond)
      progress(`latency ${run + 1}: p50 ${received.p50.toFixed(1)} ms, p99 ${received.p99.toFixed(1)} ms`)
    }
    await pipeline.stop()
  })
  const name = `at ${RATE.toLocaleString('en')} a second, intended send to receipt`
  report.figure(
    `${name}: p50`,
    'ms',
    runs.map(({ p50 }) => p50),
  )
  report.figure(
    `${name}: p99`,
    'ms',
    runs.map(({ p99 }) => p99),
    P99_BAR,
  )
  report.figure(
    `${name}: p99.9`,
    'ms',
    runs.map(({ p999 }) => p999),
  )
  report.figure(`at ${RATE.toLocaleString('en')} a second: syncs a second of the producer`, '/s', syncs)
  const received = runs.every(({ seen, doubled }) => seen === PACED_PAYMENTS && doubled === 0)
  report.require('every payment sent was received as one decision', received)
}

async function pace(data: string, payments: number, plan: number) {
  const reader = child('load-reader.ts', [data, String(payments), String(RATE)])
  await messageOf(reader, 'the reader')
  const begin = await openFeeder(planOf(data, payments, plan, RATE))
  const atMs = monotonicMs() + 50
  reader.send({ atMs })
  const [{ syncs, wallMs }, received] = await Promise.all([begin(atMs), messageOf<ReaderDone>(reader, 'the reader')])
  return { received, syncsPerSecond: syncs / (wallMs / 1_000) }
}
