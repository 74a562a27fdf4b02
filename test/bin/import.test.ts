import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { auditedActs } from './audited-acts.ts'
import { decidedFolder } from './decided-folder.ts'
import { sluice, temporaryFolder } from './sluice-process.ts'

// Goal: files of payments come in by one command, every row is accounted for, and no raw personal data reaches the disk.
const TEST_PAN = '4242424242424242'
const payment = {
  transaction_id: 'jsonl-1',
  event_time: 1_700_000_000_000,
  sender_account_id: 'alice',
  receiver_account_id: 'shop',
  amount_minor: 520_000,
  currency: 'USD',
  kind: 'card',
  channel: 'ecommerce',
  pan: TEST_PAN,
  email: 'alice@example.com',
}

test('SPEC M1: import jsonl decides every payment, masked before the first byte is written', async () => {
  const folder = temporaryFolder()
  const lines = [
    payment,
    payment,
    { ...payment, amount_minor: 1 },
    { ...payment, transaction_id: 'jsonl-2' },
    { no: 1 },
  ]
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  const { code, stdout, stderr } = await sluice(['import', 'jsonl', '-', '--data', folder], {}, input)
  expect(stdout).toContain('5 rows: 4 sent, 1 bad')
  expect(stderr).toContain('line 5')
  expect(code).toBe(1)
  const decisions = (await sluice(['decisions', '--data', folder, '--json'])).stdout.trim().split('\n')
  expect(decisions.map((line) => JSON.parse(line))).toMatchObject([
    {
      transaction_id: 'jsonl-1',
      fraud_score: 40,
      outcome: 'challenge',
      card_masked: 'XXXX-XXXX-XXXX-4242',
      input_offset: 0,
    },
    { transaction_id: 'jsonl-2', outcome: 'approve', email_masked: 'a***@example.com', input_offset: 3 },
  ])
  const letters = (await sluice(['dlq', 'list', '--data', folder, '--json'])).stdout.trim().split('\n')
  expect(letters.map((line) => JSON.parse(line))).toMatchObject([{ reason: 'ID_CONFLICT', input_offset: 2 }])
  const stored = ['inputs', 'outputs']
    .map((name) => readFileSync(join(folder, 'log', name, 'data.mdb'), 'latin1'))
    .join('')
  expect(stored).toContain('XXXX-XXXX-XXXX-4242')
  expect(stored).not.toContain(TEST_PAN)
  expect(stored).not.toContain('alice@')
  expect((await sluice(['verify', '--data', folder])).code).toBe(0)
})

test('SPEC M6: import jsonl keeps nothing of a line that says something in clear in a masked field or a code', async () => {
  const folder = temporaryFolder()
  const card = '5555555555554444'
  const { pan: _, email: _email, ...plain } = payment
  const bad = [
    { card_masked: card },
    { email_masked: 'alice@example.com', mask_key_id: 'mask-1' },
    { mask_key_id: card },
    { currency: card },
    { region: card },
  ]
  const lines = [plain, ...bad.map((fields, i) => ({ ...plain, ...fields, transaction_id: `bad-${i}` }))]
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  const { code, stdout, stderr } = await sluice(['import', 'jsonl', '-', '--data', folder], {}, input)
  expect(stdout).toContain('6 rows: 1 sent, 5 bad')
  for (const [i, field] of ['card_masked', 'email_masked', 'mask_key_id', 'currency', 'region'].entries()) {
    expect(stderr).toContain(`line ${i + 2}: ${field} `)
  }
  expect(code).toBe(1)
  const stored = ['inputs', 'outputs']
    .map((name) => readFileSync(join(folder, 'log', name, 'data.mdb'), 'latin1'))
    .join('')
  expect(stored).toContain('jsonl-1')
  for (const clear of [card, 'alice@']) {
    expect(stored).not.toContain(clear)
    expect(stdout + stderr).not.toContain(clear)
  }
})

test('import: fdh keeps labels, prints a confusion table with the base rate, and refuses a folder that holds payments', async () => {
  const folder = temporaryFolder()
  const file = join(temporaryFolder(), 'table.csv')
  const header = 'TRANSACTION_ID,TX_TIME_SECONDS,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,TX_FRAUD_SCENARIO'
  const rows = ['1,10,7,3,20.5,0,0', '2,20,7,3,0,0,0', '3,30,7,4,6000,1,1', '4,40,8,4,10,1,2']
  writeFileSync(file, `${[header, ...rows].join('\n')}\n`)
  const { code, stdout } = await sluice(['import', 'fdh', file, '--data', folder, '--json'])
  expect(code).toBe(0)
  const imported = JSON.parse(stdout)
  expect(imported).toMatchObject({ rows: 4, sent: 4, bad: 0, decided: 4, zeroAmounts: 1 })
  expect(imported.confusion.at(-1)).toEqual({
    scenario: 'all',
    fraudStopped: 1,
    fraudPassed: 1,
    cleanStopped: 0,
    cleanPassed: 2,
  })
  expect(readFileSync(imported.labels, 'utf8').trim().split('\n')).toHaveLength(5)
  expect((await sluice(['verify', '--data', folder])).code).toBe(0)
  const again = await sluice(['import', 'fdh', file, '--data', folder])
  expect(again.code).toBe(1)
  expect(again.stderr).toContain('--append')
})

test('import: a refused fdh leaves the folder of others as it was, its retention too', async () => {
  const folder = temporaryFolder()
  await sluice(['import', 'jsonl', '-', '--data', folder], {}, `${JSON.stringify(payment)}\n`)
  const topics = async () => (await sluice(['topics', '--data', folder])).stdout
  const before = await topics()
  expect(before).toMatch(/payments\.submitted.* h/)
  const { code, stderr } = await sluice(['import', 'fdh', '-', '--data', folder], {}, 'TRANSACTION_ID\n')
  expect([code, stderr]).toEqual([1, expect.stringContaining('holds 1 records already')])
  expect(await topics()).toBe(before)
})

test('import: a file that ends in the middle is one line that says so; what came before the cut is decided', async () => {
  const folder = temporaryFolder()
  const file = join(temporaryFolder(), 'payments.jsonl.gz')
  const lines = Array.from({ length: 5_000 }, (_, i) => JSON.stringify({ ...payment, transaction_id: `cut-${i}` }))
  const whole = gzipSync(lines.join('\n'))
  writeFileSync(file, whole.subarray(0, whole.length - 100))
  const { code, stderr } = await sluice(['import', 'jsonl', file, '--data', folder])
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /sluice: .*payments\.jsonl\.gz cannot be read to its end: .*; at least [\d,]+ rows of it were sent/,
  )
  expect(stderr).not.toContain('    at ')
  const { stdout } = await sluice(['verify', '--data', folder])
  expect(stdout).toMatch(/[\d,]{5} inputs, one disposition each/)
})

test('SPEC X6: a replayed dead letter is a new record with the same bytes; dedup meets it like any other', async () => {
  const folder = temporaryFolder()
  await decidedFolder(folder, 2_500)
  const list = async () =>
    (await sluice(['dlq', 'list', '--data', folder, '--json'])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  const letters = (await list()).filter(({ reason }) => reason !== 'NULL_VALUE')
  const [letter] = letters
  const id = `${letter.input_partition}-${letter.input_offset}`
  const shown = await sluice(['dlq', 'show', id, '--data', folder, '--json'])
  expect(JSON.parse(shown.stdout)).toEqual({ ...letter, input_retained: true })
  const replayed = await sluice(['dlq', 'replay', id, '--as', 'ana', '--why', 'ticket 9', '--data', folder, '--json'])
  expect(JSON.parse(replayed.stdout)).toEqual({ replayed: 1, refused: 0 })
  expect(await auditedActs(folder)).toMatchObject([
    { act: 'dlq.replay', subject: id, actor: 'ana', role: 'admin', result: 'done', reason: 'ticket 9' },
  ])
  // Nobody owns the tasks, so the import decides what waits: the replayed record among it.
  await sluice(['import', 'jsonl', '-', '--data', folder], {}, `${JSON.stringify(payment)}\n`)
  const again = (await list()).filter(({ value_hash }) => value_hash === letter.value_hash)
  expect(again.map(({ reason }) => reason)).toEqual([letter.reason, letter.reason])
  expect((await sluice(['verify', '--data', folder])).code).toBe(0)
}, 40_000)
