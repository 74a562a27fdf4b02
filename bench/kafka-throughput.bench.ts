import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ForeignInputOptions } from './foreign-input.ts'
import { type Bar, IS_SHORT, inChild, progress, Report, RUNS, size } from './harness.ts'
import type { Checked } from './kafka-check.ts'
import { emptyTopics, type Ground, PARTITIONS, withBroker } from './kafka-ground.ts'
import type { Loaded } from './kafka-load.ts'
import type { TasksPlan, TasksRun } from './kafka-tasks.ts'
import { renderProfile, summarise } from './profile.ts'

/**
 * The whole chain on Kafka, exactly once, one thread beside its broker (which takes what it needs of the same cores): first payments
 * of a foreign producer with four tokens each, then with two, which is the work of the measured prototype and has all its
 * ids live at the end; beside that the same work on kafkajs. A reader that shares nothing with us checks every run. Then where the
 * time goes.
 */
const CPU_BAR = { atMost: 6.5, goal: 4 }
const RATE_BAR = { atLeast: 150_000, goal: 230_000 }
const TWO_TOKENS_CPU_BAR = { atMost: 3.8, goal: 2.5 }
const TWO_TOKENS_RATE_BAR = { atLeast: 250_000, goal: 400_000 }
const MEMORY_BAR = { atMost: 400 }
const FOLD_BAR = { atLeast: 500_000 }
const GUARANTEE_BAR = { atMost: 15 }
const RATIO_BAR = { atLeast: 8 }
/** A slower kafkajs variant says more of the machine than of kafkajs; then no ratio is printed. */
const NAIVE_US_MAX = 35

const FULL_PAYMENTS = 2_000_000
const PAYMENTS = size(FULL_PAYMENTS, 20_000)
const NAIVE_PAYMENTS = size(300_000, 5_000)
const SPAN_MS = 3 * 3_600_000
/** Within the horizon of dedup: no id expires. */
const LIVE_SPAN_MS = 3_500_000
const SEED = 20_261_122

const report = new Report(
  'kafka-throughput',
  `The chain on Kafka, exactly once, ${PAYMENTS.toLocaleString('en')} payments in ${PARTITIONS} partitions`,
)
await withBroker(async (ground) => {
  await measureMain(ground)
  await measureTwoTokens(ground)
})
report.finish()

async function measureMain(ground: Ground): Promise<void> {
  const records = await load(ground, 'all', SPAN_MS)
  const runs: TasksRun[] = []
  const plainRuns: TasksRun[] = []
  const folds: TasksRun[] = []
  const checks: Checked[] = []
  for (let run = 0; run < size(RUNS, 1); run++) {
    // In turns, so that what the machine does meanwhile strikes both alike.
    await emptyTopics(ground, 'outputs')
    plainRuns.push(await runTasks(ground, `plain-${run}`, 'at-least-once', 'input'))
    await emptyTopics(ground, 'outputs')
    runs.push(await runTasks(ground, `exact-${run}`, 'exactly-once', 'input'))
    checks.push(await check(ground, records))
    folds.push(await runTasks(ground, `exact-${run}`, 'exactly-once', 'restored'))
  }
  reportRuns('four tokens', runs, CPU_BAR, RATE_BAR)
  reportChecks('four tokens', records, checks)
  reportRuns('four tokens, at least once', plainRuns)
  const dearer = runs.map((run, at) => 100 * (cpuUs(run) / cpuUs(plainRuns[at] as TasksRun) - 1))
  report.figure('exactly once is dearer than at least once, CPU, by', '%', dearer, GUARANTEE_BAR)
  report.figure('fold of the input without outputs', 'records/s', folds.map(rate), FOLD_BAR)
  await profile(ground)
}

async function measureTwoTokens(ground: Ground): Promise<void> {
  const records = await load(ground, 'card-and-email', LIVE_SPAN_MS)
  const naive = await inChild<TasksRun>('kafka-naive.ts', [ground.bootstrap, String(NAIVE_PAYMENTS)])
  const runs: TasksRun[] = []
  const checks: Checked[] = []
  for (let run = 0; run < size(RUNS, 1); run++) {
    await emptyTopics(ground, 'outputs')
    runs.push(await runTasks(ground, `two-${run}`, 'exactly-once', 'input'))
    checks.push(await check(ground, records))
  }
  reportRuns('two tokens', runs, TWO_TOKENS_CPU_BAR, TWO_TOKENS_RATE_BAR)
  reportChecks('two tokens', records, checks)
  const ids = runs[0]?.dedupIds ?? 0
  report.figure(
    `two tokens: peak memory with ${ids.toLocaleString('en')} live ids`,
    'MB',
    runs.map(({ peakMb }) => peakMb),
    MEMORY_BAR,
  )
  reportRuns('two tokens on kafkajs, avsc, Maps, createHmac', [naive])
  if (cpuUs(naive) > NAIVE_US_MAX) {
    process.stdout.write(`  no ratio: kafkajs took ${cpuUs(naive).toFixed(1)} us, more than ${NAIVE_US_MAX}\n`)
  } else {
    const times = runs.map((run) => cpuUs(naive) / cpuUs(run))
    report.figure('payments a CPU-second, of those on kafkajs', 'times', times, RATIO_BAR)
  }
}

async function load(ground: Ground, personal: ForeignInputOptions['personal'], spanMs: number): Promise<number> {
  await emptyTopics(ground, 'all')
  progress(`loading ${PAYMENTS.toLocaleString('en')} payments`)
  // The same rate of event time whatever the number, so that a shorter input is a prefix in kind.
  const span = (spanMs * PAYMENTS) / FULL_PAYMENTS
  const options: ForeignInputOptions = { payments: PAYMENTS, senders: 100_000, spanMs: span, seed: SEED, personal }
  const args = [ground.bootstrap, String(PARTITIONS), JSON.stringify(options)]
  const { records, bytes } = await inChild<Loaded>('kafka-load.ts', args)
  report.figure(`input, ${personal}: bytes a payment`, 'bytes', [bytes / records])
  return records
}

async function runTasks(
  { bootstrap, folder }: Ground,
  applicationId: string,
  guarantee: TasksPlan['guarantee'],
  until: TasksPlan['until'],
  execArgv: readonly string[] = [],
): Promise<TasksRun> {
  // No run finds the checkpoints of another, so that a fold is one of everything.
  const checkpoints = mkdtempSync(join(folder, 'checkpoints-'))
  const plan: TasksPlan = { bootstrap, applicationId, checkpoints, guarantee, until }
  const run = await inChild<TasksRun>('kafka-tasks.ts', [JSON.stringify(plan)], execArgv)
  progress(
    `${applicationId} until ${until}: ${shown(rate(run))}/s, ${cpuUs(run).toFixed(2)} us, ${run.commits} commits`,
  )
  return run
}

async function check({ bootstrap }: Ground, records: number): Promise<Checked> {
  return inChild<Checked>('kafka-check.ts', [bootstrap, String(records)])
}

function rate({ records, wallMs }: TasksRun): number {
  return records / (wallMs / 1_000)
}

function cpuUs({ records, cpuMs }: TasksRun): number {
  return (cpuMs * 1_000) / records
}

function shown(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function reportRuns(name: string, runs: readonly TasksRun[], cpuBar: Bar = {}, rateBar: Bar = {}): void {
  report.figure(`${name}: client CPU a payment, all threads`, 'us', runs.map(cpuUs), cpuBar)
  report.figure(`${name}: payments a second, beside the broker`, '/s', runs.map(rate), rateBar)
  report.figure(
    `${name}: peak memory`,
    'MB',
    runs.map(({ peakMb }) => peakMb),
  )
  report.note(name, runs[0])
}

function reportChecks(name: string, records: number, checks: readonly Checked[]): void {
  const once = checks.every(({ distinct, doubled }) => distinct === records && doubled === 0)
  report.require(`${name}: kafkajs reads one disposition for each of ${shown(records)} inputs`, once)
  report.require(`${name}: and the same bytes in every run`, new Set(checks.map(({ digest }) => digest)).size === 1)
  report.note(`${name}: checked`, checks[0])
}

/** Where the time goes; taken in a run of its own, since sampling costs. */
async function profile(ground: Ground): Promise<void> {
  await emptyTopics(ground, 'outputs')
  const sampling = ['--cpu-prof', '--cpu-prof-interval', '500', `--cpu-prof-dir=${ground.folder}`]
  await runTasks(ground, 'profiled', 'exactly-once', 'input', sampling)
  const written = readdirSync(ground.folder).find((file) => file.endsWith('.cpuprofile'))
  if (written === undefined) throw new Error('node wrote no profile')
  const summary = summarise(join(ground.folder, written))
  report.note('profile', summary)
  const text = renderProfile(summary)
  process.stdout.write(`\nwhere the time goes, self time\n${text}`)
  if (!IS_SHORT) writeFileSync(join(import.meta.dirname, 'results/kafka-throughput-profile.txt'), text)
}
