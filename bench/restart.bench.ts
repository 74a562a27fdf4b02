import { progress, Report, RUNS, size } from './harness.ts'
import { feed, PipelineProcess, withDataFolder } from './load.ts'
import type { FeederPlan } from './load-feeder.ts'

/**
 * From the start of a new process after kill -9 to its first decision: modules, log, checkpoints of twelve partitions, the fold of what
 * came after them, the first commit. All ids are live, within one hour of event time; the kill comes right after the
 * last commit of a load at full speed, with the product's own checkpoint interval.
 */
const CASES = [
  { name: '1 million ids', ids: size(1_000_000, 60_000), bar: { atMost: 3 } },
  { name: '10 million ids', ids: size(10_000_000, 200_000), bar: { atMost: 15 } },
]
const PAYMENTS_AFTER = 1_200
const HOUR_MS = 3_600_000

const report = new Report('restart', 'Restart after kill -9 to the first decision')
for (const { name, ids, bar } of CASES) {
  await withDataFolder(async (data) => {
    progress(`${name}: filling`)
    let pipeline = new PipelineProcess(data, 'keep')
    await pipeline.running
    await feed(planOf(data, ids, 0, ids))
    const { dedupIds, rssMb } = await pipeline.processed(ids)
    await pipeline.kill()
    const seconds: number[] = []
    const restored: number[] = []
    const folded: number[] = []
    for (let run = 0; run < size(RUNS, 1); run++) {
      // Killed at once after its start, it has written no checkpoint: each run restores the same and a little more.
      await feed(planOf(data, PAYMENTS_AFTER, ids + run * PAYMENTS_AFTER, ids))
      pipeline = new PipelineProcess(data, 'keep')
      const { atMs, foldedFrom } = await pipeline.running
      seconds.push(((await pipeline.first) - pipeline.startedMs) / 1_000)
      restored.push((atMs - pipeline.startedMs) / 1_000)
      folded.push(ids + run * PAYMENTS_AFTER - foldedFrom)
      await pipeline.processed(PAYMENTS_AFTER)
      await pipeline.kill()
      progress(`${name}: ${seconds.at(-1)!.toFixed(2)} s, ${folded.at(-1)!.toLocaleString('en')} records folded`)
    }
    report.figure(`restart with ${name}: to the first decision`, 's', seconds, bar)
    report.figure(`restart with ${name}: of that until all tasks had restored`, 's', restored)
    report.figure(`restart with ${name}: records folded`, 'records', folded)
    report.figure(`restart with ${name}: memory before`, 'MB', [rssMb])
    report.require(`all ${ids.toLocaleString('en')} ids were live at the kill`, dedupIds === ids)
  })
}
report.finish()

/** Payments of one hour of event time, `firstNumber` of `total` into it. */
function planOf(data: string, payments: number, firstNumber: number, total: number): FeederPlan {
  return {
    data,
    payments,
    warmUpPayments: 0,
    firstNumber,
    ratePerSecond: null,
    lingerMs: 5,
    eventStartMs: Date.now() - 2 * HOUR_MS,
    paymentsPerDay: Math.max(total, payments),
    senders: 100_000,
    sendersLeavingPerDay: 0,
  }
}
