import { describe, expect, test } from 'vitest'
import { check } from './checker.ts'
import { paymentScenario } from './payment-scenario.ts'
import type { Scenario, SimulatedStores } from './scenario.ts'
import { sensorScenario } from './sensor-scenario.ts'
import { faultsInFlight, simulate } from './simulation.ts'

// Goal: whatever crashes, is lost, doubled, delayed or overtaken, the log says what an uncrashed run would have said.
// Method: seeds 1 to SLUICE_SIM_SEEDS (default 200; a third as many for payments, which cost more), or the one of
// SLUICE_SIM_SEED, which repeats one failure exactly.

const one = process.env['SLUICE_SIM_SEED']
const count = Number(process.env['SLUICE_SIM_SEEDS'] ?? 200)
const SEEDS = one === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(one)]

async function runSeeds<S extends SimulatedStores>(scenario: Scenario<S>, seeds = SEEDS): Promise<void> {
  const total = { faults: 0, inFlight: 0, crashes: 0, fencings: 0 }
  for (const seed of seeds) {
    const again = `run it again: SLUICE_SIM_SEED=${seed} npx vitest run test/simulation -t '${scenario.name}'`
    const report = await simulate(scenario, seed).catch((cause: Error) => {
      throw new Error(`seed ${seed} broke the run: ${cause.message}; ${again}`, { cause })
    })
    const broken = report.observed.flatMap(check)
    expect(broken, `${broken.slice(0, 3).join('; ')}; ${again}`).toEqual([])
    const faults = [...report.fired.values()].reduce((sum, n) => sum + n, 0)
    expect(faults, `no fault fired; ${again}`).toBeGreaterThan(0)
    expect(faultsInFlight(report), `nothing was in flight; ${again}`).toBeGreaterThan(0)
    total.faults += faults
    total.inFlight += faultsInFlight(report)
    total.crashes += report.crashes
    total.fencings += report.fencings
  }
  if (seeds.length < 10) return
  // A simulator that has stopped hurting proves nothing.
  expect(total.crashes).toBeGreaterThan(seeds.length)
  expect(total.fencings).toBeGreaterThan(seeds.length / 10)
  expect(total.inFlight).toBeGreaterThan(seeds.length * 5)
}

describe('simulation', () => {
  test('SPEC X1: sensor minutes', () => runSeeds(sensorScenario()), 600_000)
  test('SPEC X4: payments', () => runSeeds(paymentScenario(), SEEDS.slice(0, Math.ceil(SEEDS.length / 3))), 600_000)
})
