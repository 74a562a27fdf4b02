import { mentions, type PatternWords, withoutMentions } from './mentions.ts'
import { ARCHIVED_TOPICS } from './rows/record-rows.ts'
import type { TableName } from './schema/tables.ts'

/** Where a topic ended, by partition, when the chain had passed an erasure: what came later is of somebody who came back, and stays. */
export interface TopicEnds {
  readonly topic: string
  readonly ends: readonly number[]
}

/** A predicate that rows hold which an erasure reaches: all of them where it knows no ends. */
export function reachedBy(ends: readonly TopicEnds[], alias: string): string {
  const known = ends.filter(({ topic }) => ARCHIVED_TOPICS.some(({ name }) => name === topic))
  const cases = known.flatMap(({ topic, ends: of }) => of.map((end, n) => `WHEN '${topic}-${n}' THEN ${end}`))
  if (cases.length === 0) return 'TRUE'
  const source = `${alias}.kafka_topic || '-' || CAST(${alias}.kafka_partition AS STRING)`
  return `${alias}.kafka_offset < CASE ${source} ${cases.join(' ')} ELSE 0 END`
}

/** How one dialect says what the changes of an erasure are about. */
export interface ErasureWords extends PatternWords {
  /** The account, as it stands in the rows. */
  readonly account: string
  /** What stands in its place: nobody keeps it. */
  readonly pseudonym: string
  /** The account's keyed token. */
  readonly subject: string
  /** The account's own payments that it reaches: transaction_id, decision_id and other_id, which stands in the place of the first. */
  readonly payments: string
  /** As many `erased` as the row's peers. */
  readonly peers: string
  /** Which rows the erasure reaches: `reachedBy`. */
  readonly reached: string
}

/** What is changed in a table, in which rows; `t` is the row. */
export interface Change {
  readonly table: TableName
  /** The column that names the account in these rows; null where another's does. */
  readonly names: string | null
  /** Each changed column with what it becomes. */
  readonly set: Readonly<Record<string, string>>
  readonly where: string
}

/** `set` as both dialects' UPDATE has it. */
export function assignments({ set }: Change): string {
  return Object.entries(set)
    .map(([column, value]) => `${column} = ${value}`)
    .join(', ')
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

const ID_OF_DECISION = "'erased-' || t.decision_id"

/** What takes an account out of an archive, in order: the rows that say which payments are its own are changed last. Each may be done again. */
export function erasureChanges(words: ErasureWords): readonly Change[] {
  const { account, pseudonym, subject, payments, peers, reached } = words
  const otherId = (id: string) => `(SELECT any_value(p.other_id) FROM ${payments} AS p WHERE p.transaction_id = ${id})`
  const own = (table: TableName, set: Change['set']): Change => {
    const where = `t.sender_account_id = ${account} AND ${reached}`
    return { table, names: 'sender_account_id', set: { sender_account_id: pseudonym, ...set }, where }
  }
  const audited = (names: 'actor' | 'subject'): Change => {
    return { table: 'audit_log', names, set: { [names]: subject }, where: `t.${names} = ${account} AND ${reached}` }
  }
  const byDecision = { transaction_id: ID_OF_DECISION }
  return [
    own('payment_transactions_fraud', { ...byDecision, velocity_fraud_peers: peers }),
    {
      table: 'pii_masking_audit',
      names: null,
      set: byDecision,
      // Once: a later try counts no row again.
      where: `t.decision_id IN (SELECT p.decision_id FROM ${payments} AS p) AND t.transaction_id <> ${ID_OF_DECISION}`,
    },
    own('payment_resolutions', byDecision),
    own('payment_shadow_verdicts', byDecision),
    own('fraud_velocity_alerts', {
      transaction_id: `coalesce(${otherId('t.transaction_id')}, ${ID_OF_DECISION})`,
    }),
    own('payment_duplicates', {
      transaction_id: "'erased-' || CAST(t.input_partition AS STRING) || '-' || CAST(t.first_offset AS STRING)",
    }),
    {
      table: 'audit_log',
      names: null,
      set: { subject: otherId('t.subject') },
      where: `t.subject IN (SELECT p.transaction_id FROM ${payments} AS p)`,
    },
    {
      table: 'audit_log',
      names: null,
      set: { reason: withoutMentions(words, 't.reason', account, subject) },
      where: `${mentions(words, 't.reason', account)} AND ${reached}`,
    },
    audited('actor'),
    // Who did what stays; whom it was done to is the subject alone.
    audited('subject'),
    {
      table: 'payment_transactions',
      names: 'receiver_account_id',
      set: { receiver_account_id: pseudonym },
      where: `t.receiver_account_id = ${account} AND ${reached}`,
    },
    own('payment_transactions', { ...byDecision, ...Object.fromEntries(PERSONAL.map((name) => [name, 'NULL'])) }),
  ]
}

/** The columns of a table that an erasure may change; every other column of its rows stays. */
export function erasableColumns(table: TableName): ReadonlySet<string> {
  return COLUMNS.get(table) ?? NONE
}

const NOBODY: ErasureWords = {
  ...{ account: '', pseudonym: '', subject: '', payments: '', peers: '', reached: '' },
  matches: () => '',
  replaced: () => '',
}
const NONE: ReadonlySet<string> = new Set()
const COLUMNS = new Map<TableName, Set<string>>()
for (const { table, set } of erasureChanges(NOBODY)) {
  COLUMNS.set(table, new Set([...(COLUMNS.get(table) ?? []), ...Object.keys(set)]))
}
