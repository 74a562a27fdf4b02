import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { StartedSluice } from '../test/support/started-sluice.ts'
import { type ArchiveLag, type LagSample, measureArchiveLag } from './archive-lag.ts'
import { inChild, type Measured, progress, Report, RUNS, size } from './harness.ts'

/**
 * Rows a second into DuckDB, memory, what an archiver beside `sluice up` costs its decisions, and how far it is behind 8,000 of them a
 * second. SLUICE_BENCH_ARCHIVE_ROWS=10000000 is the long form: whether memory stays where it is over ten million rows.
 */
const ROWS = Number(process.env['SLUICE_BENCH_ARCHIVE_ROWS'] ?? String(size(600_000, 30_000)))
const BARS = { 'rows/s': { atLeast: 30_000, goal: 60_000 }, MiB: { atMost: 1_200 } } as const
const RATE = 500
const WARM_MS = size(8_000, 3_000)
const MEASURED_MS = size(15_000, 3_000)
/** SPEC C5's, of decisions. */
const P99_BAR = { atMost: 50 } as const
const ENDLESS = 'select count(*) from range(100000000) a, range(100000000) b'
const LAG_RATE = size(8_000, 1_000)
const LAG_SECONDS = size(60, 6)
/** `sluice sql` sees a decision within so long; between two flushes lies a second, and a checkpoint competes for the cores. */
const LAG_BAR = { atMost: 5 } as const

const report = new Report('archive', 'Rows into the embedded archive')
const runs = new Map<string, { readonly unit: 'rows/s' | 'MiB'; readonly values: number[] }>()
for (let run = 0; run < size(RUNS, 1); run++) {
  for (const { name, unit, value } of await inChild<Measured[]>('archive-run.ts', [String(ROWS)])) {
    const known = runs.get(name) ?? { unit: unit as 'rows/s' | 'MiB', values: [] }
    runs.set(name, known)
    known.values.push(value)
  }
  progress(`run ${run + 1}`)
}
for (const [name, { unit, values }] of runs) report.figure(name, unit, values, BARS[unit])

/** Beside `up`: no archiver, an archiver, or an archiver that is asked something it cannot answer in time. */
type Beside = 'nothing' | 'archiver' | 'question'

/** From the append of a payment to its decision, ms, as the view of `sluice up` says it: the median of its lines. */
async function latencies(beside: Beside): Promise<{ readonly p50: number; readonly p99: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-archive-'))
  const args = ['up', '--port', '0', '--rate', String(RATE), '--data', folder]
  const up = new StartedSluice(args, { env: { SLUICE_ARCHIVE: beside === 'nothing' ? 'no' : 'yes' } })
  await up.says(/Ctrl-C ends/)
  await setTimeout(WARM_MS)
  const question = beside === 'question' ? new StartedSluice(['sql', '--data', folder, ENDLESS]) : null
  const from = up.stdout.length
  await setTimeout(MEASURED_MS)
  const lines = [...up.stdout.slice(from).matchAll(/p50 (\d+) ms p99 (\d+) ms/g)]
  if (question !== null) {
    report.require('the question ran all the while', question.running)
    question.kill('SIGINT')
    await question.ended
  }
  up.kill('SIGINT')
  await up.ended
  rmSync(folder, { recursive: true, force: true })
  const median = (group: number) => {
    const sorted = lines.map((line) => Number(line[group])).sort((a, b) => a - b)
    return sorted[sorted.length >> 1] ?? Number.NaN
  }
  return { p50: median(1), p99: median(2) }
}

const WHERE: Readonly<Record<Beside, string>> = {
  nothing: 'without it',
  archiver: 'beside the archiver',
  question: 'beside a question that it answers meanwhile',
}
for (const beside of ['nothing', 'archiver', 'question'] as const) {
  const p50: number[] = []
  const p99: number[] = []
  for (let run = 0; run < size(RUNS, 1); run++) {
    const measured = await latencies(beside)
    p50.push(measured.p50)
    p99.push(measured.p99)
  }
  report.figure(`decision p50 at ${RATE}/s, ${WHERE[beside]}`, 'ms', p50)
  report.figure(`decision p99 at ${RATE}/s, ${WHERE[beside]}`, 'ms', p99, beside === 'question' ? P99_BAR : {})
}
const lags: ArchiveLag[] = []
for (let run = 0; run < size(RUNS, 1); run++) {
  lags.push(await measureArchiveLag(LAG_RATE, LAG_SECONDS))
  progress(`lag, run ${run + 1}`)
}
const highest = (half: 'first' | 'second', of: keyof LagSample) =>
  lags.map(({ samples }) => {
    const middle = samples.length / 2
    return Math.max(...samples.slice(...(half === 'first' ? [0, middle] : [middle])).map((sample) => sample[of]))
  })
const at = `at ${LAG_RATE.toLocaleString('en')} decisions a second`
report.figure(
  `${at}: decided`,
  '/s',
  lags.map(({ decidedPerSecond }) => decidedPerSecond),
)
report.figure(`${at}: the archive is behind, first half, at most`, 's', highest('first', 'seconds'))
report.figure(`${at}: the archive is behind, second half, at most`, 's', highest('second', 'seconds'), LAG_BAR)
report.figure(`${at}: decisions that it is behind, first half, at most`, '', highest('first', 'records'))
report.figure(`${at}: decisions that it is behind, second half, at most`, '', highest('second', 'records'))
report.figure(
  `${at}: CPU of the archiver`,
  '% of a core',
  lags.map(({ cpuPercent }) => cpuPercent),
)
const isWhole = ({ rows, ids, payments }: ArchiveLag) => rows === payments && ids === payments
report.require('every decision stands in the archive once', lags.every(isWhole))
report.finish()
