import { expect, test } from 'vitest'
import { committedStores } from '../../bin/runtime/control/committed-state.ts'
import { controlOutcome } from '../../bin/runtime/control/control-outcome.ts'
import { ALL_PARTITIONS, sendControl } from '../../bin/runtime/control/control-records.ts'
import { LIST_FIELDS, listEntriesOf } from '../../bin/runtime/control/list-entries.ts'
import type { PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { decidedSession, pay } from '../otp/challenged-folder.ts'
import { auditedActs } from './audited-acts.ts'
import { sluice, temporaryFolder } from './sluice-process.ts'

const VALUES: Readonly<
  Record<(typeof LIST_FIELDS)[number], readonly [value: string, payment: Partial<PaymentSubmitted>]>
> = {
  sender: ['acc-s', { senderAccountId: 'acc-s' }],
  receiver: ['acc-r', { receiverAccountId: 'acc-r' }],
  device: ['dev-1', { deviceId: 'dev-1' }],
  card: ['4111111111111111', { pan: '4111111111111111' }],
  email: ['ana@example.org', { email: 'ana@example.org' }],
  ip: ['203.0.113.7', { ip: '203.0.113.7' }],
}

test('SPEC S1 S6: what is listed is declined until its end in event time, and again approved once it is removed', async () => {
  const session = await decidedSession(temporaryFolder())
  const { maskKeys } = session.folder.keys
  const eventTime = Date.now()
  let nowMs = eventTime
  const change = async (kind: 'LIST_ADDED' | 'LIST_REMOVED', subject: string, until: number | null) => {
    const places = await sendControl(
      session,
      'admin',
      { kind, actor: 'ana', reason: 'case 41', subject, until },
      ALL_PARTITIONS,
      ++nowMs,
    )
    for (const place of places) expect(await controlOutcome(session, place, Date.now() + 15_000)).toBe('holds')
  }
  for (const field of LIST_FIELDS) {
    for (const entry of listEntriesOf(field, VALUES[field][0], maskKeys)) {
      await change('LIST_ADDED', entry, field === 'ip' ? eventTime + 1_000 : null)
    }
  }
  const outcomeOf = async (name: string, given: Partial<PaymentSubmitted>) => {
    const payment = { transactionId: name, senderAccountId: name, amountMinor: 500, eventTime, ...given }
    return (await pay(session, payment)) as { outcome?: string; decidedBy?: string }
  }
  for (const field of LIST_FIELDS) {
    expect(await outcomeOf(`by-${field}`, VALUES[field][1]), field).toMatchObject({
      outcome: 'block',
      decidedBy: 'HARD_BLOCK',
    })
  }
  expect(await outcomeOf('other', {})).toMatchObject({ outcome: 'approve' })
  expect(await outcomeOf('past-its-end', { ...VALUES.ip[1], eventTime: eventTime + 1_000 })).toMatchObject({
    outcome: 'approve',
  })
  // What is personal stands nowhere in clear.
  const { lists } = await committedStores(session, 0)
  expect([...lists.keys()].filter((entry) => /^(?:card|email|ip):/.test(entry))).toHaveLength(3 * maskKeys.length)
  expect([...lists.keys()].join()).not.toMatch(/4111|ana@|203\.0/)
  await change('LIST_REMOVED', 'device:dev-1', null)
  expect(await outcomeOf('removed', VALUES.device[1])).toMatchObject({ outcome: 'approve' })
}, 60_000)

test('SPEC S6: sluice lists adds, shows and removes an entry, and refuses a value that is none by its field alone', async () => {
  const folder = temporaryFolder()
  await decidedSession(folder)
  const at = ['--data', folder, '--json']
  const added = await sluice(
    ['lists', 'add', 'email', '-', '--reason', 'taken over', '--until', '2099-01-01', ...at],
    {},
    'ana@example.org\n',
  )
  expect(JSON.parse(added.stdout), added.stderr).toMatchObject({ kind: 'LIST_ADDED', holds: true })
  expect(added.stdout).not.toContain('ana@')
  const shown = (await sluice(['lists', 'show', ...at])).stdout.trim().split('\n')
  expect(shown.map((line) => JSON.parse(line).until)).toEqual([Date.parse('2099-01-01'), Date.parse('2099-01-01')])
  const bad = await sluice(['lists', 'add', 'card', '1234', '--reason', 'none', ...at])
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('pan') })
  expect(bad.stderr).not.toContain('1234')
  const removed = await sluice(['lists', 'remove', 'email', 'ana@example.org', '--reason', 'given back', ...at])
  expect(JSON.parse(removed.stdout), removed.stderr).toMatchObject({ kind: 'LIST_REMOVED', holds: true })
  expect((await sluice(['lists', 'show', ...at])).stdout).toBe('')
  expect(await auditedActs(folder)).toMatchObject([
    { act: 'list.add', subject: 'email', result: 'done', reason: 'taken over' },
    { act: 'list.add', subject: 'card', result: 'refused', reason: 'none' },
    { act: 'list.remove', subject: 'email', result: 'done', reason: 'given back' },
  ])
  expect((await sluice(['otp', 'unlock', 'acc-1', ...at])).stdout).toContain('"locked_for_ms":0')
  expect((await sluice(['otp', 'show', 'acc-1', ...at])).stdout).toContain('"locked_for_ms":0')
}, 120_000)
