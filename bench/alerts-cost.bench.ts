import { openSession } from '../bin/runtime/session.ts'
import { readConfig } from '../platform/config.ts'
import { TOPICS } from '../schemas/topics.ts'
import { BESIDE_DECISIONS, type Redis, startRedis } from '../stack/redis/redis.ts'
import { askRedis } from '../stack/redis/redis-request.ts'
import { StartedSluice } from '../test/support/started-sluice.ts'
import { progress, Report, size } from './harness.ts'
import { feed, openFeeder, PipelineProcess, withDataFolder } from './load.ts'
import { type FeederPlan, monotonicMs } from './load-feeder.ts'

/**
 * What the alert consumer costs the decisions: payments a second of the embedded pipeline, as fast as it goes, with `sluice alerter`
 * and a real Redis on the same cores and without them, in turn. Event times are those of the last minutes, so that every key is written.
 */
const PAYMENTS = size(550_000, 50_000)
/** What compiles or fills only once happens in these. */
const WARM_PAYMENTS = size(400_000, 20_000)
/** With so many senders in so many minutes about one payment in fifty is the fourth, or a later one, of its sender's minute. */
const SENDERS = size(225_000, 22_500)
/** Event time that a payment of each sender takes, on average. */
const PAID_EVERY_MS = 110_000
const NUMBERS_A_PLAN = 10_000_000
const PAIRS = size(5, 1)
const HOUR_MS = 3_600_000
const ALERTS_SHARE_MIN = 0.01
const LOST_BAR = { atMost: 5 }

interface Measured {
  readonly paymentsPerSecond: number
  readonly seconds: number
  /** Alerts and actions that the chain committed. */
  readonly entries: number
  /** What the alerter wrote of them, and what it and Redis took; undefined without one. */
  readonly consumer: { readonly written: number; readonly cpuMs: number; readonly redisCpuMs: number } | undefined
}

const report = new Report('alerts-cost', 'What the alert consumer costs the decisions')
const alone: Measured[] = []
const beside: Measured[] = []
for (let run = 0; run < PAIRS; run++) {
  // Who goes first changes, so that what warms up or fills in the machine favours neither.
  for (const alerts of run % 2 === 0 ? [false, true] : [true, false]) {
    const measured = await measure(alerts)
    ;(alerts ? beside : alone).push(measured)
    const rate = Math.round(measured.paymentsPerSecond).toLocaleString('en')
    progress(`${alerts ? 'beside the alerter' : 'without it'} ${run + 1}: ${rate} a second`)
  }
}
const rates = (of: readonly Measured[]) => of.map(({ paymentsPerSecond }) => paymentsPerSecond)
report.figure('payments a second without the alerter', '/s', rates(alone))
report.figure('payments a second beside the alerter', '/s', rates(beside))
report.figure(
  'alerts and actions a second meanwhile',
  '/s',
  beside.map(({ entries, seconds }) => entries / seconds),
)
report.figure(
  'CPU of the alerter for each',
  'us',
  beside.map(({ consumer, entries }) => ((consumer?.cpuMs ?? Number.NaN) * 1_000) / entries),
)
report.figure(
  'CPU of Redis for each',
  'us',
  beside.map(({ consumer, entries }) => ((consumer?.redisCpuMs ?? Number.NaN) * 1_000) / entries),
)
report.figure(
  'throughput that the alerter costs',
  '%',
  beside.map(({ paymentsPerSecond }, run) => 100 * (1 - paymentsPerSecond / alone[run]!.paymentsPerSecond)),
  LOST_BAR,
)
const all = [...alone, ...beside]
report.require(
  `at least one alert or action in ${1 / ALERTS_SHARE_MIN} payments`,
  all.every(({ entries }) => entries >= ALERTS_SHARE_MIN * PAYMENTS),
)
report.require(
  'Redis had every alert and action',
  beside.every(({ consumer, entries }) => consumer?.written === entries),
)
report.finish()

function measure(alerts: boolean): Promise<Measured> {
  return withDataFolder(async (data) => {
    const redis = alerts ? await startRedis(BESIDE_DECISIONS) : null
    const pipeline = new PipelineProcess(data, 'keep')
    await pipeline.running
    const alerter = redis === null ? null : await openAlerter(data, redis)
    await feed(planOf(data, 0, WARM_PAYMENTS))
    await pipeline.processed(SENDERS + WARM_PAYMENTS)
    const before = await committedAlerts(data)
    const warm = await alerter?.drained(before)
    const begin = await openFeeder(planOf(data, 1, PAYMENTS))
    const warmed = SENDERS + WARM_PAYMENTS + SENDERS
    await pipeline.processed(warmed)
    const begunMs = monotonicMs()
    const feeding = begin(begunMs)
    await pipeline.processed(warmed + PAYMENTS)
    const seconds = (monotonicMs() - begunMs) / 1_000
    await feeding
    const after = await committedAlerts(data)
    const drained = await alerter?.drained(after)
    await alerter?.stop()
    await pipeline.stop()
    await redis?.stop()
    return {
      paymentsPerSecond: PAYMENTS / seconds,
      seconds,
      entries: after - before,
      consumer: drained &&
        warm && {
          written: drained.written - warm.written,
          cpuMs: drained.cpuMs - warm.cpuMs,
          redisCpuMs: drained.redisCpuMs - warm.redisCpuMs,
        },
    }
  })
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
      for (let last = -1; ; ) {
        const { written, cpuMs } = await scrape()
        if (written >= entries || written === last) return { written, cpuMs, redisCpuMs: await cpuMsOf(addresses[0]!) }
        last = written
        await new Promise((resolve) => setTimeout(resolve, 1_000))
      }
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
