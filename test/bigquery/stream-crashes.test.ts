import { afterAll, beforeAll, expect, test } from 'vitest'
import { CrashPoints } from './crash-points.ts'
import { BigQueryDouble } from './double/bigquery-double.ts'
import { archiveWith, WriteRun } from './write-run.ts'

const CUT = { records: 12, stretch: 4, flushEvery: 2 }
/** Every so many-th point; the long form takes all of them. */
const STEP = process.env['SLUICE_TEST_ARCHIVE_KILLS'] === undefined ? 5 : 1

let double: BigQueryDouble
beforeAll(async () => {
  double = await BigQueryDouble.start()
})
afterAll(() => double.stop())

test.each(['before', 'after'] as const)(
  'SPEC B2, X4: killed %s any of its requests, a writer leaves what the next one completes, each row once',
  { timeout: 120_000 },
  async (moment) => {
    const whole = new CrashPoints(null)
    const measured = new WriteRun(double)
    const first = measured.writer(whole)
    await archiveWith(first.writer, CUT)
    await first.close()
    expect(measured.found()).toEqual(measured.expected(CUT.records))

    let kills = 0
    let appendsLost = 0
    for (let at = 1 + (moment === 'after' ? 2 : 0); at <= whole.met; at += STEP) {
      const run = new WriteRun(double)
      const edges = new CrashPoints(at, moment)
      const { writer } = run.writer(edges)
      await Promise.race([archiveWith(writer, CUT), edges.killed])
      kills++
      appendsLost += edges.appendsLost
      // Another cut than before: the position counts, not the batches.
      await run.archive({ ...CUT, stretch: 5, flushEvery: 1 })
      expect(run.found(), `killed ${moment} request ${at} of ${whole.met}`).toEqual(run.expected(CUT.records))
    }
    expect(kills).toBeGreaterThan(5)
    if (moment === 'after') expect(appendsLost).toBeGreaterThan(0)
    process.stdout.write(`archive: killed ${moment} ${kills} of ${whole.met} requests, ${appendsLost} appends lost\n`)
  },
)
