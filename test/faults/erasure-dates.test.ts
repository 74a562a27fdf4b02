import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { archivePath } from '../../bin/runtime/archive/archive-paths.ts'
import type { ErasableLog } from '../../bin/runtime/erasure/erasable-log.ts'
import { continueErasure } from '../../bin/runtime/erasure/erase.ts'
import { requestErasure } from '../../bin/runtime/erasure/erasure-request.ts'
import { receiptOf } from '../../bin/runtime/erasure/receipt.ts'
import { subjectOf } from '../../bin/runtime/erasure/subject.ts'
import { PARTITIONS } from '../../bin/runtime/session.ts'
import { temporaryFolder } from '../bin/sluice-process.ts'
import { ERASED, ErasedFolder } from './erased-folder.ts'

// Goal: no date of a receipt is before the work that it stands for, however long that took.
// Method: a real erasure, under a clock that moves with the work alone: with each look at what a task has committed, once the archive's
// file is another, and while the log's files are overwritten.

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

test('SPEC B4: each date of a receipt is behind the work it stands for, not behind its beginning', async () => {
  let atMs = Date.now()
  const path = join(temporaryFolder(), 'data')
  const folder = await ErasedFolder.open(path, { nowMs: () => atMs })
  onTestFinished(() => folder.close())
  await folder.payAll(ERASED, 'a')
  await folder.whileDeciding()
  await folder.archive()
  const archive = () => statSync(join(archivePath(path), 'archive.duckdb')).ino
  const before = archive()
  const clock = { nowMs: () => atMs + (archive() === before ? 0 : HOUR_MS) }
  const { session } = folder
  const log: ErasableLog = {
    ...folder.log,
    session: {
      ...session,
      committed: (input) => {
        atMs += MINUTE_MS
        return session.committed(input)
      },
    },
    wipe: async (nowMs) => {
      await folder.log.wipe(nowMs)
      atMs += DAY_MS
    },
  }

  const subject = subjectOf(ERASED.account, session.folder.keys.maskKeys[0]!)
  let erasure = await requestErasure(log, subject, { actor: 'officer', reason: 'request 1' }, clock.nowMs())
  await folder.whileDeciding(async () => {
    while (erasure.checkpointedMs === null) erasure = await continueErasure(log, erasure, clock, 500)
  })
  await folder.archive()
  erasure = await continueErasure(log, erasure, clock)
  expect(archive()).not.toBe(before)
  expect(erasure.foldedMs).toBeGreaterThanOrEqual(erasure.requestedMs + MINUTE_MS)
  // Every partition's state is folded anew, up to where its task is.
  expect(erasure.checkpointedMs).toBeGreaterThanOrEqual(erasure.foldedMs! + PARTITIONS * MINUTE_MS)
  expect(erasure.archivedMs).toBeGreaterThanOrEqual(erasure.checkpointedMs! + HOUR_MS)
  const { stores, complete_from } = receiptOf(session, erasure)
  const fromOf = (name: string) => Date.parse(stores.find(({ store }) => store === name)?.from ?? '')
  expect(fromOf('state')).toBe(erasure.foldedMs)
  expect(fromOf('archive and exports')).toBe(erasure.archivedMs)
  expect(fromOf('payments.submitted')).toBe(erasure.foldedMs! + 7 * DAY_MS + 10 * MINUTE_MS)

  atMs = Date.parse(complete_from ?? '')
  erasure = await continueErasure(log, erasure, clock)
  expect(erasure.overwrittenMs).toBeGreaterThanOrEqual(Date.parse(complete_from ?? '') + DAY_MS)
}, 60_000)
