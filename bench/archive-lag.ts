import { get, type IncomingMessage } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { TOPICS } from '../schemas/topics.ts'
import { StartedSluice } from '../test/support/started-sluice.ts'
import { openFeeder, PipelineProcess, withDataFolder } from './load.ts'
import { type FeederPlan, monotonicMs } from './load-feeder.ts'

/** Decisions that were committed and did not stand in DuckDB, at one moment. */
export interface LagSample {
  readonly records: number
  /** Age of the oldest of them, s. */
  readonly seconds: number
}

export interface ArchiveLag {
  /** One each second while payments were decided. */
  readonly samples: readonly LagSample[]
  readonly decidedPerSecond: number
  /** What the archiver used of one core meanwhile, %. */
  readonly cpuPercent: number
  /** Rows of payments, and ids among them, once the archiver was told to end. */
  readonly rows: number
  readonly ids: number
  readonly payments: number
}

const SENDERS = 20_000
const LINGER_MS = 1
const SAMPLE_MS = 1_000
const HOUR_MS = 3_600_000
const LAG = new RegExp(
  `^sluice_archive_lag_(records|seconds)\\{topic="${TOPICS.paymentsDecided.name}"\\} (\\S+)$`,
  'gm',
)
const CPU = /^process_cpu_seconds_total (\S+)$/m

/**
 * The embedded pipeline decides `rate` payments a second whatever the archive does, with `sluice archive` beside it as `up` starts it.
 * Warmed up by a payment a sender, which the archiver has before the measurement begins.
 */
export async function measureArchiveLag(rate: number, seconds: number): Promise<ArchiveLag> {
  let measured: ArchiveLag | null = null
  await withDataFolder(async (data) => {
    const pipeline = new PipelineProcess(data, 'keep')
    await pipeline.running
    const archiver = new StartedSluice(['archive', '--data', data, '--port', '0'])
    const [, url = ''] = await archiver.says(/health on (http:\S+);/)
    const begin = await openFeeder(planOf(data, rate, seconds))
    await pipeline.processed(SENDERS)
    while ((await scrape(url)).records > 0) await setTimeout(SAMPLE_MS)
    const before = await scrape(url)
    const startMs = monotonicMs()
    const samples: LagSample[] = []
    const fed = begin(startMs)
    for (let second = 1; second <= seconds; second++) {
      await setTimeout(Math.max(0, startMs + second * SAMPLE_MS - monotonicMs()))
      samples.push(await scrape(url))
    }
    const { cpuSeconds } = await scrape(url)
    const tookS = (monotonicMs() - startMs) / 1_000
    const { processed } = await pipeline.processed(0)
    await fed
    await pipeline.processed(SENDERS + rate * seconds)
    while ((await scrape(url)).records > 0) await setTimeout(SAMPLE_MS)
    const { rows, ids } = await archived(data)
    archiver.kill('SIGINT')
    await archiver.ended
    await pipeline.stop()
    const decidedPerSecond = (processed - SENDERS) / tookS
    const cpuPercent = (100 * (cpuSeconds - before.cpuSeconds)) / tookS
    measured = { samples, decidedPerSecond, cpuPercent, rows, ids, payments: SENDERS + rate * seconds }
  })
  return measured!
}

function planOf(data: string, rate: number, seconds: number): FeederPlan {
  return {
    data,
    payments: rate * seconds,
    warmUpPayments: SENDERS,
    firstNumber: 0,
    ratePerSecond: rate,
    lingerMs: LINGER_MS,
    eventStartMs: Date.now() - HOUR_MS,
    paymentsPerDay: rate * seconds,
    senders: SENDERS,
    sendersLeavingPerDay: 0,
  }
}

async function scrape(url: string): Promise<LagSample & { readonly cpuSeconds: number }> {
  const body = await textOf(
    await new Promise<IncomingMessage>((answered, failed) => {
      // A connection each: one that is kept may be closed just when it is used again.
      get(`${url}/metrics`, { agent: false }, answered).once('error', failed)
    }),
  )
  const lag = { records: Number.NaN, seconds: Number.NaN }
  for (const [, what, value] of body.matchAll(LAG)) lag[what as keyof LagSample] = Number(value)
  return { ...lag, cpuSeconds: Number(CPU.exec(body)?.[1]) }
}

async function archived(data: string): Promise<{ readonly rows: number; readonly ids: number }> {
  const sql = 'select count(*) as n, count(distinct transaction_id) as ids from payment_transactions'
  const asked = new StartedSluice(['sql', '--json', '--data', data, sql])
  await asked.ended
  const { n, ids } = JSON.parse(asked.stdout) as { readonly n: number; readonly ids: number }
  return { rows: Number(n), ids: Number(ids) }
}
