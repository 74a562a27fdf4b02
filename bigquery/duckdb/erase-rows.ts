import { randomBytes } from 'node:crypto'
import type { DuckDBConnection } from '@duckdb/node-api'
import { assignments, type ErasureWords, erasureChanges, reachedBy, type TopicEnds } from '../erased-rows.ts'
import { TABLES, type TableName } from '../schema/tables.ts'

/** Whose rows are erased. */
export interface ErasedAccount {
  readonly accountId: string
  /** What stands for the account in the audit log: its keyed token. */
  readonly subject: string
  /** Up to where it reaches. */
  readonly ends: readonly TopicEnds[]
}

const WORDS: Omit<ErasureWords, 'reached'> = {
  account: '$account',
  pseudonym: '$pseudonym',
  subject: '$subject',
  payments: 'erased_payments',
  peers: "list_transform(t.velocity_fraud_peers, lambda id: 'erased')",
  matches: (text, pattern) => `regexp_matches(${text}, ${pattern})`,
  replaced: (text, pattern, by) => `regexp_replace(${text}, ${pattern}, '\\1' || ${by} || '\\2', 'g')`,
}

/**
 * Takes everything that says who an account is out of every row, in one transaction; the rows stay, so counts and sums hold. Days that
 * were exported are forgotten as exported, so that the next export writes them again. Done again, it finds nothing. Returns the rows
 * that it has changed.
 */
export async function eraseRows(
  connection: DuckDBConnection,
  { accountId, subject, ends }: ErasedAccount,
): Promise<number> {
  // Nobody keeps it: it joins the rows of one erasure and leads back to nobody.
  const values = { account: accountId, subject, pseudonym: `erased-${randomBytes(8).toString('hex')}` }
  const run = async (sql: string) => {
    const named = Object.entries(values).filter(([name]) => sql.includes(`$${name}`))
    return (await connection.runAndReadAll(sql, Object.fromEntries(named))).getRows()
  }
  await run('BEGIN TRANSACTION')
  try {
    await run(`CREATE OR REPLACE TEMP TABLE erased_payments AS
      SELECT transaction_id, decision_id, 'erased-' || decision_id AS other_id FROM payment_transactions
      WHERE sender_account_id = $account AND ${reachedBy(ends, 'payment_transactions')}`)
    let rows = 0
    for (const change of erasureChanges({ ...WORDS, reached: reachedBy(ends, 't') })) {
      const { table, where } = change
      await run(`DELETE FROM archive_exports WHERE table_name = '${table}' AND day IN
        (SELECT strftime(t.${partitionOf(table)}, '%Y-%m-%d') FROM ${table} AS t WHERE ${where})`)
      const [[changed] = [0]] = await run(`UPDATE ${table} AS t SET ${assignments(change)} WHERE ${where}`)
      rows += Number(changed)
    }
    await run('DROP TABLE erased_payments')
    await run('COMMIT')
    return rows
  } catch (error) {
    await run('ROLLBACK')
    throw error
  }
}

function partitionOf(table: TableName): string {
  const found = TABLES.find(({ name }) => name === table)
  if (found === undefined) throw new RangeError(`${table} is no table of the archive`)
  return found.partitionBy
}
