import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sluice, temporaryFolder } from './sluice-process.ts'

const PAYMENT = {
  transaction_id: 'tx-1',
  event_time: Date.UTC(2026, 5, 1, 12),
  sender_account_id: 'ACC-1',
  receiver_account_id: 'ACC-2',
  amount_minor: 700_000,
  currency: 'USD',
  kind: 'transfer',
  channel: 'web',
}

test('SPEC S1: rules in shadow are named; explain tells what one would have done, and verify recomputes it', async () => {
  const folder = temporaryFolder()
  const rules = join(folder, 'rules.yaml')
  const byDefault = readFileSync('rules/default.yaml', 'utf8')
  writeFileSync(rules, byDefault.replace('  FIRST_RECEIVER:\n', '  FIRST_RECEIVER:\n    shadow: true\n'))
  const payments = join(folder, 'payments.jsonl')
  writeFileSync(payments, `${JSON.stringify(PAYMENT)}\n`)
  const env = { SLUICE_RULES: rules, SLUICE_DATA: join(folder, 'data') }

  const checked = await sluice(['rules', 'check', rules], env)
  expect(checked.stdout).toMatch(/ is a rule set: .*; in shadow: FIRST_RECEIVER\n$/)
  const imported = await sluice(['import', 'jsonl', payments], env)
  expect(imported.code, imported.stderr).toBe(0)
  const shown = await sluice(['rules', 'show'], env)
  expect(shown.stdout).toMatch(/^# In shadow, judged and told of, counting for nothing: FIRST_RECEIVER\n/)

  const explained = await sluice(['explain', 'tx-1'], env)
  expect(explained.stdout).toContain('score         25 of 100\n')
  expect(explained.stdout).toContain(
    'in shadow     the score would have been 40, actions REQUIRE_3DS\n     15  FIRST_RECEIVER',
  )
  const verified = await sluice(['verify'], env)
  expect(verified.code, verified.stdout).toBe(0)
})
