import { expect, test } from 'vitest'
import { SluiceProcess, sluice, temporaryFolder } from './sluice-process.ts'

// Goal: the commands, beside `up` and its archiver, as an operator types them.
const EMAIL = 'ana@somewhere.example'

const payments = (account: string, email: string) =>
  [0, 1].map((n) => {
    const ids = { transaction_id: `${account}-${n}`, sender_account_id: account, receiver_account_id: 'shop' }
    const what = { amount_minor: 1_200, currency: 'USD', kind: 'card', channel: 'ecommerce', email }
    return `${JSON.stringify({ ...ids, ...what, event_time: 1_700_000_000_000 + n })}\n`
  })

test('SPEC B4: the commands find a person, show what is held, erase it while the archiver has the archive, and say when', async () => {
  const folder = temporaryFolder()
  const at = ['--data', folder]
  const lines = [...payments('acc-ana', EMAIL), ...payments('acc-bob', 'bob@elsewhere.example')]
  expect((await sluice(['import', 'jsonl', '-', ...at], {}, lines.join(''))).code).toBe(0)
  const up = new SluiceProcess(['up', '--port', '0', '--no-simulate', ...at], { SLUICE_ARCHIVE: 'yes' })
  await up.says(/12 tasks/)

  const found = await sluice(['subject', 'find', ...at], {}, `${EMAIL}\n`)
  expect(found.stdout, found.stderr).toMatch(/^v1:mask-1:[0-9a-f]{64}\n$/)
  const subject = found.stdout.trim()
  const shown = await sluice(['subject', 'show', '--subject', subject, ...at])
  const held = shown.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(held.filter(({ store }) => store === 'payments.decided')).toHaveLength(2)
  expect(shown.stdout).not.toContain('acc-bob')

  const erase = ['erase', '--subject', subject, '--reason', 'request 1', '--json', ...at]
  const erased = await sluice(erase)
  expect(erased.code, erased.stderr).toBe(0)
  const receipt = JSON.parse(erased.stdout)
  expect(receipt.stores.find(({ store }: { store: string }) => store === 'archive and exports')).toMatchObject({
    state: 'erased',
    why: expect.stringMatching(/^[1-9]\d* rows/),
  })
  const sql =
    'select sender_account_id as who, count(*) as n, count(email_token) as tokens from payment_transactions group by who order by who'
  const rows = (await sluice(['sql', '--json', sql, ...at])).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(rows).toMatchObject([
    { who: 'acc-bob', n: 2, tokens: 2 },
    { who: expect.stringMatching(/^erased-[0-9a-f]{16}$/), n: 2, tokens: 0 },
  ])
  // Asked again, it says the same and does nothing twice.
  const again = await sluice(erase)
  expect([again.code, JSON.parse(again.stdout)]).toEqual([0, receipt])
  up.child.kill('SIGINT')
  expect(await up.ended).toBe(0)
}, 120_000)

test('SPEC B4: who is blocked is not erased in passing', async () => {
  const folder = temporaryFolder()
  const at = ['--data', folder]
  expect((await sluice(['import', 'jsonl', '-', ...at], {}, payments('acc-ana', EMAIL).join(''))).code).toBe(0)
  const subject = (await sluice(['subject', 'find', ...at], {}, 'acc-ana')).stdout.trim()
  const up = new SluiceProcess(['up', '--port', '0', '--no-simulate', ...at])
  await up.says(/12 tasks/)
  expect((await sluice(['accounts', 'block', 'acc-ana', '--reason', 'stolen', ...at])).code).toBe(0)
  const refused = await sluice(['erase', '--subject', subject, '--reason', 'request 1', ...at])
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('the account is blocked')])
  up.child.kill('SIGINT')
  expect(await up.ended).toBe(0)
}, 120_000)
