import { beforeAll, expect, test } from 'vitest'
import { LAWS, type Law } from './checker/laws.ts'
import { type HistoryReport, runHistory } from './run.ts'

// Goal: whatever is killed or cut off, a key has one effect and one answer for every caller, at every instance.
// Method: 32 clients at two APIs and a worker on one data folder, faults under way, then the laws of the checker, one a test.
// `npm run history` is its long form, also on a cluster.

const SECONDS = Number(process.env['SLUICE_TEST_HISTORY_SECONDS'] ?? 8)
const SEED = process.env['SLUICE_TEST_SEED'] ?? '42'
const said: string[] = []
let report: HistoryReport

beforeAll(async () => {
  report = await runHistory({
    seconds: SECONDS,
    seed: SEED,
    clients: 32,
    isCluster: false,
    say: (line) => {
      said.push(line)
      process.stdout.write(`history: ${line}\n`)
    },
  })
}, 300_000)

test('SPEC C3: every fault struck calls under way, and nothing else went wrong', () => {
  expect(report.problems, said.join('\n')).toEqual([])
})

test.each(Object.entries(LAWS))('LAW-%s: %s', (law) => {
  const { compared, shown } = report.verdicts[law as Law]
  expect(shown, said.join('\n')).toEqual([])
  expect(compared).toBeGreaterThan(0)
})
