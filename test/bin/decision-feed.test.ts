import { firstValueFrom, take, toArray } from 'rxjs'
import { expect, test } from 'vitest'
import { partitionOfAccount } from '../../bin/runtime/control/control-records.ts'
import { PARTITIONS, type Session } from '../../bin/runtime/session.ts'
import { lastAndLater } from '../../bin/view/decision-feed.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Log } from '../../streams/log/log.ts'
import { decidedSession, pay } from '../otp/challenged-folder.ts'
import { temporaryFolder } from './sluice-process.ts'

// Goal: whoever follows decisions sees each one once, also those that are made while the old ones are still read.
const LAST = PARTITIONS - 1

function accountIn(partition: number): string {
  for (let number = 0; ; number++) if (partitionOfAccount(`acc-${number}`) === partition) return `acc-${number}`
}

/** Has a payment of the partition decided, and returns when its decision can be read. */
const decide = (session: Session, transactionId: string, partition: number) =>
  pay(session, { transactionId, senderAccountId: accountIn(partition) })

/** The log of a session, where `meanwhile` runs once when the last partition of the decisions is read, all others are read then. */
function interrupted(log: Log, meanwhile: () => Promise<void>): Log {
  let ran: Promise<void> | null = null
  const openReader: Log['openReader'] = (at, offset) => {
    const reader = log.openReader(at, offset)
    if (at.topic !== TOPICS.paymentsDecided.name || at.partition !== LAST) return reader
    const fetch: typeof reader.fetch = async (maxBytes, waitMs) => {
      ran ??= meanwhile()
      await ran
      return reader.fetch(maxBytes, waitMs)
    }
    return Object.assign(Object.create(reader), { fetch })
  }
  return Object.assign(Object.create(log), { openReader })
}

test('decisions: none falls between the old ones and those that are followed, and none comes twice', async () => {
  const session = await decidedSession(temporaryFolder())
  await decide(session, 'old-first', 0)
  await decide(session, 'old-last', LAST)
  const log = interrupted(session.log, async () => {
    await decide(session, 'while-read-first', 0)
    await decide(session, 'while-read-last', LAST)
  })
  const { last, later } = await lastAndLater({ ...session, log }, 20, null)
  expect(last.map(({ transactionId }) => transactionId)).toEqual(['old-first', 'old-last'])

  await decide(session, 'before-followed', 0)
  const followed = firstValueFrom(later.pipe(take(4), toArray()))
  await decide(session, 'followed', LAST)
  expect((await followed).map(({ transactionId }) => transactionId).sort()).toEqual(
    ['while-read-first', 'while-read-last', 'before-followed', 'followed'].sort(),
  )
}, 60_000)

test('decisions: those of one outcome alone are read and followed', async () => {
  const session = await decidedSession(temporaryFolder())
  await decide(session, 'challenged', 0)
  const none = await lastAndLater(session, 20, ({ outcome }) => outcome === 'approve')
  const { last, later } = await lastAndLater(session, 0, ({ outcome }) => outcome === 'challenge')
  expect([none.last, last]).toEqual([[], []])

  const followed = firstValueFrom(later)
  await pay(session, { transactionId: 'approved', senderAccountId: accountIn(0), amountMinor: 100 })
  await decide(session, 'challenged-too', LAST)
  expect((await followed).transactionId).toBe('challenged-too')
}, 60_000)
