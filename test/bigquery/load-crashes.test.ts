import { afterAll, beforeAll, expect, test } from 'vitest'
import { STREAM } from './archived-stream.ts'
import { CrashPoints } from './crash-points.ts'
import { BigQueryDouble } from './double/bigquery-double.ts'
import { LoadRun } from './load-run.ts'
import { archiveWith } from './write-run.ts'

/** With some tables in each range. One alone: its requests always come in the same order. */
const PARTITIONS = [STREAM[0]!]
const CUT = { records: 12, stretch: 4, flushEvery: 2, partitions: PARTITIONS }
/** Every so many-th point; the long form takes all of them. */
const STEP = process.env['SLUICE_TEST_ARCHIVE_KILLS'] === undefined ? 5 : 1

let double: BigQueryDouble
beforeAll(async () => {
  double = await BigQueryDouble.start()
})
afterAll(() => double.stop())

test.each(['before', 'after'] as const)(
  'SPEC B2, X4: killed %s any of its requests, a writer of load jobs leaves what the next one completes, each row once',
  { timeout: 240_000 },
  async (moment) => {
    const whole = new CrashPoints(null)
    const measured = new LoadRun(double)
    const first = await measured.writer(whole)
    await archiveWith(first.writer, CUT)
    await first.close()
    const expected = measured.expected(CUT.records, PARTITIONS)
    expect(measured.found()).toEqual(expected)

    const points = new Set([whole.asked.indexOf('start a job') + 1])
    for (let at = 1; at <= whole.met; at += STEP) points.add(at)
    let kills = 0
    let jobsLost = 0
    for (const at of points) {
      const run = new LoadRun(double)
      const edges = new CrashPoints(at, moment)
      const { writer } = await run.writer(edges)
      await Promise.race([archiveWith(writer, CUT), edges.killed])
      kills++
      jobsLost += edges.appendsLost
      // Another cut than before: what was planned counts, not the batches.
      await run.archive({ ...CUT, stretch: 5, flushEvery: 1 })
      expect(run.found(), `killed ${moment} request ${at} of ${whole.met}`).toEqual(expected)
    }
    expect(kills).toBeGreaterThan(5)
    if (moment === 'after') expect(jobsLost).toBeGreaterThan(0)
    process.stdout.write(`archive: killed ${moment} ${kills} of ${whole.met} requests, ${jobsLost} jobs lost\n`)
  },
)
