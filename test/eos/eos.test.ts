import { beforeAll, expect, test } from 'vitest'
import { onRealParts } from '../support/real-parts.ts'
import { FAULT_NAMES } from './fault-plan.ts'
import { type RunReport, runSystem } from './system-run.ts'

// Goal: four workers on a real cluster, killed, joined, left and cut off under load, decide every payment once.
// Method: the system test's run with one broker (`npm run eos` is its long form), then the laws of its checker, one a test.

const MINUTES = Number(process.env['SLUICE_TEST_EOS_MINUTES'] ?? 2)
const SEED = process.env['SLUICE_TEST_SEED'] ?? '42'
const WITHIN_MS = 1_200_000 + MINUTES * 120_000
const RATE = 200

await onRealParts(['kafka'], 'the system under faults', () => {
  const said: string[] = []
  let report: RunReport

  beforeAll(async () => {
    report = await runSystem({
      minutes: MINUTES,
      seed: SEED,
      brokers: 1,
      faults: FAULT_NAMES.filter((name) => name !== 'rolling'),
      ratePerSecond: RATE,
      say: (line) => {
        said.push(line)
        process.stdout.write(`eos: ${line}\n`)
      },
    })
  }, WITHIN_MS)

  test(`SPEC X1, X4: ${MINUTES} minutes of faults fired, met work in flight, and left nothing open`, () => {
    expect(report.problems, said.join('\n')).toEqual([])
    expect(report.faults.kills).toBeGreaterThan(0)
    expect(report.faults.killsInFlight).toBeGreaterThan(0)
  })

  test.each([
    ['C1', 'nothing acknowledged is lost'],
    ['C2', 'nothing is decided twice'],
    ['C3', 'nothing is invented'],
    ['C4', 'each input offset has one disposition, in order'],
    ['C8', 'every output is what the oracle computes by brute force'],
    ['C9', 'every checkpoint is the fold of the input'],
    ['C10', 'committed offsets, stable offsets and ends agree'],
  ])('LAW-%s: %s', (law) => {
    const { compared = 0, shown } = report.laws.laws[law] ?? {}
    expect(shown, said.join('\n')).toEqual([])
    expect(compared).toBeGreaterThan(0)
  })
})
