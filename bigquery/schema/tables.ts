import { nullable, type RowOf, records, repeated, required, type Table } from './column.ts'

/**
 * The version of what rows look like; stands in each. A column that is added raises it; nothing else ever changes, so that
 * rows of all versions stand in one table.
 */
export const ARCHIVE_SCHEMA_VERSION = 1

const PAYMENT_DAYS = 400
/** Evidence of masking and of acts is kept longer than payments (7 years). */
const EVIDENCE_DAYS = 2_557

/** In every table, last: where the row came from. (topic, partition, offset) is unique in each. */
const COORDINATES = {
  kafka_topic: required('STRING', 'Topic of the committed record that the row was made from.'),
  kafka_partition: required('INT64', 'Its partition.'),
  kafka_offset: required('INT64', 'Its offset; unique with topic and partition in this table.'),
  ingest_time: required('TIMESTAMP', 'When the archiver read the record. The only value that a replay changes.'),
  schema_version: required('INT64', 'Version of the archive schema that the row was made by.'),
} as const

const EVENT_TIME = required('TIMESTAMP', 'When it happened, by the payer; the partition is its date in UTC.')
const TRANSACTION_ID = required('STRING', 'Id of the payment as its producer gave it.')
const DECISION_ID = required('STRING', '<input partition>-<input offset> of the payment.')
const SENDER = required('STRING', 'Account that pays.')
const REASONS = records('Why: each signal that hit; the points sum to fraud_score.', {
  signal: required('STRING', 'VELOCITY, HIGH_AMOUNT and so on.'),
  points: required('INT64', 'Points that it added.'),
})
const SEMANTICS = required('INT64', 'Version of the rules of computation.')

const PAYMENT_TRANSACTIONS = {
  name: 'payment_transactions',
  description: 'One row for each accepted payment, masked, with its outcome.',
  partitionBy: 'event_time',
  clusterBy: ['sender_account_id', 'merchant_id', 'region'],
  expiryDays: PAYMENT_DAYS,
  columns: {
    transaction_id: TRANSACTION_ID,
    decision_id: DECISION_ID,
    idempotency_key: nullable('STRING', 'The caller’s key of the request.'),
    event_time: EVENT_TIME,
    append_time: required('TIMESTAMP', 'When the log took the payment.'),
    sender_account_id: SENDER,
    receiver_account_id: required('STRING', 'Account that is paid.'),
    amount: required('NUMERIC', 'In major units of the currency; exact.'),
    currency: required('STRING', 'ISO 4217 code.'),
    kind: required('STRING', 'card, transfer, withdrawal or refund.'),
    channel: required('STRING', 'pos, ecommerce, atm, mobile, web, branch, api or other.'),
    merchant_id: nullable('STRING', 'Merchant, card numbers in it redacted.'),
    merchant_category: nullable('STRING', 'ISO 18245 category code.'),
    terminal_id: nullable('STRING', 'Terminal.'),
    region: nullable('STRING', 'ISO 3166-1 alpha-2 country.'),
    latitude: nullable('FLOAT64', 'Degrees.'),
    longitude: nullable('FLOAT64', 'Degrees.'),
    device_id: nullable('STRING', 'Device of the payer.'),
    mask_key_id: nullable('STRING', 'Key of the tokens; null when the payment held no personal data.'),
    card_masked: nullable('STRING', 'XXXX-XXXX-XXXX- and the last four digits.'),
    card_token: nullable('STRING', 'Keyed token of the card number.'),
    expiry_masked: nullable('STRING', 'MM/XX.'),
    cvv_masked: nullable('STRING', 'XXX.'),
    cardholder_name_masked: nullable('STRING', 'Masked name.'),
    cardholder_name_token: nullable('STRING', 'Keyed token of the name.'),
    email_masked: nullable('STRING', 'Masked address.'),
    email_token: nullable('STRING', 'Keyed token of the address.'),
    ip_masked: nullable('STRING', 'Masked address.'),
    ip_token: nullable('STRING', 'Keyed token of the address.'),
    memo: nullable('STRING', 'Free text, card numbers in it redacted.'),
    outcome: required('STRING', 'approve, challenge, review or block.'),
    decided_by: required('STRING', 'The precedence that won.'),
    rule_version: required('STRING', 'Rule set in force.'),
    semantics_version: SEMANTICS,
    ...COORDINATES,
  },
} as const satisfies Table

const PAYMENT_TRANSACTIONS_FRAUD = {
  name: 'payment_transactions_fraud',
  description: 'One row for each accepted payment: what was counted, how it scored and why.',
  partitionBy: 'event_time',
  clusterBy: ['sender_account_id', 'fraud_score_band'],
  expiryDays: PAYMENT_DAYS,
  columns: {
    transaction_id: TRANSACTION_ID,
    decision_id: DECISION_ID,
    event_time: EVENT_TIME,
    sender_account_id: SENDER,
    amount: required('NUMERIC', 'In major units of the currency; exact.'),
    currency: required('STRING', 'ISO 4217 code.'),
    region: nullable('STRING', 'ISO 3166-1 alpha-2 country.'),
    velocity_count: required('INT64', 'Distinct payments of the sender in the last 60 s, this one included.'),
    is_velocity_fraud: required('BOOL', 'More than 3 of them.'),
    velocity_fraud_peers: repeated('STRING', 'The other transaction ids in that window, oldest first, at most 50.'),
    severity: required('STRING', 'NONE, HIGH or CRITICAL.'),
    late: required('BOOL', 'Came after the grace of 10 s.'),
    saturated: required('BOOL', 'The sender’s window was full; counts are lower limits.'),
    excused: required('BOOL', 'The sender’s habits took the velocity points away.'),
    velocity_5m_count: required('INT64', 'Distinct payments of the sender in the last 5 min.'),
    devices_1h: required('INT64', 'Distinct devices of the last hour.'),
    regions_1h: required('INT64', 'Distinct regions of the last hour.'),
    fraud_count: required('INT64', 'Payments of the last hour that are, or stand near, flagged ones.'),
    baseline_payments: required('INT64', 'Payments of the sender that were decided before this one.'),
    fraud_score: required('INT64', '0 to 100.'),
    fraud_score_band: required('STRING', 'LOW below 40, MEDIUM to 80, HIGH above.'),
    reasons: REASONS,
    not_evaluated: repeated('STRING', 'Signals that a missing field kept from being judged.'),
    outcome: required('STRING', 'approve, challenge, review or block.'),
    decided_by: required('STRING', 'The precedence that won.'),
    actions: repeated('STRING', 'Every rule that hit: BLOCK_CARD, REQUIRE_3DS, MANUAL_REVIEW.'),
    rule_version: required('STRING', 'Rule set in force.'),
    rule_hash: required('STRING', 'Hash of that rule set.'),
    semantics_version: SEMANTICS,
    ...COORDINATES,
  },
} as const satisfies Table

export const PII_MASKING_AUDIT = {
  name: 'pii_masking_audit',
  description: 'One row for each accepted payment: which fields were masked, by which rule and key. Never a value.',
  partitionBy: 'event_time',
  clusterBy: ['mask_key_id', 'transaction_id'],
  expiryDays: EVIDENCE_DAYS,
  columns: {
    transaction_id: TRANSACTION_ID,
    decision_id: DECISION_ID,
    event_time: EVENT_TIME,
    mask_key_id: nullable('STRING', 'Key in use; null when the payment held no personal data.'),
    fields: records('What was masked; empty when there was nothing to mask.', {
      field: required('STRING', 'Name of the field.'),
      rule: required('STRING', 'TOKENISED, TRUNCATED, REMOVED, REDACTED or AT_PRODUCER.'),
      key_id: nullable('STRING', 'Key of the token; null where the rule needs none.'),
    }),
    semantics_version: SEMANTICS,
    ...COORDINATES,
  },
} as const satisfies Table

export const PAYMENT_RESOLUTIONS = {
  name: 'payment_resolutions',
  description: 'The single end of each challenge and each review.',
  partitionBy: 'event_time',
  clusterBy: ['sender_account_id', 'outcome'],
  expiryDays: PAYMENT_DAYS,
  columns: {
    transaction_id: TRANSACTION_ID,
    decision_id: required('STRING', 'The decision that it ends.'),
    event_time: required('TIMESTAMP', 'When it ended; the partition is its date in UTC.'),
    sender_account_id: SENDER,
    outcome: required('STRING', 'passed, failed, expired, approved or declined.'),
    actor: required('STRING', 'Who ended it.'),
    semantics_version: SEMANTICS,
    ...COORDINATES,
  },
} as const satisfies Table

const PAYMENT_SHADOW_VERDICTS = {
  name: 'payment_shadow_verdicts',
  description: 'What signals in shadow would have done to a decision, for each on which one of them hit.',
  partitionBy: 'event_time',
  clusterBy: ['sender_account_id', 'rule_version'],
  expiryDays: PAYMENT_DAYS,
  columns: {
    transaction_id: TRANSACTION_ID,
    decision_id: required('STRING', 'The decision, which stands as it was made.'),
    event_time: required('TIMESTAMP', 'When the payment was made; the partition is its date in UTC.'),
    sender_account_id: SENDER,
    reasons: REASONS,
    fraud_score: required('INT64', '0 to 100, what the score would have been.'),
    actions: repeated('STRING', 'Every rule that would have hit.'),
    rule_version: required('STRING', 'The rule set that had the signals in shadow.'),
    rule_hash: required('STRING', 'Its hash.'),
    semantics_version: SEMANTICS,
    ...COORDINATES,
  },
} as const satisfies Table

const FRAUD_VELOCITY_ALERTS = {
  name: 'fraud_velocity_alerts',
  description: 'Every alert that the chain raised.',
  partitionBy: 'event_time',
  clusterBy: ['sender_account_id', 'severity'],
  expiryDays: PAYMENT_DAYS,
  columns: {
    alert_id: required('STRING', '<input partition>-<input offset>-<n>.'),
    kind: required('STRING', 'VELOCITY, ID_CONFLICT or CONTROL_REFUSED.'),
    revised: required('BOOL', 'A later window was lifted over the threshold; its decision stands.'),
    transaction_id: nullable('STRING', 'The payment whose window is meant.'),
    decision_id: required('STRING', '<input partition>-<input offset> of the record that raised it.'),
    sender_account_id: nullable('STRING', 'Account that pays.'),
    event_time: required('TIMESTAMP', 'End of the window; the partition is its date in UTC.'),
    velocity_count: required('INT64', 'Distinct payments in the window.'),
    severity: required('STRING', 'NONE, HIGH or CRITICAL.'),
    amount: nullable('NUMERIC', 'In major units of the currency; exact.'),
    currency: nullable('STRING', 'ISO 4217 code.'),
    region: nullable('STRING', 'ISO 3166-1 alpha-2 country.'),
    fraud_count: required('INT64', 'Payments of the last hour that are, or stand near, flagged ones.'),
    fraud_score: required('INT64', '0 to 100.'),
    reasons: REASONS,
    semantics_version: SEMANTICS,
    ...COORDINATES,
  },
} as const satisfies Table

const PAYMENT_DUPLICATES = {
  name: 'payment_duplicates',
  description: 'Each repeat that dedup ended, with the coordinates of the first.',
  partitionBy: 'event_time',
  clusterBy: ['sender_account_id', 'transaction_id'],
  expiryDays: PAYMENT_DAYS,
  columns: {
    transaction_id: TRANSACTION_ID,
    sender_account_id: SENDER,
    event_time: EVENT_TIME,
    append_time: required('TIMESTAMP', 'When the log took the repeat.'),
    input_topic: required('STRING', 'Topic of the repeat and of the first.'),
    input_partition: required('INT64', 'Partition of both.'),
    input_offset: required('INT64', 'Offset of the repeat.'),
    first_offset: required('INT64', 'Offset of the first.'),
    first_stream_time: required('TIMESTAMP', 'Stream time after the first; the horizon counts from it.'),
    semantics_version: SEMANTICS,
    ...COORDINATES,
  },
} as const satisfies Table

const AUDIT_LOG = {
  name: 'audit_log',
  description: 'Who did what and how it ended: calls of the API, acts of people. Never a secret.',
  partitionBy: 'event_time',
  clusterBy: ['actor', 'act'],
  expiryDays: EVIDENCE_DAYS,
  columns: {
    event_id: required('STRING', 'A repeat of the same event is the same id.'),
    event_time: required('TIMESTAMP', 'When the act ended; the partition is its date in UTC.'),
    actor: required('STRING', 'Who.'),
    role: nullable('STRING', 'In what role.'),
    act: required('STRING', 'What, as object.verb.'),
    subject: nullable('STRING', 'On what, by its id.'),
    result: required('STRING', 'done, refused or failed, or an HTTP status.'),
    reason: nullable('STRING', 'Why.'),
    source_token: nullable('STRING', 'From where: the keyed token of the address.'),
    request_id: nullable('STRING', 'The request that did it.'),
    trace_id: nullable('STRING', 'Its W3C trace.'),
    ...COORDINATES,
  },
} as const satisfies Table

/** Every table of the archive. */
export const TABLES = [
  PAYMENT_TRANSACTIONS,
  PAYMENT_TRANSACTIONS_FRAUD,
  PII_MASKING_AUDIT,
  PAYMENT_RESOLUTIONS,
  PAYMENT_SHADOW_VERDICTS,
  FRAUD_VELOCITY_ALERTS,
  PAYMENT_DUPLICATES,
  AUDIT_LOG,
] as const satisfies readonly Table[]

export type TableName = (typeof TABLES)[number]['name']

/** The row type of a table by its name. */
export type Row<N extends TableName> = RowOf<Extract<(typeof TABLES)[number], { readonly name: N }>>

/** A row of any table. */
export type AnyRow = TableRow['row']

/** A row with the table it belongs to. */
export type TableRow = { [N in TableName]: { readonly table: N; readonly row: Row<N> } }[TableName]
