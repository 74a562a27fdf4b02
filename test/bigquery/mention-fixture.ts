import { RecordRows } from '../../bigquery/rows/record-rows.ts'
import type { TableRow } from '../../bigquery/schema/tables.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { ARCHIVE_IDS, auditEventOf, fetched, framedValue, NOON_MS } from './archived-records.ts'

/** A full stop in it, which a pattern would take for any character. */
export const MENTIONED = 'acc.1'
export const ITS_TOKEN = `v1:mask-1:${'0'.repeat(64)}`

/** Why acts were done, and what is to stand there once `acc.1` is erased and is called §. */
export const REASONS: readonly (readonly [string, string])[] = [
  ['acc.1', '§'],
  ['acc.1 asked for it', '§ asked for it'],
  ['asked for by acc.1', 'asked for by §'],
  // Of others, whose ids contain it.
  ['acc.17 reported stolen, see acc.12 and my-acc.1', 'acc.17 reported stolen, see acc.12 and my-acc.1'],
  ['acc.1.2, acc.1:2, acc.1-2, acc.1_, x.acc.1', 'acc.1.2, acc.1:2, acc.1-2, acc.1_, x.acc.1'],
  ['acc-1 and accx1', 'acc-1 and accx1'],
  ['acc.17 was paid by acc.1', 'acc.17 was paid by §'],
  // Neighbours of two mentions, of three.
  ['acc.1 acc.1', '§ §'],
  ['acc.1,acc.1,acc.1,acc.1', '§,§,§,§'],
  ['acc.1. acc.1. acc.1', '§. §. §'],
  // What a sentence puts beside a word.
  ['Stolen from acc.1.', 'Stolen from §.'],
  ['Stolen from acc.1. It was lifted', 'Stolen from §. It was lifted'],
  ['acc.1: stolen; (acc.1); "acc.1"... -acc.1-', '§: stolen; (§); "§"... -§-'],
  ['acc.1’s card\nacc.1\n', '§’s card\n§\n'],
]

/** A row of the audit log for each. */
export function mentioningRows(): TableRow[] {
  const make = new RecordRows(ARCHIVE_IDS)
  const values = REASONS.map(([reason], n) =>
    framedValue.audit(auditEventOf(n, { actor: n === 0 ? MENTIONED : 'ann', subject: 'acc.17', reason })),
  )
  const { rows } = make.read(fetched(values, 0, NOON_MS), { topic: TOPICS.auditEvents.name, partition: 0 }, 0, NOON_MS)
  return [...rows]
}

/** Its reasons once the account is erased, in the order of the rows. */
export const REASONS_WITHOUT: readonly string[] = REASONS.map(([, without]) => without.replaceAll('§', ITS_TOKEN))
