import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Erasure, newErasure, readErasures, saveErasure } from '../../bin/runtime/erasure/erasure-file.ts'
import { continueErasures } from '../../bin/runtime/erasure/erasure-loop.ts'
import { receiptOf } from '../../bin/runtime/erasure/receipt.ts'
import { subjectOf } from '../../bin/runtime/erasure/subject.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { BESIDE, ERASED, ErasedFolder, type Person } from './erased-folder.ts'

const HOUR_MS = 3_600_000

test('SPEC B4: an erasure that fails says why, is tried again, and holds up no other', async () => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-erasure-loop-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const folder = await ErasedFolder.open(join(root, 'data'), { nowMs: () => Date.now() })
  onTestFinished(() => folder.close())
  const { session, log, path } = folder
  const [key] = session.folder.keys.maskKeys
  const pay = ({ account }: Person) =>
    folder.pay({ ...BESIDE, account }, { transactionId: `${account}-1`, eventTime: Date.now() - HOUR_MS })
  await pay(ERASED)

  // Of the first nobody knows the account: it has paid nothing yet.
  const subjects = [BESIDE, ERASED].map(({ account }) => subjectOf(account, key!))
  for (const [n, subject] of subjects.entries()) {
    saveErasure(path, newErasure(subject, { actor: 'officer', reason: 'request' }, Date.now() - HOUR_MS + n, false))
  }
  const failures: string[] = []
  const round = async (): Promise<readonly [Erasure, Erasure]> => {
    await folder.whileDeciding(() => continueErasures(log, machineTime, ({ message }) => failures.push(message)))
    const [failing, other] = readErasures(path)
    expect([failing?.subject, other?.subject]).toEqual(subjects)
    return [failing!, other!]
  }
  for (const tries of [1, 2]) {
    const [failing, other] = await round()
    expect(failures).toEqual(Array(tries).fill('nothing is held of this subject'))
    expect(receiptOf(session, failing)).toMatchObject({ failure: failures[0], record: null, complete_from: null })
    expect(other).toMatchObject({ failure: null, checkpointedMs: expect.any(Number), archivedMs: expect.any(Number) })
    expect(receiptOf(session, other)).toMatchObject({ failure: null, complete_from: expect.any(String) })
  }

  await pay(BESIDE)
  const [mended] = await round()
  expect(failures).toHaveLength(2)
  expect(receiptOf(session, mended)).toMatchObject({ failure: null, complete_from: expect.any(String) })
}, 60_000)
