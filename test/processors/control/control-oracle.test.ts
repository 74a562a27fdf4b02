import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { dumpChain } from '../../oracle/dump-chain.ts'
import { runOracle } from '../../oracle/run-oracle.ts'
import { OfflineChain, testRuntimeOptions } from '../../support/offline-chain.ts'
import { addOutput, noOutputs } from '../../support/payment-outputs.ts'
import { TEST_SIGNERS } from '../../support/test-keys.ts'
import { DEFAULT_RULES } from '../../support/test-rules.ts'
import { RandomStream } from './random-stream.ts'

// Goal: payments and control records in one stream, record by record as the second program computes them. Every kind of control
// record, right and wrong in every way, among payments that meet standings, lists, rule sets, mask keys and pending decisions.
const RECORDS = Number(process.env['SLUICE_CONTROL_RECORDS'] ?? 12_000)
const SEED = process.env['SLUICE_CONTROL_SEED'] ?? process.env['SLUICE_TEST_SEED'] ?? '1'
/** How many decisions back an end may name. */
const RECENT = 30

const dump = mkdtempSync(join(tmpdir(), 'sluice-control-'))
afterAll(() => rmSync(dump, { recursive: true }))

test('SPEC S6, S7, S8: the oracle agrees on a random stream of payments and control records', async () => {
  const rules = DEFAULT_RULES
  const chain = new OfflineChain(testRuntimeOptions({ initialRules: rules, signers: TEST_SIGNERS }))
  const waiting = [0, 1, 2, 3].map((partition) => new WaitingDecisions(chain, partition))
  const stream = new RandomStream(
    SEED,
    rules,
    (key) => chain.partitionOf(key),
    (partition) => waiting[partition]!.ids,
  )
  const offsets = [0, 0, 0, 0]
  const controlVerdicts: Record<string, boolean> = {}
  for (let i = 0; i < RECORDS; i++) {
    const { partition, verdict, ...record } = stream.record()
    if (verdict !== null) controlVerdicts[`${partition}-${offsets[partition]}`] = verdict
    offsets[partition]!++
    chain.append(record, partition)
    if (i % 100 === 0) {
      chain.finish()
      for (const decisions of waiting) decisions.readOn()
    }
  }
  chain.finish()
  dumpChain(dump, { partitions: 4, topics: chain.topics, rules, signers: TEST_SIGNERS, controlVerdicts })
  const said = await runOracle(dump)
  expect(said.code, `SLUICE_CONTROL_SEED=${SEED}\n${said.text}`).toBe(0)
  expect(
    [...chain.dispositions].slice(1).every((count) => count > 0),
    `${chain.dispositions}`,
  ).toBe(true)
  expect(chain.dispositions.reduce((sum, count) => sum + count, 0)).toBe(RECORDS)
}, 60_000)

/** The last decisions of a partition that were challenges or reviews. */
class WaitingDecisions {
  ids: string[] = []
  readonly #chain: OfflineChain
  readonly #partition: number
  #at = 0

  constructor(chain: OfflineChain, partition: number) {
    this.#chain = chain
    this.#partition = partition
  }

  readOn(): void {
    const outputs = noOutputs()
    const records = this.#chain.records('payments.decided', this.#partition)
    for (; this.#at < records.length; this.#at++) addOutput(outputs, records[this.#at]!.value)
    const waiting = outputs.decisions.filter(({ outcome }) => outcome === 'challenge' || outcome === 'review')
    this.ids = [...this.ids, ...waiting.map(({ decisionId }) => decisionId)].slice(-RECENT)
  }
}
