import type { Log } from '../../../streams/log/log.ts'
import type { Session } from '../session.ts'
import { archiveDueMs, CODES_KEPT_MS, TRIED_AGAIN_MS } from './erase.ts'
import type { Erasure } from './erasure-file.ts'

/** One store, and from when on nothing of the subject can be read there. */
export interface ReceiptLine {
  readonly store: string
  /** ISO 8601; null while nobody can say. */
  readonly from: string | null
  readonly state: 'erased' | 'leaves by then' | 'waits'
  readonly why: string
}

export interface Receipt {
  readonly subject: string
  readonly requested: string
  readonly by: string
  readonly reason: string
  /** Where the erasure stands in the input: `<partition>-<offset>`. */
  readonly record: string | null
  readonly stores: readonly ReceiptLine[]
  /** Why the last try ended before its end; null where it did not. It is tried again. */
  readonly failure: string | null
  /** After it a scan finds nothing; null while a store waits. */
  readonly complete_from: string | null
}

/** Seven days of time travel, the longest there is, and seven of fail-safe. */
const BIGQUERY_KEEPS_MS = 14 * 24 * 3_600_000

/** What an erasure has done, and what it will have done when (SPEC B4). */
export function receiptOf(session: Pick<Session<Log>, 'config'>, erasure: Erasure): Receipt {
  const { subject, actor: by, reason, place, requestedMs, failure } = erasure
  const stores = [
    ...stateLines(erasure),
    archiveLine(session, erasure),
    ...bigQueryLines(session, erasure),
    ...logLines(erasure),
  ]
  const last =
    failure !== null || stores.some(({ from }) => from === null)
      ? null
      : stores
          .map(({ from }) => from ?? '')
          .toSorted()
          .at(-1)
  return {
    subject,
    requested: iso(requestedMs),
    by,
    reason,
    record: place === null ? null : `${place.partition}-${place.offset}`,
    stores,
    failure,
    complete_from: last ?? null,
  }
}

function stateLines({ foldedMs, alertedMs, checkpointedMs, codesMs }: Erasure): ReceiptLine[] {
  return [
    line('state', foldedMs, 'the chain passed the erasure; a refold meets it at the same place'),
    line('live alerts', alertedMs, 'whoever keeps them reads the erasure behind the alerts'),
    line('checkpoints', checkpointedMs, 'written anew behind the erasure, older ones removed'),
    {
      store: 'one-time codes',
      from: foldedMs === null ? null : iso(foldedMs + CODES_KEPT_MS),
      state: foldedMs === null ? 'waits' : codesMs === null ? 'leaves by then' : 'erased',
      why: 'a challenge is forgotten a day behind its end',
    },
  ]
}

function archiveLine(session: Pick<Session<Log>, 'config'>, erasure: Erasure): ReceiptLine {
  const { archivedMs, archivedRows } = erasure
  const store = 'archive and exports'
  if (archivedMs !== null) {
    return line(
      store,
      archivedMs,
      archivedRows === null ? 'there is none' : `${archivedRows} rows without whom they were of`,
    )
  }
  return keptLine(session, erasure, store, 0) ?? line(store, null, 'once the archiver has read up to the erasure')
}

function bigQueryLines(session: Pick<Session<Log>, 'config'>, erasure: Erasure): ReceiptLine[] {
  const { bigquery } = erasure
  const store = 'BigQuery'
  if (bigquery === null) return []
  const { rows, triedMs, failure, erasedMs, keptMs } = bigquery
  if (erasedMs !== null) {
    const why = `${rows} rows without whom they were of; time travel and fail-safe keep what they were`
    return [{ store, from: iso(erasedMs + keptMs), state: 'leaves by then', why }]
  }
  if (triedMs === null) {
    const kept = keptLine(session, erasure, store, BIGQUERY_KEEPS_MS)
    return [kept ?? line(store, null, 'once its archiver has committed up to the erasure')]
  }
  if (failure !== null) {
    const again = iso(triedMs + TRIED_AGAIN_MS)
    return [line(store, null, `the last try failed, and is made again from ${again} on: ${failure}`)]
  }
  return [line(store, null, `${rows} rows so far; what came too lately to be changed, or was cut off, is tried again`)]
}

/** While a law asks for the rows; null where none does. */
function keptLine(
  session: Pick<Session<Log>, 'config'>,
  erasure: Erasure,
  store: string,
  thenKeptMs: number,
): ReceiptLine | null {
  const days = session.config.eraseArchiveAfterDays
  if (days === 0) return null
  const from = iso(archiveDueMs(session, erasure) + thenKeptMs)
  return { store, from, state: 'leaves by then', why: `kept ${days} days (SLUICE_ERASE_ARCHIVE_AFTER_DAYS)` }
}

function logLines({ logEnds, overdue, overwrittenMs, foldedMs }: Erasure): ReceiptLine[] {
  if (foldedMs === null) return [line('log', null, 'once the chain has passed the erasure')]
  return logEnds.map(({ topic, endsMs }) => {
    const from = iso(endsMs)
    if (overwrittenMs !== null) return { store: topic, from, state: 'erased', why: 'seen to be gone from the log' }
    if (overdue.includes(topic)) return line(topic, null, `it should be gone since ${from}, and the log still has it`)
    return { store: topic, from, state: 'leaves by then', why: 'its retention, while whoever keeps the log runs' }
  })
}

function line(store: string, ms: number | null, why: string): ReceiptLine {
  return { store, from: ms === null ? null : iso(ms), state: ms === null ? 'waits' : 'erased', why }
}

const iso = (ms: number) => new Date(ms).toISOString()
