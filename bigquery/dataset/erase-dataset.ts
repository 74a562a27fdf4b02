import { createHash } from 'node:crypto'
import { StreamsError } from '../../streams/errors.ts'
import { assignments, type Change, erasureChanges, reachedBy, type TopicEnds } from '../erased-rows.ts'
import { TABLES, type TableName } from '../schema/tables.ts'
import type { DatasetClient } from './dataset-client.ts'

/** Whose rows are erased from a dataset. */
export interface DatasetErasure {
  readonly accountId: string
  /** What stands for the account in the audit log: its keyed token. */
  readonly subject: string
  /** What stands for it elsewhere, the same in each try, so that it stays one sender. */
  readonly pseudonym: string
  /** Up to where it reaches. */
  readonly ends: readonly TopicEnds[]
}

/** What a try has come to. */
export interface ErasedRows {
  readonly rows: number
  /** False where rows are too new to be changed: the rest comes with another try. */
  readonly whole: boolean
}

/** Columns that name accounts. The first that has it says which account a statement is about; its own change is the last. */
const NAMING = [
  ['payment_transactions', 'sender_account_id'],
  ['payment_transactions', 'receiver_account_id'],
  ['payment_transactions_fraud', 'sender_account_id'],
  ['payment_resolutions', 'sender_account_id'],
  ['payment_shadow_verdicts', 'sender_account_id'],
  ['fraud_velocity_alerts', 'sender_account_id'],
  ['payment_duplicates', 'sender_account_id'],
  ['audit_log', 'subject'],
  ['audit_log', 'actor'],
] as const satisfies readonly (readonly [TableName, string])[]

const placeIn = (alias: string) =>
  `${alias}.kafka_topic || '-' || CAST(${alias}.kafka_partition AS STRING) || '-' || CAST(${alias}.kafka_offset AS STRING)`
const BUCKET_DIGITS = 4

/** A predicate that an account's rows hold, and one in 65,536 of the others: BigQuery keeps the text of what it was asked for half a year. */
export function inBucketOf(column: string, accountId: string): string {
  const digits = createHash('sha256').update(accountId).digest('hex').slice(0, BUCKET_DIGITS)
  return `SUBSTR(TO_HEX(SHA256(${column})), 1, ${BUCKET_DIGITS}) = '${digits}'`
}

/**
 * Takes everything that says who an account is out of every row of a dataset; the rows stay, so counts and sums hold. No statement names the
 * account: each is told a row that does. Done again, it goes on where it was. `onChanged` is told the rows of each statement, those before
 * one that fails as well. @throws StreamsError
 */
export async function eraseFromDataset(
  dataset: DatasetClient,
  erasure: DatasetErasure,
  onChanged: (rows: number) => void = () => {},
): Promise<ErasedRows> {
  const named = await rowThatNames(dataset, erasure)
  if (named === null) return { rows: 0, whole: true }
  const [table, column, place] = named
  const account = `(SELECT any_value(a.${column}) FROM ${table} AS a WHERE ${recent(table, 'a')} AND ${placeIn('a')} = @place)`
  const changes = erasureChanges({
    account,
    pseudonym: '@pseudonym',
    subject: '@subject',
    payments: `(SELECT o.transaction_id, o.decision_id, 'erased-' || o.decision_id AS other_id FROM payment_transactions AS o
      WHERE ${recent('payment_transactions', 'o')} AND o.sender_account_id = ${account} AND ${reachedBy(erasure.ends, 'o')})`,
    peers: "ARRAY(SELECT 'erased' FROM UNNEST(t.velocity_fraud_peers) AS peer)",
    reached: reachedBy(erasure.ends, 't'),
    matches: (text, pattern) => `REGEXP_CONTAINS(${text}, ${pattern})`,
    replaced: (text, pattern, by) => `REGEXP_REPLACE(${text}, ${pattern}, r'\\1' || ${by} || r'\\2')`,
  })
  const isNaming = (change: Change) => change.table === table && change.names === column
  let rows = 0
  for (const change of changes.toSorted((a, b) => Number(isNaming(a)) - Number(isNaming(b)))) {
    const { subject, pseudonym } = erasure
    const statement = `UPDATE ${change.table} AS t SET ${assignments(change)} WHERE ${recent(change.table, 't')} AND ${change.where}`
    const params = Object.entries({ place, subject, pseudonym }).filter(([name]) => statement.includes(`@${name}`))
    try {
      const changed = await dataset.change(statement, Object.fromEntries(params), change.table)
      rows += changed
      onChanged(changed)
    } catch (error) {
      if (error instanceof StreamsError && error.code === 'BIGQUERY_STREAMING_BUFFER') return { rows, whole: false }
      throw error
    }
  }
  return { rows, whole: true }
}

/** The first column that names the account, and a row in which it does; null when none of those that it reaches does. */
async function rowThatNames(dataset: DatasetClient, { accountId, ends }: DatasetErasure) {
  const each = NAMING.map(([table, column], order) => {
    const where = `${recent(table, 't')} AND ${reachedBy(ends, 't')} AND ${inBucketOf(`t.${column}`, accountId)}`
    return `SELECT ${order} AS naming, t.${column} AS account, MIN(${placeIn('t')}) AS place FROM ${table} AS t WHERE ${where} GROUP BY account`
  })
  const found = (await dataset.rows(each.join('\nUNION ALL\n')))
    .filter(({ account }) => account === accountId)
    .toSorted((a, b) => Number(a['naming']) - Number(b['naming']))
  const [first] = found
  if (first === undefined) return null
  return [...NAMING[Number(first['naming'])]!, String(first['place'])] as const
}

/** A predicate on the partition, so that a table which asks for one is content. */
function recent(table: TableName, alias: string): string {
  return `${alias}.${TABLES.find(({ name }) => name === table)!.partitionBy} >= TIMESTAMP '2000-01-01'`
}
