import { type BoardPlan, intendedMs, transactionOf } from './board-feeder.ts'
import { type Board, clustered, embedded, type Ground } from './board-ground.ts'
import { MeasuredPage, type PageNotes } from './board-page.ts'
import { child, messageOf, progress, Report, RUNS, size } from './harness.ts'

/**
 * From the intended produce time of a payment to the first frame of a real browser that shows its alert: producer, log, decision,
 * alert store, feed and page, all on the cores of this machine, on one clock. Every alert is measured (open loop), beside `sluice up` and
 * beside Kafka and Redis. Then four times as many, of which the page must not grow tired.
 */
const RATE = 500
const SECONDS = size(60, 6)
const FLOOD_RATE = 2_000
const FLOOD_SECONDS = size(60, 5)
/** ms */
const EMBEDDED_BARS = { p95: 100, p99: 150 }
const CLUSTERED_BARS = { p95: 150, p99: 250 }
const LONG_TASK_BAR = { atMost: 200 }
/** Growth of live objects over the flood. */
const GROWTH_BAR = { atMost: 4 }
/** Warming up is no property of the board: V8 compiles, the page lays out its first rows. A broker's Java takes two minutes for it. */
const WARM_UP_SECONDS = size(10, 2)
const CLUSTER_WARM_UP_SECONDS = size(120, 2)
const SHOWN_WITHIN_MS = 20_000
const POLL_MS = 100
/** What the page keeps for the bench: an object, an id of about thirty characters and its place in two lists. */
const BYTES_A_NOTE = 120
/** Time to decide the payments that fill the windows. */
const START_IN_MS = 3_000

const report = new Report('board', 'Alerts on the board, from the intended produce time to the frame that shows them')
await paced('embedded', embedded, WARM_UP_SECONDS, EMBEDDED_BARS)
await paced('Kafka and Redis', clustered, CLUSTER_WARM_UP_SECONDS, CLUSTERED_BARS)
await embedded(flood)
report.finish()

/** Latencies at the steady rate on one ground, held against its bars. */
async function paced(
  name: string,
  ground: Ground,
  warmUpSeconds: number,
  bars: { readonly p95: number; readonly p99: number },
): Promise<void> {
  const p50: number[] = []
  const p95: number[] = []
  const p99: number[] = []
  let missing = 0
  let measured = 0
  await ground(async (board) => {
    const page = await MeasuredPage.open(board.url)
    await pace(board, page, RATE, warmUpSeconds)
    for (let run = 0; run < size(RUNS, 1); run++) {
      const latencies = await pace(board, page, RATE, SECONDS)
      const sorted = latencies.filter((ms) => !Number.isNaN(ms)).sort((a, b) => a - b)
      const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
      p50.push(at(0.5))
      p95.push(at(0.95))
      p99.push(at(0.99))
      measured += latencies.length
      missing += latencies.length - sorted.length
      progress(`${name}, run ${run + 1}: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)} ms`)
    }
    await page.close()
  })
  report.figure(`${name}, ${RATE} alerts a second: p50`, 'ms', p50)
  report.figure(`${name}, ${RATE} alerts a second: p95`, 'ms', p95, { atMost: bars.p95 })
  report.figure(`${name}, ${RATE} alerts a second: p99`, 'ms', p99, { atMost: bars.p99 })
  const all = measured >= RATE * SECONDS && missing === 0
  report.require(`${name}: each of ${measured} alerts was shown and measured`, all)
}

async function flood(board: Board): Promise<void> {
  const page = await MeasuredPage.open(board.url)
  await pace(board, page, FLOOD_RATE, WARM_UP_SECONDS)
  const before = await page.heapBytes()
  // What the page did at its start, and while its garbage was collected for us, is no part of the flood.
  await page.forgetTasks()
  const latencies = await pace(board, page, FLOOD_RATE, FLOOD_SECONDS)
  const { longestTaskMs }: PageNotes = await page.notes()
  const growth = await page.heapBytes()
  report.figure(`${FLOOD_RATE} alerts a second: longest task of the page`, 'ms', [longestTaskMs], LONG_TASK_BAR)
  // What the bench itself keeps of each alert is no memory of the page.
  const own = latencies.length * BYTES_A_NOTE
  report.figure(
    `${FLOOD_RATE} alerts a second: growth of its memory`,
    'MB',
    [(growth - before - own) / 1e6],
    GROWTH_BAR,
  )
  report.require(
    'each alert of the flood was shown',
    latencies.every((ms) => !Number.isNaN(ms)),
  )
  await page.close()
}

/** Pays by the clock and resolves with each payment's ms to the frame that showed its alert; not a number when none did. */
async function pace(
  { data, bootstrap }: Board,
  page: MeasuredPage,
  ratePerSecond: number,
  seconds: number,
): Promise<number[]> {
  const feeder = child('board-feeder.ts', [data, String(Date.now()), ...(bootstrap === null ? [] : [bootstrap])])
  await messageOf(feeder, 'the feeder')
  const before = await page.received()
  const plan: BoardPlan = { startMs: Date.now() + START_IN_MS, payments: ratePerSecond * seconds, ratePerSecond }
  feeder.send(plan)
  await messageOf(feeder, 'the feeder')
  for (const untilMs = Date.now() + SHOWN_WITHIN_MS; Date.now() < untilMs; ) {
    if ((await page.received()) - before >= plan.payments) break
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  const { shown } = await page.notes()
  const atMs = new Map(shown.map((one) => [one.transaction, one.atMs]))
  return Array.from({ length: plan.payments }, (_, i) => {
    return (atMs.get(transactionOf(plan, i)) ?? Number.NaN) - intendedMs(plan, i)
  })
}
