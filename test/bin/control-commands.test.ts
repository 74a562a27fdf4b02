import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { partitionOfAccount, sendControl } from '../../bin/runtime/control/control-records.ts'
import { openSession } from '../../bin/runtime/session.ts'
import { auditedActs } from './audited-acts.ts'
import { testConfig } from './decided-folder.ts'
import { SluiceProcess, sluice, temporaryFolder } from './sluice-process.ts'

// Goal: what an operator changes by the command line takes effect at one stated place, is kept with who and why, and a command that
// changes nothing says so.
const UP = ['up', '--port', '0', '--no-simulate']
const WHO = ['--as', 'ana', '--reason', 'ticket 812']

const payment = {
  event_time: 1_700_000_000_000,
  sender_account_id: 'alice',
  receiver_account_id: 'shop',
  amount_minor: 1_200,
  currency: 'USD',
  kind: 'card',
  channel: 'ecommerce',
}

/** Sends payments to the folder and has them decided. */
async function pay(folder: string, ...payments: readonly object[]): Promise<void> {
  const input = payments.map((one) => `${JSON.stringify({ ...payment, ...one })}\n`).join('')
  const { code, stderr } = await sluice(['import', 'jsonl', '-', '--data', folder], {}, input)
  expect(stderr).not.toContain('line')
  expect(code).toBe(0)
}

/** Every decision of the folder, in the order of appending. */
const decided = (folder: string) => asJson('decisions', '--data', folder, '--limit', '1000')

async function asJson(...args: readonly string[]) {
  const { stdout, stderr } = await sluice([...args, '--json'])
  expect(stdout, stderr).not.toBe('')
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('SPEC S6: a rule set applied at run time holds from a stated offset in every partition, and is kept with who and why', async () => {
  const folder = temporaryFolder()
  const at = ['--data', folder]
  await pay(folder, { transaction_id: 'before' })
  const up = new SluiceProcess([...UP, ...at])
  await up.says(/12 tasks/)
  const file = join(temporaryFolder(), 'rules.yaml')
  const text = readFileSync('rules/default.yaml', 'utf8')
  writeFileSync(file, text.replace('version: "1"', 'version: "2"').replace('until_hour_utc: 5', 'until_hour_utc: 6'))

  const diff = await sluice(['rules', 'diff', file, ...at])
  expect(diff.code).toBe(1)
  expect(diff.stdout.trim().split('\n')).toEqual(['signals.NIGHT.until_hour_utc: 5 -> 6', 'version: "1" -> "2"'])

  const [applied] = await asJson('rules', 'apply', file, ...WHO, ...at)
  expect(applied).toMatchObject({ changed: true, version: '2', holds: true })
  expect(applied.places.map(({ partition }: { partition: number }) => partition)).toEqual([...Array(12).keys()])
  expect(await asJson('rules', 'apply', file, ...WHO, ...at)).toEqual([{ changed: false }])

  const history = await asJson('rules', 'history', ...at)
  expect(history).toMatchObject([{ version: '2', actor: 'ana', reason: 'ticket 812' }])
  up.child.kill('SIGINT')
  expect(await up.ended).toBe(0)

  // The file of `up` has not changed, so what somebody put in force stands.
  const again = new SluiceProcess([...UP, ...at])
  await again.says(/12 tasks/)
  expect(await asJson('rules', 'show', ...at)).toMatchObject([{ rules: { version: '2' } }])
  const night = { rule: 'NIGHT', kind: 'signal', points: 5, shadow: false, when: { until_hour_utc: 6 } }
  expect(await asJson('rules', 'list', ...at)).toContainEqual(night)
  again.child.kill('SIGINT')
  expect(await again.ended).toBe(0)
  await pay(folder, { transaction_id: 'after', event_time: payment.event_time + 1 })
  const [back] = await asJson('rules', 'rollback', ...WHO, ...at)
  expect(back).toMatchObject({ changed: true, version: '1', holds: false })
  expect(await decided(folder)).toMatchObject([
    { transaction_id: 'before', rule_version: '1' },
    { transaction_id: 'after', rule_version: '2' },
  ])
  expect((await sluice(['verify', ...at])).code).toBe(0)
}, 120_000)

test('SPEC S7: a change that one partition refuses says so, and is not taken for one that holds', async () => {
  const folder = temporaryFolder()
  const at = ['--data', folder]
  await pay(folder, { transaction_id: 'one' })
  // The signer's clock was ahead once: in this partition its serial stands far above what comes now.
  const session = await openSession(testConfig(folder))
  const partition = partitionOfAccount('alice')
  const change = { kind: 'ACCOUNT_LIFTED', actor: 'ana', reason: null, accountId: 'alice' } as const
  const [ahead] = await sendControl(session, 'admin', change, [partition], Date.now() + 86_400_000)
  await session.log.close()
  const up = new SluiceProcess([...UP, ...at])
  await up.says(/12 tasks/)
  const file = join(temporaryFolder(), 'rules.yaml')
  writeFileSync(file, readFileSync('rules/default.yaml', 'utf8').replace('version: "1"', 'version: "2"'))
  for (let offset = (ahead?.offset ?? 0) + 1, times = 0; times < 2; offset++, times++) {
    const { code, stderr } = await sluice(['rules', 'apply', file, ...WHO, ...at])
    expect(code).toBe(1)
    expect(stderr).toContain(`refused at ${partition}-${offset}: serial`)
    expect(stderr).toContain('it holds in 11 partitions')
  }
  const refused = { act: 'rules.apply', actor: 'ana', result: 'refused', reason: 'ticket 812' }
  expect(await auditedActs(folder)).toMatchObject([refused, refused])
  up.child.kill('SIGINT')
  expect(await up.ended).toBe(0)
}, 120_000)

test('SPEC S6: a bad rule file names each field and changes nothing', async () => {
  const folder = temporaryFolder()
  await pay(folder, { transaction_id: 'one' })
  const file = join(temporaryFolder(), 'rules.yaml')
  writeFileSync(file, readFileSync('rules/default.yaml', 'utf8').replace('until_hour_utc: 5', 'until_hour_utc: 25'))
  for (const args of [
    ['check', file],
    ['apply', file, ...WHO],
  ]) {
    const { code, stderr } = await sluice(['rules', ...args, '--data', folder])
    expect(code).toBe(1)
    expect(stderr).toContain('signals.NIGHT.until_hour_utc')
  }
  const { stdout } = await sluice(['rules', 'history', '--data', folder, '--json'])
  expect(stdout).toBe('')
}, 60_000)

test('SPEC S4: an account is blocked, lifted and allowed by signed records in its own partition', async () => {
  const folder = temporaryFolder()
  const at = ['--data', folder]
  let number = 0
  const next = (fields: object = {}) => {
    number++
    return pay(folder, {
      transaction_id: `pay-${number}`,
      event_time: payment.event_time + number * 120_000,
      ...fields,
    })
  }
  await next()
  const [blocked] = await asJson('accounts', 'block', 'alice', ...WHO, ...at)
  // No pipeline runs: the record is written, and holds once one comes to it.
  expect(blocked).toMatchObject({ kind: 'ACCOUNT_BLOCKED', holds: false, until: null })
  await next()
  expect(await asJson('accounts', 'show', 'alice', ...at)).toMatchObject([{ known: true, hardBlockUntil: 'forever' }])
  await asJson('accounts', 'unblock', 'alice', ...WHO, ...at)
  await next()
  await asJson('accounts', 'allow', 'alice', '--until', '2099-01-01', ...WHO, ...at)
  await next({ amount_minor: 900_000 })
  expect(await decided(folder)).toMatchObject([
    { outcome: 'approve' },
    { outcome: 'block', decided_by: 'HARD_BLOCK' },
    { outcome: 'approve', decided_by: 'DEFAULT' },
    { outcome: 'approve', decided_by: 'ALLOW_OVERRIDE' },
  ])
  expect(await asJson('accounts', 'show', 'alice', ...at)).toMatchObject([
    { hardBlockUntil: null, allowedUntil: Date.parse('2099-01-01') },
  ])
  expect(await asJson('accounts', 'show', 'nobody', ...at)).toMatchObject([{ known: false }])
  const by = { actor: 'ana', role: 'admin', subject: 'alice', reason: 'ticket 812', result: 'done' }
  expect(await auditedActs(folder)).toMatchObject([
    { act: 'account.block', ...by },
    { act: 'account.unblock', ...by },
    { act: 'account.allow', ...by },
  ])
  expect((await sluice(['verify', ...at])).code).toBe(0)
}, 120_000)

test('SPEC S8: a review is ended once, by the first reviewer, and leaves the queue', async () => {
  const folder = temporaryFolder()
  const at = ['--data', folder]
  const night = Date.UTC(2023, 10, 15, 3)
  const usual = { transaction_id: 'usual', event_time: night, region: 'US', device_id: 'phone' }
  const odd = {
    transaction_id: 'odd',
    event_time: night + 60_000,
    region: 'JP',
    device_id: 'laptop',
    receiver_account_id: 'casino',
    merchant_category: '7995',
    amount_minor: 900_000,
  }
  await pay(folder, usual, odd)
  const waiting = await asJson('review', 'list', ...at)
  expect(waiting).toMatchObject([{ transaction_id: 'odd', outcome: 'review' }])
  const { decision_id: id } = waiting[0]
  const up = new SluiceProcess([...UP, ...at])
  await up.says(/12 tasks/)
  expect(await asJson('review', 'claim', id, '--as', 'ana', ...at)).toMatchObject([{ claimed_by: 'ana' }])
  const second = await sluice(['review', 'claim', id, '--as', 'bob', ...at])
  expect(second.code).toBe(1)
  expect(second.stderr).toContain(`${id} is claimed by ana until `)
  expect(await asJson('review', 'approve', id, ...WHO, ...at)).toMatchObject([{ kind: 'REVIEW_APPROVED', holds: true }])
  const late = await sluice(['review', 'decline', id, ...WHO, ...at])
  expect(late.code).toBe(1)
  expect(late.stderr).toContain(`the review of ${id} has ended: approved by ana`)
  const { stdout } = await sluice(['review', 'list', '--json', ...at])
  expect(stdout).not.toContain(`"${id}"`)
  expect(await auditedActs(folder)).toMatchObject([
    { act: 'review.claim', subject: id, actor: 'ana', result: 'done' },
    { act: 'review.approve', subject: id, actor: 'ana', result: 'done', reason: 'ticket 812' },
    { act: 'review.decline', subject: id, actor: 'ana', result: 'refused', reason: 'ticket 812' },
  ])
  up.child.kill('SIGINT')
  expect(await up.ended).toBe(0)
  expect((await sluice(['verify', ...at])).code).toBe(0)
}, 120_000)

test.for([
  { why: 'no reason is given', args: ['accounts', 'block', 'alice'], says: '--reason' },
  { why: 'an account is none', args: ['accounts', 'block', 'a b', ...WHO], says: 'is no account' },
  { why: 'a time is none', args: ['accounts', 'allow', 'alice', '--until', 'soon', ...WHO], says: '--until soon' },
  { why: 'a time is over', args: ['accounts', 'allow', 'alice', '--until', '2020-01-01', ...WHO], says: 'is over' },
  { why: 'a day is none', args: ['archive', 'replay', '--from', '2026-02-30'], says: '--from 2026-02-30' },
  { why: 'a decision id is none', args: ['review', 'approve', 'r-1', ...WHO], says: 'is no decision id' },
])('control commands: wrong use when $why', async ({ args, says }) => {
  const { code, stderr } = await sluice([...args, '--data', temporaryFolder()])
  expect(code).toBe(2)
  expect(stderr).toContain(says)
})
