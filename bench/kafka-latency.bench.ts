import { join } from 'node:path'
import { type Bar, child, messageOf, Report, RUNS, size } from './harness.ts'
import { emptyTopics, type Ground, PARTITIONS, withBroker } from './kafka-ground.ts'
import { paced } from './kafka-paced.ts'
import type { Received } from './kafka-receiver.ts'
import type { TasksPlan } from './kafka-tasks.ts'

const RATE = 5_000
/** Beside it, once each and without a bar. */
const OTHER_RATES = [1_000, 20_000]
const SECONDS = size(60, 1)
/** What V8 and Java compile in the first minute of a process is no property of the pipeline: a broker works at half its speed till then. */
const WARM_UP_RATE = 10_000
const WARM_UP_SECONDS = size(60, 1)
const P50_BAR = { atMost: 12 }
const P99_BAR = { atMost: 35, goal: 25 }
const P999_BAR = { atMost: 60 }
const NUMBERS_A_PLAN = 10_000_000

const PERCENTILES = [
  ['p50', ({ p50 }: Received) => p50],
  ['p99', ({ p99 }: Received) => p99],
  ['p99.9', ({ p999 }: Received) => p999],
] as const

/**
 * Each decision is measured from the intended send time of its payment to its receipt at read_committed, whatever the pipeline does
 * meanwhile: a stall counts for all who waited.
 */
const report = new Report(
  'kafka-latency',
  `Latency on Kafka in ${PARTITIONS} partitions, one thread beside its broker, open loop`,
)
await withBroker(measureLatency)
report.finish()

async function measureLatency(ground: Ground): Promise<void> {
  await emptyTopics(ground, 'all')
  const { bootstrap, folder } = ground
  const tasksPlan: TasksPlan = {
    bootstrap,
    applicationId: 'paced',
    checkpoints: join(folder, 'paced'),
    guarantee: 'exactly-once',
    until: 'told',
  }
  const tasks = child('kafka-tasks.ts', [JSON.stringify(tasksPlan)])
  await messageOf(tasks, 'the tasks')
  let plans = 0
  const pace = (ratePerSecond: number, seconds: number) => {
    const firstNumber = plans++ * NUMBERS_A_PLAN
    return paced({ bootstrap, partitions: PARTITIONS, payments: ratePerSecond * seconds, ratePerSecond, firstNumber })
  }
  await pace(WARM_UP_RATE, WARM_UP_SECONDS)
  const runs: Received[] = []
  for (let run = 0; run < size(RUNS, 1); run++) runs.push(await pace(RATE, SECONDS))
  const others = new Map<number, Received>()
  for (const rate of OTHER_RATES) others.set(rate, await pace(rate, SECONDS))
  tasks.disconnect()
  await new Promise((resolve) => tasks.once('exit', resolve))
  reportLatency(RATE, runs, [P50_BAR, P99_BAR, P999_BAR])
  for (const [rate, received] of others) reportLatency(rate, [received])
  const all = [...runs, ...others.values()]
  const sent = size(RUNS, 1) * RATE * SECONDS + OTHER_RATES.reduce((sum, rate) => sum + rate * SECONDS, 0)
  const seen = all.reduce((sum, one) => sum + one.seen, 0)
  report.require(
    'every payment sent was received as one decision',
    seen === sent && all.every((one) => one.doubled === 0),
  )
}

function reportLatency(rate: number, runs: readonly Received[], bars: readonly Bar[] = []): void {
  const name = `at ${rate.toLocaleString('en')} a second, intended send to committed receipt`
  for (const [i, [percentile, of]] of PERCENTILES.entries()) {
    report.figure(`${name}: ${percentile}`, 'ms', runs.map(of), bars[i])
  }
}
