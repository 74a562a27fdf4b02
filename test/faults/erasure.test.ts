import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { replayArchive } from '../../bin/runtime/archive/archive-replay.ts'
import { replayedDuckDb } from '../../bin/runtime/archive/replayed-archives.ts'
import { continueErasure, isDone } from '../../bin/runtime/erasure/erase.ts'
import { readErasures } from '../../bin/runtime/erasure/erasure-file.ts'
import { requestErasure } from '../../bin/runtime/erasure/erasure-request.ts'
import { receiptOf } from '../../bin/runtime/erasure/receipt.ts'
import { subjectOf } from '../../bin/runtime/erasure/subject.ts'
import { accountOf, accountsWith } from '../../bin/runtime/erasure/subject-search.ts'
import { BESIDE, ERASED, ErasedFolder, tracesOf } from './erased-folder.ts'

// Goal: past the dates of its receipt nothing of an erased account is found in any byte that the system stores, while what another person
// left beside it, in each of the same places, is still found.
// Method: both pay in the same ways; a scan before shows where each stands; the erasure runs as the command runs it; the clock is moved past
// the receipt's last date, the other person pays again, and the scan is made once more.

const root = mkdtempSync(join(tmpdir(), 'sluice-erasure-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const DAY_MS = 86_400_000
/** What says how many and how much, whoever it was. */
const FIGURES = [
  'SELECT count(*) AS payments, count(DISTINCT sender_account_id) AS senders, count(DISTINCT transaction_id) AS ids, sum(amount) AS amount FROM payment_transactions',
  'SELECT count(*) AS rows, sum(velocity_count) AS counts, sum(fraud_score) AS score, sum(len(velocity_fraud_peers)) AS peers FROM payment_transactions_fraud',
  'SELECT count(*) AS alerts, count(DISTINCT sender_account_id) AS senders FROM fraud_velocity_alerts',
  'SELECT count(*) AS duplicates FROM payment_duplicates',
  'SELECT * FROM fraud_summary',
  'SELECT event_date, payments, audited FROM masking_proof',
] as const

test('SPEC B4: past the dates of the receipt a scan finds nothing of the subject, and all of another', async () => {
  let shiftMs = 0
  const clock = { nowMs: () => Date.now() + shiftMs }
  const folder = await ErasedFolder.open(join(root, 'data'), clock)
  const { session, log } = folder
  for (const person of [ERASED, BESIDE]) await folder.payAll(person, 'a')
  await folder.whileDeciding()
  await folder.archive()
  await folder.alert()
  await folder.challenge(
    ERASED,
    CHALLENGES.map((n) => `1-${n}`),
  )
  await folder.challenge(
    BESIDE,
    CHALLENGES.map((n) => `2-${n}`),
  )
  const traces = tracesOf(ERASED, session)
  const before = await folder.scan(traces)
  const besideBefore = await folder.scan(tracesOf(BESIDE, session))
  expect([...before.keys()].sort()).toEqual([...besideBefore.keys()].sort())
  for (const place of PLACES) expect([...before.keys()], place).toContain(place)
  expect(new Set([...before.values()].flatMap((set) => [...set])).size).toBeGreaterThan(10)
  const figures = await Promise.all(FIGURES.map((sql) => folder.ask(sql)))
  expect(await replayedRows(folder)).toBe(0)

  // As the command does it, while the chain runs.
  const [key] = session.folder.keys.maskKeys
  const subject = subjectOf(ERASED.account, key!)
  expect(await accountsWith(session, 'card', ERASED.card)).toEqual([ERASED.account])
  expect(await accountOf(session, subject)).toBe(ERASED.account)
  let erasure = await requestErasure(log, subject, { actor: 'officer', reason: 'request 1' }, clock.nowMs())
  await folder.whileDeciding(async () => {
    while (erasure.checkpointedMs === null) erasure = await continueErasure(log, erasure, clock, 500)
  })
  const waits = receiptOf(session, erasure).stores.filter(({ from }) => from === null)
  expect(waits).toMatchObject([{ store: 'archive and exports', state: 'waits' }])
  // Asked again, it goes on.
  await folder.archive()
  expect(await requestErasure(log, subject, { actor: 'officer', reason: 'again' }, clock.nowMs())).toEqual(erasure)
  erasure = await continueErasure(log, erasure, clock)
  const receipt = receiptOf(session, erasure)
  expect(receipt.stores.filter(({ from }) => from === null)).toEqual([])
  await folder.alert()
  const soon = await folder.scan(traces)
  const inLog = (place: string) => /^(log|otp)\//.test(place) || LOG_TOPICS.includes(place)
  expect([...soon].filter(([place]) => !inLog(place)).map(([place, what]) => [place, ...what])).toEqual([])
  const figuresOfRows = await Promise.all(FIGURES.map((sql) => folder.ask(sql)))
  // What waited for a code has ended with the erasure; nothing else is counted anew.
  expect(figuresOfRows).toEqual(figures)
  await expectVerified(folder)
  // The log still has whom the rows were of, and every other column is made again.
  expect(await replayedRows(folder)).toBeGreaterThan(10)

  // The clock moves past the last date; the other person has paid again.
  shiftMs = Date.parse(receipt.complete_from ?? '') - Date.now() + DAY_MS
  await folder.payAll(BESIDE, 'b')
  await folder.challenge(BESIDE, ['again'])
  await folder.whileDeciding()
  await folder.archive()
  erasure = await continueErasure(log, erasure, clock)
  expect(isDone(erasure)).toBe(true)
  const after = await folder.scan(traces)
  expect(Object.fromEntries([...after].map(([where, what]) => [where, [...what]]))).toEqual({})
  const besideAfter = await folder.scan(tracesOf(BESIDE, session))
  for (const place of PLACES) expect([...besideAfter.keys()], place).toContain(place)
  expect(readErasures(folder.path)).toEqual([erasure])

  // Whoever comes back is decided as somebody new.
  await folder.pay(ERASED, { transactionId: 'later', eventTime: clock.nowMs() - DAY_MS })
  await folder.whileDeciding()
  await expectVerified(folder)
  await folder.archive()
  const [later] = (await folder.ask(
    "SELECT baseline_payments AS known, velocity_count AS count FROM payment_transactions_fraud WHERE transaction_id = 'later'",
  )) as { known: string; count: string }[]
  expect(later).toMatchObject({ known: '0', count: '1' })
  await folder.close()
  const { items, bytes } = folder.scanned
  process.stdout.write(`erasure: looked for ${traces.length} traces in ${items} items, ${bytes} bytes, four times\n`)
}, 120_000)

/** So many that pages split and one is left half empty. */
const CHALLENGES = Array.from({ length: 40 }, (_, n) => n)
const LOG_TOPICS: readonly string[] = [
  'payments.submitted',
  'payments.decided',
  'fraud.alerts',
  'fraud.actions',
  'payments.duplicates',
]

/** Where both stand before, and the other one still stands after. */
const PLACES: readonly string[] = [
  ...LOG_TOPICS,
  'log/inputs/data.mdb',
  'log/outputs/data.mdb',
  'checkpoint',
  'archive payment_transactions',
  'archive payment_transactions_fraud',
  'archive pii_masking_audit',
  'archive fraud_velocity_alerts',
  'archive payment_duplicates',
  'export payment_transactions',
  'export payment_duplicates',
  'live alerts',
  'otp/data.mdb',
]

/** How many rows of the archive are erased; all others are those of the log. */
async function replayedRows({ session }: ErasedFolder): Promise<number> {
  const days = await replayArchive(session, { from: null, to: null }, replayedDuckDb(session.config))
  expect(days.length).toBeGreaterThan(4)
  expect(days.filter(({ equal }) => !equal)).toEqual([])
  return days.reduce((sum, { erased }) => sum + erased, 0)
}

async function expectVerified(folder: ErasedFolder): Promise<void> {
  const { differences, inputs } = await folder.verify()
  expect(differences).toEqual([])
  expect(inputs).toBeGreaterThan(0)
}
