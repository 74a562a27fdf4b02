import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { SimulationRun } from '../../producers/simulator/run.ts'
import { SCENARIOS, scenarioNamed } from '../../producers/simulator/scenarios.ts'
import { RuleSetSchema } from '../../schemas/rule-set.ts'
import { OfflineChain, paymentValue, testRuntimeOptions } from '../support/offline-chain.ts'
import { SCHEMA_IDS } from '../support/payments-driver.ts'
import { DEFAULT_RULES } from '../support/test-rules.ts'
import { dumpChain } from './dump-chain.ts'
import { OracleProcess } from './run-oracle.ts'

// Goal: every scenario of the simulator, decided by the chain and recomputed by a second program written from the specification.
// The payments go in raw, as a foreign producer sends them, so that the mask stage does all of its work.
const RECORDS = Number(process.env['SLUICE_ORACLE_RECORDS'] ?? 100_000)
const SEED = process.env['SLUICE_ORACLE_SEED'] ?? '20261122'
const START_MS = Date.UTC(2026, 0, 5, 8)
const SHADOWED = { ratePerSecond: 20, records: 4_000 }
const IN_SHADOW = ['VELOCITY', 'TINY_EQUAL', 'FIRST_RECEIVER', 'NEW_DEVICE', 'NIGHT', 'LISTED']

const directory = mkdtempSync(join(tmpdir(), 'sluice-oracle-'))
const oracle = new OracleProcess()
afterAll(() => {
  oracle.close()
  rmSync(directory, { recursive: true })
})

test.each(SCENARIOS.map(({ name }) => ({ name })))(
  'SPEC V1, V2, V3, V6, D1, D2, S1, S3, S4, S9: the oracle agrees on $name',
  async ({ name }) => {
    const scenario = SCENARIOS.find((candidate) => candidate.name === name)!
    const rules = DEFAULT_RULES
    const chain = new OfflineChain(testRuntimeOptions({ initialRules: rules }))
    const run = new SimulationRun({ seed: SEED, startMs: START_MS, paymentSchemaId: SCHEMA_IDS.payment })
    const ordinary = scenarioNamed('mixed')!
      .records(run, { ratePerSecond: 20, records: RECORDS / 10 })
      [Symbol.iterator]()
    let records = 0
    for (const record of scenario.records(run, { ratePerSecond: 200, records: RECORDS })) {
      // One ordinary payment beside every ten, since poison alone decides nothing.
      const beside = records++ % 10 === 0 ? ordinary.next().value : undefined
      for (const { payment, value, key, intendedSendMs } of beside === undefined ? [record] : [beside, record]) {
        chain.append({ appendTimeMs: intendedSendMs, key, value: payment === null ? value : paymentValue(payment) })
      }
    }
    chain.finish()
    const dump = join(directory, name)
    dumpChain(dump, { partitions: 4, topics: chain.topics, rules })
    const said = await oracle.verdictOn(dump)
    rmSync(dump, { recursive: true })
    expect(said.text, `seed ${SEED}\n${said.text}`).toMatch(/dispositions/)
    expect(said.code, `seed ${SEED}\n${said.text}`).toBe(0)
    expect(chain.dispositions.reduce((sum, count) => sum + count, 0)).toBe(RECORDS + Math.ceil(RECORDS / 10))
  },
  300_000,
)

test('SPEC S1, S2: the oracle agrees on what signals in shadow would have done, and that they did nothing', async () => {
  const { signals, ...rest } = DEFAULT_RULES
  const marked = Object.entries(signals).map(([name, signal]) => [
    name,
    { ...signal, shadow: IN_SHADOW.includes(name) },
  ])
  const rules = RuleSetSchema.parse({ ...rest, signals: Object.fromEntries(marked) })
  const chain = new OfflineChain(testRuntimeOptions({ initialRules: rules }))
  const run = new SimulationRun({ seed: SEED, startMs: START_MS, paymentSchemaId: SCHEMA_IDS.payment })
  for (const { payment, value, key, intendedSendMs } of scenarioNamed('mixed')!.records(run, SHADOWED)) {
    chain.append({ appendTimeMs: intendedSendMs, key, value: payment === null ? value : paymentValue(payment) })
  }
  chain.finish()
  const dump = join(directory, 'shadow')
  dumpChain(dump, { partitions: 4, topics: chain.topics, rules })
  const { code, text } = await oracle.verdictOn(dump)
  expect(code, `seed ${SEED}\n${text}`).toBe(0)
  expect(Number(/shadow verdicts\D+(\d[\d,]*)/.exec(text)?.[1]?.replaceAll(',', '')), text).toBeGreaterThan(100)
}, 300_000)
