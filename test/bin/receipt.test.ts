import { expect, test } from 'vitest'
import { type Erasure, newErasure } from '../../bin/runtime/erasure/erasure-file.ts'
import { receiptOf } from '../../bin/runtime/erasure/receipt.ts'
import { testConfig } from './decided-folder.ts'

const ASKED_MS = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000
const day = (days: number) => new Date(ASKED_MS + days * DAY_MS).toISOString()

/** Folded and checkpointed at once; its payments leave after a week. */
function erasureWith(given: Partial<Erasure>): Erasure {
  const logEnds = [{ topic: 'payments.submitted', endsMs: ASKED_MS + 7 * DAY_MS, ends: [] }]
  const ms = { foldedMs: ASKED_MS, alertedMs: ASKED_MS, checkpointedMs: ASKED_MS, archivedMs: ASKED_MS }
  const begun = newErasure('v1:mask-1:00', { actor: 'officer', reason: 'request 1' }, ASKED_MS, false)
  return { ...begun, place: { partition: 1, offset: 2 }, ...ms, logEnds, ...given }
}

const UNTRIED = { pseudonym: null, rows: 0, triedMs: null, failure: null, erasedMs: null, keptMs: 0 }

test.each<[why: string, days: string, given: Partial<Erasure>, store: string, from: string | null, state: string]>([
  [
    'rows that a law asks for stay so long',
    '365',
    { archivedMs: null },
    'archive and exports',
    day(365),
    'leaves by then',
  ],
  ['where no law does, they wait for the archiver', '0', { archivedMs: null }, 'archive and exports', null, 'waits'],
  [
    'BigQuery keeps for two weeks more what they were',
    '365',
    { bigquery: UNTRIED },
    'BigQuery',
    day(379),
    'leaves by then',
  ],
  ['BigQuery that was never tried', '0', { bigquery: UNTRIED }, 'BigQuery', null, 'waits'],
  [
    'BigQuery with two days of time travel',
    '0',
    { bigquery: { ...UNTRIED, rows: 3, triedMs: ASKED_MS, erasedMs: ASKED_MS, keptMs: 9 * DAY_MS } },
    'BigQuery',
    day(9),
    'leaves by then',
  ],
  [
    'BigQuery that failed once the law had let go',
    '365',
    { bigquery: { ...UNTRIED, triedMs: ASKED_MS + 366 * DAY_MS, failure: 'Access Denied' } },
    'BigQuery',
    null,
    'waits',
  ],
  ['a topic before its date', '0', {}, 'payments.submitted', day(7), 'leaves by then'],
  [
    'a topic that is there past its date',
    '0',
    { overdue: ['payments.submitted'] },
    'payments.submitted',
    null,
    'waits',
  ],
  [
    'a topic that was seen to be gone',
    '0',
    { overwrittenMs: ASKED_MS + 8 * DAY_MS },
    'payments.submitted',
    day(7),
    'erased',
  ],
  ['alerts that nobody has carried on', '0', { alertedMs: null }, 'live alerts', null, 'waits'],
])('SPEC B4: the receipt: %s', (_why, days, given, store, from, state) => {
  const config = testConfig('any', { SLUICE_ERASE_ARCHIVE_AFTER_DAYS: days })
  const receipt = receiptOf({ config }, erasureWith(given))
  expect(receipt.stores.find((one) => one.store === store)).toMatchObject({ from, state })
  const dates = receipt.stores.map((one) => one.from)
  expect(receipt.complete_from).toBe(dates.includes(null) ? null : dates.toSorted().at(-1))
})
