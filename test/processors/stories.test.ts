import { expect, test } from 'vitest'
import type { Expectation, LabelledRecord } from '../../producers/simulator/labelled-record.ts'
import { SimulationRun } from '../../producers/simulator/run.ts'
import { SCENARIOS } from '../../producers/simulator/scenarios.ts'
import { OfflineChain, paymentValue } from '../support/offline-chain.ts'
import { addOutput, noOutputs } from '../support/payment-outputs.ts'
import { SCHEMA_IDS } from '../support/payments-driver.ts'

// Goal: what the simulator promises of each story is what the chain makes of it, record by record.
// Method: every scenario but the blend, alone, its tellings far apart, each record in a batch of its own when it is due.
const SEED = `stories-${process.env['SLUICE_TEST_SEED'] ?? 1}`
const START_MS = Date.UTC(2026, 1, 25, 9)
const RECORDS = 300
const RATE_PER_SECOND = 0.05

test.each(SCENARIOS.filter(({ name }) => name !== 'mixed'))(
  `SPEC S1, S2, S3: the chain makes of $name what its label says (${SEED})`,
  (scenario) => {
    const run = new SimulationRun({ seed: SEED, startMs: START_MS, paymentSchemaId: SCHEMA_IDS.payment })
    const chain = new OfflineChain()
    const labelled = new Map<string, LabelledRecord>()
    for (const record of scenario.records(run, { ratePerSecond: RATE_PER_SECOND, records: RECORDS })) {
      const { payment, value, key, intendedSendMs } = record
      const partition = chain.partitionOf(key)
      labelled.set(`${partition}-${chain.records('payments.submitted', partition).length}`, record)
      chain.append({ appendTimeMs: intendedSendMs, key, value: payment === null ? value : paymentValue(payment) })
      chain.finish()
    }
    const made = outcomes(chain)
    let compared = 0
    for (const [place, { label }] of labelled) {
      const { expectation } = label
      if (expectation === null) continue
      const { signal, ...fields } = expectation
      expect(made.get(place), `${place} of ${scenario.name}`).toMatchObject(fields)
      if (signal !== undefined) expect(made.get(place)?.signals, place).toContain(signal)
      compared++
    }
    process.stdout.write(`stories: ${compared} of ${labelled.size} records of ${scenario.name} compared\n`)
    expect(made.size).toBe(RECORDS)
    expect(compared).toBeGreaterThan(RECORDS / 10)
  },
)

/** What became of each input record, by `<partition>-<offset>`. */
function outcomes(chain: OfflineChain): Map<string, Omit<Expectation, 'signal'> & { signals?: readonly string[] }> {
  const outputs = noOutputs()
  for (const [name, records] of chain.topics) {
    if (!name.startsWith('payments.submitted')) for (const { value } of records) addOutput(outputs, value)
  }
  const made: ReturnType<typeof outcomes> = new Map()
  for (const decision of outputs.decisions) {
    const { inputPartition, inputOffset, outcome, isVelocityFraud, velocityCount, excused, late, reasons } = decision
    const signals = reasons.map(({ signal }) => signal)
    const said = {
      disposition: 'decided',
      outcome,
      flagged: isVelocityFraud,
      velocityCount,
      excused,
      late,
      signals,
    } as const
    made.set(`${inputPartition}-${inputOffset}`, said)
  }
  for (const { inputPartition, inputOffset } of outputs.duplicates) {
    made.set(`${inputPartition}-${inputOffset}`, { disposition: 'duplicate' })
  }
  for (const { inputPartition, inputOffset, reason } of outputs.deadLetters) {
    const disposition = reason === 'ID_CONFLICT' ? 'conflict' : 'dead-letter'
    made.set(`${inputPartition}-${inputOffset}`, { disposition, reason })
  }
  return made
}
