import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { child, messageOf, progress, Report, RUNS, size } from './harness.ts'
import { openFeeder, PipelineProcess, withDataFolder } from './load.ts'
import { type FeederPlan, monotonicMs } from './load-feeder.ts'
import type { ReaderDone } from './load-reader.ts'

/**
 * The embedded pipeline from end to end: a producer in its process, the tasks of 12 partitions in theirs, a reader in a
 * third, every acknowledgement and every commit durable. First as fast as it goes; then at a fixed rate whatever happens
 * (open loop), each decision measured from the intended send time of its payment to its receipt. Either begins once each
 * sender has paid once: what V8 compiles in the first seconds of a process is no property of the pipeline.
 */
const THROUGHPUT_BAR = { atLeast: 100_000 }
const P99_BAR = { atMost: 30 }
const PAYMENTS = size(1_000_000, 100_000)
const RATE = 5_000
const SENDERS = size(100_000, 20_000)
const PACED_PAYMENTS = size(100_000, 15_000)
const LINGER_MS = 1
const HOUR_MS = 3_600_000
const NUMBERS_A_PLAN = 10_000_000
const PLANS_MAX = 8
const DISK_SYNCS = 200
const DISK_SYNC_BYTES = 1 << 16

const report = new Report('end-to-end', 'The embedded pipeline from end to end, 12 partitions, each commit durable')
await measureThroughput()
await measureLatency()
report.finish()

/** Plan number `plan` of a data folder: an hour of event time after that of the plan before. */
function planOf(data: string, payments: number, plan: number, ratePerSecond: number | null): FeederPlan {
  return {
    data,
    payments,
    warmUpPayments: SENDERS,
    firstNumber: plan * NUMBERS_A_PLAN,
    ratePerSecond,
    lingerMs: LINGER_MS,
    eventStartMs: Date.now() - (PLANS_MAX - plan) * HOUR_MS,
    paymentsPerDay: payments,
    senders: SENDERS,
    sendersLeavingPerDay: 0,
  }
}

async function measureThroughput(): Promise<void> {
  const rates: number[] = []
  const syncs: number[] = []
  const tasksCpuUs: number[] = []
  const producerCpuUs: number[] = []
  let lost = 0
  for (let run = 0; run < size(RUNS, 1); run++) {
    await withDataFolder(async (data) => {
      const pipeline = new PipelineProcess(data, 'keep')
      await pipeline.running
      const begin = await openFeeder(planOf(data, PAYMENTS, 0, null))
      const before = await pipeline.processed(SENDERS)
      const begunMs = monotonicMs()
      const feeding = begin(begunMs)
      const after = await pipeline.processed(SENDERS + PAYMENTS)
      const seconds = (monotonicMs() - begunMs) / 1_000
      const fed = await feeding
      rates.push(PAYMENTS / seconds)
      syncs.push((after.syncs - before.syncs + fed.syncs) / seconds)
      tasksCpuUs.push(((after.cpuMs - before.cpuMs) * 1_000) / PAYMENTS)
      producerCpuUs.push((fed.cpuMs * 1_000) / PAYMENTS)
      lost += SENDERS + PAYMENTS - after.dispositions.reduce((sum, count) => sum + count, 0)
      progress(`throughput ${run + 1}: ${Math.round(rates.at(-1)!).toLocaleString('en')} a second`)
      await pipeline.stop()
    })
  }
  report.figure('end to end: payments a second', '/s', rates, THROUGHPUT_BAR)
  report.figure('end to end: syncs a second, producer and tasks', '/s', syncs)
  report.figure("end to end: CPU of the tasks' process a payment", 'us', tasksCpuUs)
  report.figure("end to end: CPU of the producer's process a payment", 'us', producerCpuUs)
  report.require('every payment has exactly one disposition', lost === 0)
}

async function measureLatency(): Promise<void> {
  const runs: ReaderDone[] = []
  const syncs: number[] = []
  const disk: { readonly p50: number; readonly p99: number }[] = []
  await withDataFolder(async (data) => {
    const pipeline = new PipelineProcess(data, 'keep')
    await pipeline.running
    for (let run = 0; run < size(RUNS, 1); run++) {
      disk.push(diskSyncs(data))
      const { received, syncsPerSecond } = await pace(pipeline, data, run)
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
  report.figure(
    'the disk alone: sync of 64 KiB, p50',
    'ms',
    disk.map(({ p50 }) => p50),
  )
  report.figure(
    'the disk alone: sync of 64 KiB, p99',
    'ms',
    disk.map(({ p99 }) => p99),
  )
  const received = runs.every(({ seen, doubled }) => seen === PACED_PAYMENTS && doubled === 0)
  report.require('every payment sent was received as one decision', received)
}

async function pace(pipeline: PipelineProcess, data: string, run: number) {
  const begin = await openFeeder(planOf(data, PACED_PAYMENTS, run, RATE))
  await pipeline.processed(SENDERS + run * (SENDERS + PACED_PAYMENTS))
  const reader = child('load-reader.ts', [data, String(PACED_PAYMENTS), String(RATE)])
  await messageOf(reader, 'the reader')
  const atMs = monotonicMs() + 50
  reader.send({ atMs })
  const [{ syncs, wallMs }, received] = await Promise.all([begin(atMs), messageOf<ReaderDone>(reader, 'the reader')])
  return { received, syncsPerSecond: syncs / (wallMs / 1_000) }
}

/** What every latency above has in it several times, and no software can take away, ms. */
function diskSyncs(data: string) {
  const file = openSync(join(data, '..', 'disk-syncs'), 'w')
  const bytes = new Uint8Array(DISK_SYNC_BYTES)
  const took = Array.from({ length: DISK_SYNCS }, () => {
    writeSync(file, bytes)
    const begunMs = monotonicMs()
    fdatasyncSync(file)
    return monotonicMs() - begunMs
  }).sort((a, b) => a - b)
  closeSync(file)
  return {
    p50: took[Math.floor(DISK_SYNCS * 0.5)] ?? Number.NaN,
    p99: took[Math.floor(DISK_SYNCS * 0.99)] ?? Number.NaN,
  }
}
