import { openSession } from '../bin/runtime/session.ts'
import { readConfig } from '../platform/config.ts'
import { TOPICS } from '../schemas/topics.ts'
import { BESIDE_DECISIONS, type Redis, startRedis } from '../stack/redis/redis.ts'
import { askRedis } from '../stack/redis/redis-request.ts'
import { StartedSluice } from '../test/support/started-sluice.ts'
import { IS_SHORT, progress, Report, size } from './harness.ts'
import { feed, openFeeder, PipelineProcess, withDataFolder } from './load.ts'
import { type FeederPlan, monotonicMs } from './load-feeder.ts'

/**
 * What the alert consumer costs the decisions: payments a second of the embedded pipeline, as fast as it goes, while `sluice alerter` writes
 * to a real Redis on the same cores, and while it is stopped, in rounds of two seconds in turn: what a neighbour of this machine takes
 * changes within seconds, by more than what is measured. After each round the alerter goes on until Redis has everything. Event times are
 * those of the last minutes, so that every key is written.
 */
/** So many, since two rounds of a pair differ by a sixth of what they measure, more than what is looked for. */
const PIPELINES = size(6, 1)
const PLANS = size(4, 1)
const PAIRS_A_PLAN = 2
const ROUND_PAYMENTS = size(150_000, 12_500)
const PAYMENTS = 2 * PAIRS_A_PLAN * ROUND_PAYMENTS
/** What compiles or fills only once happens in these. */
const WARM_PAYMENTS = size(400_000, 20_000)
/** With so many senders in so many minutes about one payment in fifty is the fourth, or a later one, of its sender's minute. */
const SENDERS = size(225_000, 22_500)
/** Event time that a payment of each sender takes, on average. */
const PAID_EVERY_MS = 110_000
const NUMBERS_A_PLAN = 10_000_000
const HOUR_MS = 3_600_000
const ALERTS_SHARE_MIN = 0.01
const LOST_BAR = { atMost: 5 }
const POLL_MS = 100
/** An alerter that writes nothing for so long is stuck. */
const STALLED_MS = 10_000

interface Measured {
  readonly paymentsPerSecond: number
  readonly seconds: number
  /** Alerts and actions that the chain committed. */
  readonly entries: number
  /** What the alerter wrote of them in the end, and what it and Redis took until then. */
  readonly written: number
  readonly cpuMs: number
  readonly redisCpuMs: number
}

const report = new Report('alerts-cost', 'What the alert consumer costs the decisions')
const alone: Measured[] = []
const beside: Measured[] = []
for (let run = 0; run < PIPELINES; run++) await measurePipeline()
const rates = (of: readonly Measured[]) => of.map(({ paymentsPerSecond }) => paymentsPerSecond)
report.figure('payments a second while the alerter is stopped', '/s', rates(alone))
report.figure('payments a second beside the alerter', '/s', rates(beside))
report.figure(
  'alerts and actions a second meanwhile',
  '/s',
  beside.map(({ entries, seconds }) => entries / seconds),
)
report.figure(
  'CPU of the alerter for each',
  'us',
  beside.map(({ cpuMs, entries }) => (cpuMs * 1_000) / entries),
)
report.figure(
  'CPU of Redis for each',
  'us',
  beside.map(({ redisCpuMs, entries }) => (redisCpuMs * 1_000) / entries),
)
report.figure(
  'throughput that the alerter costs',
  '%',
  beside.map(({ paymentsPerSecond }, pair) => 100 * (1 - paymentsPerSecond / alone[pair]!.paymentsPerSecond)),
  LOST_BAR,
)
const all = [...alone, ...beside]
report.require(
  `at least one alert or action in ${1 / ALERTS_SHARE_MIN} payments of each round beside the alerter`,
  // In short mode whole rounds are late, behind what warmed up, and late payments hardly alert.
  IS_SHORT || beside.every(({ entries }) => entries >= ALERTS_SHARE_MIN * ROUND_PAYMENTS),
)
report.require(
  'Redis had every alert and action',
  all.every(({ written, entries }) => written === entries),
)
report.finish()

/** Pairs of rounds on one pipeline. */
function measurePipeline(): Promise<void> {
  return withDataFolder(async (data) => {
    const redis = await startRedis(BESIDE_DECISIONS)
    const pipeline = new PipelineProcess(data, 'keep')
    await pipeline.running
    const alerter = await openAlerter(data, redis)
    await feed(planOf(data, 0, WARM_PAYMENTS))
    let paid = SENDERS + WARM_PAYMENTS
    await pipeline.processed(paid)
    await alerter.drained(await committedAlerts(data))
    for (let plan = 1; plan <= PLANS; plan++) {
      const begin = await openFeeder({ ...planOf(data, plan, PAYMENTS), rounds: 2 * PAIRS_A_PLAN })
      paid += SENDERS
      await pipeline.committed(paid)
      for (let pair = 0; pair < PAIRS_A_PLAN; pair++) {
        // Who goes first changes, so that what warms up or fills in the machine favours neither.
        for (const alerts of pair % 2 === 0 ? [false, true] : [true, false]) {
          paid += ROUND_PAYMENTS
          const measured = await measureRound(data, pipeline, alerter, begin, paid, alerts)
          ;(alerts ? beside : alone).push(measured)
          const rate = Math.round(measured.paymentsPerSecond).toLocaleString('en')
          progress(`${alerts ? 'beside the alerter' : 'without it'}: ${rate} a second`)
        }
      }
    }
    await alerter.stop()
    await pipeline.stop()
    await redis.stop()
  })
}

async function measureRound(
  data: string,
  pipeline: PipelineProcess,
  alerter: Awaited<ReturnType<typeof openAlerter>>,
  begin: (atMs: number) => Promise<unknown>,
  paid: number,
  alerts: boolean,
): Promise<Measured> {
  const before = await committedAlerts(data)
  const idle = await alerter.drained(before)
  if (!alerts) alerter.pause()
  const begunMs = monotonicMs()
  const feeding = begin(begunMs)
  await pipeline.processed(paid)
  const seconds = (monotonicMs() - begunMs) / 1_000
  await feeding
  await pipeline.committed(paid)
  if (!alerts) alerter.resume()
  const after = await committedAlerts(data)
  const drained = await alerter.drained(after)
  return {
    paymentsPerSecond: ROUND_PAYMENTS / seconds,
    seconds,
    entries: after - before,
    written: drained.written - idle.written,
    cpuMs: drained.cpuMs - idle.cpuMs,
    redisCpuMs: drained.redisCpuMs - idle.redisCpuMs,
  }
}

/** Plan number `plan` of a data folder: its last payment is of now. */
function planOf(data: string, plan: number, payments: number): FeederPlan {
  const spanMs = Math.round((payments / SENDERS) * PAID_EVERY_MS)
  return {
    data,
    payments,
    warmUpPayments: SENDERS,
    firstNumber: plan * NUMBERS_A_PLAN,
    ratePerSecond: null,
    lingerMs: 1,
    eventStartMs: Date.now() - spanMs,
    paymentsPerDay: (payments * HOUR_MS) / spanMs,
    senders: SENDERS,
    sendersLeavingPerDay: 0,
  }
}

/** `sluice alerter` in a process of its own. */
async function openAlerter(data: string, { url: redisUrl, addresses }: Redis) {
  const env = { SLUICE_REDIS_URL: redisUrl, SLUICE_DATA: data }
  const alerter = new StartedSluice(['alerter', '--port', '0'], { env })
  const [, url] = await alerter.says(/health on (http:\S+?);/)
  const scrape = async () => {
    const text = await (await fetch(`${url}/metrics`)).text()
    const sum = (name: string) =>
      [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].reduce(
        (all, [, value]) => all + Number(value),
        0,
      )
    return { written: sum('sluice_alert_entries_written_total'), cpuMs: sum('process_cpu_seconds_total') * 1_000 }
  }
  return {
    /** What it has written once that is everything, or when it gets no further. */
    async drained(entries: number) {
      for (let last = -1, sinceMs = monotonicMs(); ; ) {
        const { written, cpuMs } = await scrape()
        if (written !== last) sinceMs = monotonicMs()
        last = written
        const isOver = written >= entries || monotonicMs() - sinceMs > STALLED_MS
        if (isOver) return { written, cpuMs, redisCpuMs: await cpuMsOf(addresses[0]!) }
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    },
    pause() {
      alerter.kill('SIGSTOP')
    },
    resume() {
      alerter.kill('SIGCONT')
    },
    async stop() {
      alerter.kill('SIGINT')
      await alerter.ended
    },
  }
}

/** What the Redis at `address` has taken of the processor. */
async function cpuMsOf(address: string): Promise<number> {
  const told = [...(await askRedis(address, 'INFO cpu')).matchAll(/^used_cpu_(?:sys|user):(\S+)/gm)]
  return told.reduce((sum, [, seconds]) => sum + Number(seconds) * 1_000, 0)
}

/** Alerts and actions in the log. */
async function committedAlerts(data: string): Promise<number> {
  const { log } = await openSession(readConfig({}, { SLUICE_DATA: data }))
  const ends = [TOPICS.fraudAlerts, TOPICS.fraudActions].flatMap(({ name: topic, partitions }) =>
    Array.from({ length: partitions }, async (_, partition) => (await log.bounds({ topic, partition })).endOffset),
  )
  const committed = (await Promise.all(ends)).reduce((sum, end) => sum + end, 0)
  await log.close()
  return committed
}
