import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { AuditLog, auditSchemaId } from '../../bin/runtime/board/audit-log.ts'
import { boardActs } from '../../bin/runtime/board/board-acts.ts'
import { committedStores } from '../../bin/runtime/control/committed-state.ts'
import { controlOutcome } from '../../bin/runtime/control/control-outcome.ts'
import { ALL_PARTITIONS, partitionOfAccount, sendControl } from '../../bin/runtime/control/control-records.ts'
import { ListEntryError, listEntriesOf } from '../../bin/runtime/control/list-entries.ts'
import { resolutionOf } from '../../bin/runtime/control/open-reviews.ts'
import { changeRules, ruleHistory } from '../../bin/runtime/control/rules-change.ts'
import { embeddedErasable } from '../../bin/runtime/erasure/erasable-log.ts'
import { readErasures } from '../../bin/runtime/erasure/erasure-file.ts'
import { requestErasure } from '../../bin/runtime/erasure/erasure-request.ts'
import { subjectOf } from '../../bin/runtime/erasure/subject.ts'
import { scanPartition } from '../../bin/runtime/partition-scan.ts'
import type { Session } from '../../bin/runtime/session.ts'
import type { Log } from '../../streams/log/log.ts'
import { decidedSession, pay } from '../otp/challenged-folder.ts'
import { auditedActs } from './audited-acts.ts'
import { sluice, temporaryFolder } from './sluice-process.ts'

// Goal: what people write beside an act is kept for ever, so no card number in it is: not in the log, the audit, the state or a file.
const PAN = '6011111111111117'
const SPACED = '6011 1111 1111 1117'
const LEFT = 'XXXX XXXX XXXX 1117'
const BY = { actor: `ana ${SPACED}`, reason: `caller says card ${SPACED} was stolen` }
const KEPT = { actor: `ana ${LEFT}`, reason: `caller says card ${LEFT} was stolen` }
const DEVICE = '3530111333300000'

/** The texts of every record of the log, as bytes. */
async function storedText(log: Log): Promise<string> {
  const texts: string[] = []
  for (const { topic, partitions } of await log.topics()) {
    for (let partition = 0; partition < partitions; partition++) {
      const at = { topic, partition }
      const { startOffset, endOffset } = await log.bounds(at)
      await scanPartition(log, at, startOffset, endOffset, ({ bytes, keyAt, keyLength, valueAt, valueLength }) => {
        texts.push(Buffer.from(bytes.subarray(keyAt, keyAt + Math.max(0, keyLength))).toString('latin1'))
        texts.push(Buffer.from(bytes.subarray(valueAt, valueAt + Math.max(0, valueLength))).toString('latin1'))
      })
    }
  }
  return texts.join('\n')
}

/** A payment to a new receiver, from a new place, at night: it waits for a review. */
async function reviewed(session: Session): Promise<{ readonly decisionId: string; readonly accountId: string }> {
  const night = Date.UTC(2023, 10, 15, 3)
  const usual = { senderAccountId: 'alice', amountMinor: 1_200, region: 'US', deviceId: 'phone', eventTime: night }
  await pay(session, { ...usual, transactionId: 'usual' })
  const odd = { region: 'JP', deviceId: 'laptop', merchantCategory: '7995', amountMinor: 900_000 }
  const { decisionId } = await pay(session, {
    ...usual,
    ...odd,
    transactionId: 'odd',
    receiverAccountId: 'casino',
    eventTime: night + 60_000,
  })
  return { decisionId, accountId: 'alice' }
}

test('SPEC M6: a card number in an operator’s reason or name is in no record, no decision, no audit and no file', async () => {
  const session = await decidedSession(temporaryFolder())
  const { decisionId, accountId } = await reviewed(session)
  const partition = partitionOfAccount(accountId)
  const audit = new AuditLog(session.log, await auditSchemaId(session.registry))
  const acts = boardActs({ session, audit, claimOf: () => null, endOf: () => null })

  expect(await acts.endReview('REVIEW_DECLINED', decisionId, BY)).toMatchObject({ holds: true })
  expect((await resolutionOf(session, partition, decisionId))?.actor).toBe(KEPT.actor)

  const rules = { ...session.folder.initialRules, version: 'of today' }
  await changeRules(session, rules, BY, Date.now())
  expect(await ruleHistory(session)).toMatchObject([KEPT])

  await acts.audit({ ...BY, role: 'admin', act: 'list.add', subject: PAN, result: 'refused', requestId: randomUUID() })
  await acts.standing('ACCOUNT_BLOCKED', 'bob', null, BY)
  await expect(acts.standing('ACCOUNT_BLOCKED', PAN, null, BY)).rejects.toThrow('a card number is no account')
  await audit.close()

  const [key] = session.folder.keys.maskKeys
  if (key === undefined) throw new Error('a data folder has a mask key')
  await requestErasure(embeddedErasable(session), subjectOf('casino', key), BY, Date.now())
  expect(readErasures(session.folder.path)).toMatchObject([KEPT])

  const text = await storedText(session.log)
  expect(text.split(KEPT.reason).length).toBeGreaterThan(ALL_PARTITIONS.length)
  for (const gone of [PAN, SPACED]) expect(text).not.toContain(gone)
}, 60_000)

test('SPEC M6: no account or device is listed in clear that holds a card number; what the mask leaves of a device is', async () => {
  const session = await decidedSession(temporaryFolder())
  const { maskKeys } = session.folder.keys
  for (const field of ['sender', 'receiver', 'device'] as const) {
    for (const value of [DEVICE, `x-${SPACED}`]) {
      const refused = () => listEntriesOf(field, value, maskKeys)
      expect(refused).toThrow(ListEntryError)
      expect(refused).toThrow(`${field} holds a card number`)
      expect(refused).not.toThrow(/[0-9]/)
    }
  }
  // So that a device of this kind can be listed all the same: payments with it are known by what is left of it.
  const [entry] = listEntriesOf('device', 'XXXXXXXXXXXX0000', maskKeys)
  const change = { kind: 'LIST_ADDED', ...BY, subject: entry ?? '' } as const
  const [place] = await sendControl(session, 'admin', change, ALL_PARTITIONS, Date.now())
  if (place === undefined) throw new Error('a partition has a place')
  expect(await controlOutcome(session, place, Date.now() + 15_000)).toBe('holds')
  expect(await pay(session, { transactionId: 'listed', deviceId: DEVICE })).toMatchObject({ outcome: 'block' })
  expect([...(await committedStores(session, 0)).lists.keys()]).toEqual([entry])
}, 60_000)

test('SPEC M6: sluice accounts and lists keep no card number, neither of what they do nor of what they refuse', async () => {
  const folder = temporaryFolder()
  const session = await decidedSession(folder)
  const at = ['--data', folder, '--as', BY.actor, '--reason', BY.reason]
  expect(await sluice(['accounts', 'block', 'acc-1', ...at])).toMatchObject({ code: 0 })
  const ofAccount = await sluice(['accounts', 'block', PAN, ...at])
  const ofDevice = await sluice(['lists', 'add', 'device', DEVICE, ...at])
  const ofSender = await sluice(['lists', 'add', 'sender', PAN, ...at])
  for (const { code, stderr } of [ofAccount, ofDevice, ofSender]) {
    expect(code).toBe(2)
    expect(stderr).toContain('card number')
    expect(stderr).not.toMatch(/[0-9]{4}/)
  }
  expect(await auditedActs(folder)).toMatchObject([
    { ...KEPT, act: 'account.block', subject: 'acc-1', result: 'done' },
    { ...KEPT, act: 'list.add', subject: 'device', result: 'refused' },
    { ...KEPT, act: 'list.add', subject: 'sender:XXXXXXXXXXXX1117', result: 'refused' },
  ])
  const text = await storedText(session.log)
  expect(text).toContain(KEPT.reason)
  for (const gone of [PAN, SPACED, DEVICE]) expect(text).not.toContain(gone)
}, 60_000)
