import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FDH_COLUMNS, readFdh } from '../../producers/import/fdh.ts'
import { contentOf, openImportSource } from '../../producers/import/import-source.ts'
import { linesOf } from '../../producers/import/lines.ts'
import { OfflineChain, paymentValue, testRuntimeOptions } from '../support/offline-chain.ts'
import { DEFAULT_RULES } from '../support/test-rules.ts'
import { dumpChain } from './dump-chain.ts'
import { runOracle } from './run-oracle.ts'

// Goal: the whole public data set, decided by the chain and recomputed by the oracle, with its confusion table.
const FILE = join(import.meta.dirname, '../../../shared/data/fdh/transactions.csv.gz')
const ROWS = 555_712
const APPENDED_MS = Date.UTC(2026, 0, 1)
const present = existsSync(FILE)

const directory = mkdtempSync(join(tmpdir(), 'sluice-public-'))
afterAll(() => rmSync(directory, { recursive: true }))

test.skipIf(!present && process.env['CI'] !== 'true')(
  'SPEC R1, V1, V3, D1, S1, S3: every row of the public data set is decided once, as the oracle says',
  async () => {
    expect(present, `the public data set is missing: ${FILE}`).toBe(true)
    const rules = DEFAULT_RULES
    const chain = new OfflineChain(testRuntimeOptions({ initialRules: rules }))
    const labels = ['transaction_id,is_fraud,scenario']
    const source = await openImportSource(FILE, process.stdin)
    for await (const rows of readFdh(linesOf(contentOf(source, () => {})))) {
      for (const { payment, label, line } of rows) {
        if (payment === null || label === null) throw new Error(`line ${line} of ${FDH_COLUMNS.length} columns is bad`)
        chain.append({ appendTimeMs: APPENDED_MS, key: payment.senderAccountId, value: paymentValue(payment) })
        labels.push(`${payment.transactionId},${label.isFraud ? 1 : 0},${label.scenario}`)
      }
    }
    chain.finish()
    dumpChain(directory, { partitions: 4, topics: chain.topics, rules })
    const labelFile = join(directory, 'labels.csv')
    writeFileSync(labelFile, labels.join('\n'))
    const { code, text } = await runOracle(directory, '--confusion', labelFile)
    expect(code, text).toBe(0)
    expect([...chain.dispositions]).toEqual([0, ROWS, 0, 0, 0, 0, 0, 0])
    process.stdout.write(`${text}\n`)
  },
  300_000,
)
