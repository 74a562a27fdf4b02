import { progress, Report, size } from './harness.ts'
import { openFeeder, PipelineProcess, withDataFolder } from './load.ts'
import { type FeederPlan, monotonicMs } from './load-feeder.ts'
import type { PipelineState } from './load-pipeline.ts'

/**
 * Ten minutes of the pipeline while event time spans 150 days: busy hours a day apart, senders who come and go. Memory must be
 * flat in the second half, remembered ids those of an hour, and senders idle for 90 days gone. Retention is on.
 */
const SOAK_MS = size(600_000, 20_000)
const RATE = 5_000
const DAYS = 150
const DAY_MS = 86_400_000
const IDLE_DAYS = 90
const SAMPLE_MS = 1_000
const DISPOSED_WITHIN_MS = 30_000
const RSS_GROWTH_BAR = { atMost: 5 }
/** Ids of a busy hour and the sweep's lag; all senders of 90 days and the eviction's lag. */
const IDS_SLACK = 2
/** The table frees whole blocks of 64, in each of 12 partitions. */
const IDS_MORE = 12 * 64 * 2
const SENDERS_SLACK = 1.25

const payments = (SOAK_MS / 1_000) * RATE
const paymentsPerDay = Math.floor(payments / DAYS)
const senders = Math.floor(paymentsPerDay / 4)
const sendersLeavingPerDay = Math.floor(senders / 25)

const report = new Report(
  'soak',
  `A soak of ${SOAK_MS / 1_000} s over ${DAYS} days of event time, ${RATE} payments a second`,
)
await withDataFolder(async (data) => {
  const plan: FeederPlan = {
    data,
    payments,
    warmUpPayments: 0,
    firstNumber: 0,
    ratePerSecond: RATE,
    lingerMs: 5,
    eventStartMs: Date.now() - (DAYS + 1) * DAY_MS,
    paymentsPerDay,
    senders,
    sendersLeavingPerDay,
  }
  const pipeline = new PipelineProcess(data, 'drop')
  await pipeline.running
  const begin = await openFeeder(plan)
  const feeding = begin(monotonicMs())
  const samples = await sample(pipeline)
  await feeding
  const last = await pipeline.processed(payments, DISPOSED_WITHIN_MS)
  await pipeline.stop()
  reportSoak(samples, last)
})
report.finish()

async function sample(pipeline: PipelineProcess): Promise<PipelineState[]> {
  const samples: PipelineState[] = []
  for (const endMs = monotonicMs() + SOAK_MS; monotonicMs() < endMs; ) {
    const state = await pipeline.state()
    samples.push(state)
    if (samples.length % 30 === 0) {
      progress(`${samples.length} s: ${state.ownMb.toFixed(0)} MB, ${state.dedupIds} ids, ${state.senders} senders`)
    }
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
  }
  return samples
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function reportSoak(samples: readonly PipelineState[], last: PipelineState): void {
  const tenth = Math.max(1, Math.floor(samples.length / 10))
  const middle = samples.slice(5 * tenth, 6 * tenth).map(({ ownMb }) => ownMb)
  const end = samples.slice(-tenth).map(({ ownMb }) => ownMb)
  report.figure('soak: memory of the tasks, middle', 'MB', [median(middle)])
  report.figure('soak: memory of the tasks, end', 'MB', [median(end)])
  report.figure(
    'soak: growth of memory in the second half',
    '%',
    [100 * (median(end) / median(middle) - 1)],
    RSS_GROWTH_BAR,
  )
  report.figure('soak: pages of the log that the kernel keeps mapped', 'MB', [last.rssMb - last.ownMb])
  const idsMax = Math.max(...samples.map(({ dedupIds }) => dedupIds))
  report.figure('soak: ids remembered at most', 'ids', [idsMax], { atMost: IDS_SLACK * paymentsPerDay + IDS_MORE })
  const entriesMax = Math.max(...samples.map(({ windowEntries }) => windowEntries))
  report.figure('soak: window entries at most', 'entries', [entriesMax], { atMost: IDS_SLACK * paymentsPerDay })
  const everSeen = senders + (DAYS - 1) * sendersLeavingPerDay
  const lately = senders + IDLE_DAYS * sendersLeavingPerDay
  report.figure('soak: senders who ever paid', 'senders', [everSeen])
  report.figure('soak: senders kept at the end', 'senders', [last.senders], { atMost: SENDERS_SLACK * lately })
  report.figure('soak: the log on the disk at the end', 'MB', [last.logMb])
  report.require(`all ${payments.toLocaleString('en')} payments have a disposition`, last.processed === payments)
  const step = Math.max(1, Math.floor(samples.length / 60))
  report.note(
    'samples',
    samples.filter((_, i) => i % step === 0),
  )
}
