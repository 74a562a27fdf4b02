import { expect, test } from 'vitest'
import { partitionOfAccount } from '../../bin/runtime/control/control-records.ts'
import { decisionAt, findDecisions } from '../../bin/runtime/decision-search.ts'
import { coordinatesOf } from '../../bin/runtime/record-coordinates.ts'
import { decidedSession, pay } from '../otp/challenged-folder.ts'
import { sluice, temporaryFolder } from './sluice-process.ts'

// Goal: a decision is found by every name it has, and a transaction id that looks like coordinates is still one.
const ACCOUNT = 'acc-1'
const OTHER = 'acc-2'

test('SPEC R1: a transaction id that looks like coordinates is found, beside the decision that has those coordinates', async () => {
  const folder = temporaryFolder()
  const session = await decidedSession(folder)
  const partition = partitionOfAccount(ACCOUNT)
  expect(partitionOfAccount(OTHER)).not.toBe(partition)
  const both = `${partition}-0`
  await pay(session, { transactionId: both, senderAccountId: OTHER })
  const first = await pay(session, { transactionId: 'of-its-own', senderAccountId: ACCOUNT })
  expect(first).toMatchObject({ decisionId: both })
  await pay(session, { transactionId: `${partition}-1`, senderAccountId: ACCOUNT })
  await pay(session, { transactionId: '2024-000123', senderAccountId: ACCOUNT })

  const found = async (id: string) =>
    (await findDecisions(session, id)).map(({ decision }) => decision.transactionId).sort()
  expect(await found('2024-000123')).toEqual(['2024-000123'])
  expect(await found(both)).toEqual([both, 'of-its-own'])
  // Its own coordinates are its transaction id.
  expect(await found(`${partition}-1`)).toEqual([`${partition}-1`])
  expect((await decisionAt(session, { partition, offset: 0 }))?.decision.transactionId).toBe('of-its-own')
  expect(await decisionAt(session, { partition, offset: 99 })).toBeNull()

  const explained = await sluice(['explain', '2024-000123', '--data', folder])
  expect(explained.code, explained.stderr).toBe(0)
  const two = await sluice(['explain', both, '--data', folder, '--json'])
  expect(two.stdout.trim().split('\n')).toHaveLength(2)
}, 60_000)

test.each([
  { id: '11-0', named: { partition: 11, offset: 0 }, why: 'the last partition' },
  { id: '3-9007199254740991', named: { partition: 3, offset: 9_007_199_254_740_991 }, why: 'the last offset' },
  { id: '3-9007199254740992', named: null, why: 'past every offset' },
  { id: '12-0', named: null, why: 'no such partition' },
  { id: '03-7', named: null, why: 'not as we write it' },
  { id: '3-007', named: null, why: 'not as we write it' },
  { id: '3-7-REQUIRE_3DS', named: null, why: 'an action' },
])('coordinates: $id, $why', ({ id, named }) => {
  expect(coordinatesOf(id)).toEqual(named)
})
