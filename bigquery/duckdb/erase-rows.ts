import { randomBytes } from 'node:crypto'
import type { DuckDBConnection } from '@duckdb/node-api'
import { TABLES, type TableName } from '../schema/tables.ts'

/** Whose rows are erased. */
export interface ErasedAccount {
  readonly accountId: string
  /** What stands for the account in the audit log: its keyed token. */
  readonly subject: string
}

/** Columns of a payment that say something of who made it. */
const PERSONAL = [
  'idempotency_key',
  'terminal_id',
  'latitude',
  'longitude',
  'device_id',
  'card_masked',
  'card_token',
  'expiry_masked',
  'cvv_masked',
  'cardholder_name_masked',
  'cardholder_name_token',
  'email_masked',
  'email_token',
  'ip_masked',
  'ip_token',
  'memo',
] as const

/** What is changed in a table, and in which rows. `erased_payments` maps the account's transaction ids to what stands for them. */
interface Change {
  readonly table: TableName
  readonly set: string
  readonly where: string
}

const OTHER_ID = '(SELECT any_value(other_id) FROM erased_payments WHERE transaction_id = t.transaction_id)'
const OF_PAYMENT = 't.decision_id IN (SELECT decision_id FROM erased_payments)'
const OWN = 't.sender_account_id = $account'
const ID_OF_DECISION = "'erased-' || t.decision_id"

const CHANGES: readonly Change[] = [
  {
    table: 'payment_transactions',
    set: `sender_account_id = $pseudonym, transaction_id = ${ID_OF_DECISION}, ${PERSONAL.map((name) => `${name} = NULL`).join(', ')}`,
    where: OWN,
  },
  { table: 'payment_transactions', set: 'receiver_account_id = $pseudonym', where: 't.receiver_account_id = $account' },
  {
    table: 'payment_transactions_fraud',
    set: `sender_account_id = $pseudonym, transaction_id = ${ID_OF_DECISION},
      velocity_fraud_peers = list_transform(t.velocity_fraud_peers, lambda id: 'erased')`,
    where: OWN,
  },
  { table: 'pii_masking_audit', set: `transaction_id = ${ID_OF_DECISION}`, where: OF_PAYMENT },
  ...(['payment_resolutions', 'payment_shadow_verdicts'] as const).map((table) => {
    return { table, set: `sender_account_id = $pseudonym, transaction_id = ${ID_OF_DECISION}`, where: OWN }
  }),
  {
    table: 'fraud_velocity_alerts',
    set: `sender_account_id = $pseudonym, transaction_id = coalesce(${OTHER_ID}, ${ID_OF_DECISION})`,
    where: OWN,
  },
  {
    table: 'payment_duplicates',
    set: `sender_account_id = $pseudonym,
      transaction_id = 'erased-' || t.input_partition || '-' || t.first_offset`,
    where: OWN,
  },
  // Who did what stays; whom it was done to is the subject alone.
  { table: 'audit_log', set: 'subject = $subject', where: 't.subject = $account' },
  {
    table: 'audit_log',
    set: `subject = ${OTHER_ID.replace('= t.transaction_id', '= t.subject')}`,
    where: 't.subject IN (SELECT transaction_id FROM erased_payments)',
  },
  { table: 'audit_log', set: 'actor = $subject', where: 't.actor = $account' },
  { table: 'audit_log', set: 'reason = replace(t.reason, $account, $subject)', where: 'contains(t.reason, $account)' },
]

/**
 * Takes everything that says who an account is out of every row, in one transaction; the rows stay, so counts and sums hold. Days that
 * were exported are forgotten as exported, so that the next export writes them again. Done again, it finds nothing. Returns the rows
 * that it has changed.
 */
export async function eraseRows(connection: DuckDBConnection, { accountId, subject }: ErasedAccount): Promise<number> {
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
      WHERE sender_account_id = $account`)
    let rows = 0
    for (const { table, set, where } of CHANGES) {
      await run(`DELETE FROM archive_exports WHERE table_name = '${table}' AND day IN
        (SELECT strftime(t.${partitionOf(table)}, '%Y-%m-%d') FROM ${table} AS t WHERE ${where})`)
      const [[changed] = [0]] = await run(`UPDATE ${table} AS t SET ${set} WHERE ${where}`)
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
