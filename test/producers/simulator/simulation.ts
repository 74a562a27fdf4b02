import type { LabelledRecord } from '../../../producers/simulator/labelled-record.ts'
import { SimulationRun } from '../../../producers/simulator/run.ts'
import type { ScenarioOptions } from '../../../producers/simulator/scenario.ts'
import { scenarioNamed } from '../../../producers/simulator/scenarios.ts'
import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'

export const PAYMENT_SCHEMA_ID = 7
export const NINE_O_CLOCK_MS = Date.UTC(2026, 1, 25, 9)

export function simulationRun(seed: string, startMs = NINE_O_CLOCK_MS): SimulationRun {
  return new SimulationRun({ seed, startMs, paymentSchemaId: PAYMENT_SCHEMA_ID })
}

/** The first records of a scenario. */
export function recordsOf(name: string, run: SimulationRun, options: Partial<ScenarioOptions> = {}): LabelledRecord[] {
  const scenario = scenarioNamed(name)
  if (scenario === undefined) throw new Error(`no scenario is named ${name}`)
  return [...scenario.records(run, { ratePerSecond: 50, records: 1_000, ...options })]
}

/** The payments among `records`. */
export function paymentsOf(records: readonly LabelledRecord[]): PaymentSubmitted[] {
  return records.flatMap((record) => (record.payment === null ? [] : [record.payment]))
}
