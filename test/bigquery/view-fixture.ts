import { RecordRows } from '../../bigquery/rows/record-rows.ts'
import type { TableRow } from '../../bigquery/schema/tables.ts'
import type { Decision } from '../../schemas/generated/decision.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { ARCHIVE_IDS, decisionOf, duplicateOf, fetched, framedValue, NOON_MS } from './archived-records.ts'

const HOUR_MS = 3_600_000
const at = (isoUtc: string) => Date.parse(`${isoUtc}Z`)
const QUIET = {
  velocityCount: 1,
  isVelocityFraud: false,
  velocityFraudPeers: [],
  severity: 'NONE',
  fraudCount: 0,
} as const

/** Payments of two days; the archive's newest is at 11:00 of the second. */
const DECISIONS: readonly Partial<Decision>[] = [
  // A burst of A: approved, challenged, blocked. A card number stands in the memo of the first, which no chain would let through.
  {
    ...QUIET,
    transactionId: 't1',
    senderAccountId: 'A',
    eventTime: at('2026-11-25T10:00:00'),
    amountMinor: 1_000,
    fraudScore: 0,
    outcome: 'approve',
    memo: 'card 4111 1111 1111 1111',
  },
  {
    transactionId: 't2',
    senderAccountId: 'A',
    eventTime: at('2026-11-25T10:00:10'),
    amountMinor: 1_000,
    velocityCount: 4,
    fraudScore: 40,
    fraudCount: 4,
    outcome: 'challenge',
  },
  {
    transactionId: 't3',
    senderAccountId: 'A',
    eventTime: at('2026-11-25T10:00:20'),
    amountMinor: 1_050,
    velocityCount: 5,
    severity: 'CRITICAL',
    fraudScore: 85,
    fraudCount: 5,
    outcome: 'block',
  },
  // B pays in peace; its producer masks.
  {
    ...QUIET,
    transactionId: 't4',
    senderAccountId: 'B',
    eventTime: at('2026-11-25T11:00:00'),
    amountMinor: 5_000,
    currency: 'JPY',
    fraudScore: 15,
    outcome: 'approve',
    maskings: [{ field: 'pan', rule: 'AT_PRODUCER' }],
  },
  {
    ...QUIET,
    transactionId: 't5',
    senderAccountId: 'B',
    eventTime: at('2026-11-24T09:00:00'),
    amountMinor: 1,
    fraudScore: 0,
    outcome: 'approve',
    maskKeyId: null,
    cardMasked: null,
    cardToken: null,
    expiryMasked: null,
    cvvMasked: null,
    maskings: [],
  },
  // C uses an id that B has used, and paid more than a day before the newest.
  {
    transactionId: 't5',
    senderAccountId: 'C',
    eventTime: at('2026-11-24T09:00:00.500'),
    amountMinor: 600_000,
    velocityCount: 4,
    velocityFraudPeers: ['x', 'y', 'z'],
    excused: true,
    fraudScore: 81,
    fraudCount: 0,
    outcome: 'review',
  },
  // D's id comes again past the hour, on the next day.
  ...['2026-11-24T23:30:00', '2026-11-25T00:45:00'].map(
    (time): Partial<Decision> => ({
      ...QUIET,
      transactionId: 't6',
      senderAccountId: 'D',
      eventTime: at(time),
      amountMinor: 2_000,
      currency: 'CHF',
      fraudScore: 0,
      outcome: 'approve',
    }),
  ),
]

/** The rows of the fixture, in the order of their tables. */
export function fixtureRows(): TableRow[] {
  const make = new RecordRows(ARCHIVE_IDS)
  const decisions = DECISIONS.map((given, n) => framedValue.decision(decisionOf(n, { currency: 'EUR', ...given })))
  const duplicates = [
    duplicateOf(1, { transactionId: 't1', eventTime: at('2026-11-25T10:00:05') }),
    duplicateOf(2, { transactionId: 't4', eventTime: at('2026-11-25T11:00:00') }),
    // A retry with the time of a day on which nobody has paid.
    duplicateOf(3, { transactionId: 't5', eventTime: at('2026-11-23T23:50:00') }),
  ].map(framedValue.duplicate)
  const rowsOf = (topic: string, values: readonly Uint8Array[]) =>
    make.read(fetched(values, 0, NOON_MS + HOUR_MS), { topic, partition: 0 }, 0, NOON_MS).rows
  return [...rowsOf(TOPICS.paymentsDecided.name, decisions), ...rowsOf(TOPICS.paymentsDuplicates.name, duplicates)]
}

/**
 * What each view says of them, worked out by hand from the list above: column by column, whole numbers as numbers, money as
 * decimal text without trailing zeros, days and times as ISO 8601 in UTC.
 */
export const FIXTURE_ANSWERS: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  fraud_summary: [
    {
      event_date: '2026-11-24',
      currency: 'CHF',
      payments: 1,
      amount: '20',
      approved: 1,
      challenged: 0,
      reviewed: 0,
      blocked: 0,
      amount_blocked: '0',
      velocity_frauds: 0,
      high_scores: 0,
      max_score: 0,
    },
    {
      event_date: '2026-11-24',
      currency: 'EUR',
      payments: 2,
      amount: '6000.01',
      approved: 1,
      challenged: 0,
      reviewed: 1,
      blocked: 0,
      amount_blocked: '0',
      velocity_frauds: 1,
      high_scores: 1,
      max_score: 81,
    },
    {
      event_date: '2026-11-25',
      currency: 'CHF',
      payments: 1,
      amount: '20',
      approved: 1,
      challenged: 0,
      reviewed: 0,
      blocked: 0,
      amount_blocked: '0',
      velocity_frauds: 0,
      high_scores: 0,
      max_score: 0,
    },
    {
      event_date: '2026-11-25',
      currency: 'EUR',
      payments: 3,
      amount: '30.5',
      approved: 1,
      challenged: 1,
      reviewed: 0,
      blocked: 1,
      amount_blocked: '10.5',
      velocity_frauds: 2,
      high_scores: 1,
      max_score: 85,
    },
    {
      event_date: '2026-11-25',
      currency: 'JPY',
      payments: 1,
      amount: '5000',
      approved: 1,
      challenged: 0,
      reviewed: 0,
      blocked: 0,
      amount_blocked: '0',
      velocity_frauds: 0,
      high_scores: 0,
      max_score: 15,
    },
  ],
  velocity_fraud_analysis: [
    {
      event_date: '2026-11-24',
      sender_account_id: 'C',
      flagged_payments: 1,
      max_velocity_count: 4,
      max_peers: 3,
      critical: 0,
      excused: 1,
      blocked: 0,
      max_score: 81,
      first_flagged: '2026-11-24T09:00:00.500Z',
      last_flagged: '2026-11-24T09:00:00.500Z',
      burst_ms: 0,
    },
    {
      event_date: '2026-11-25',
      sender_account_id: 'A',
      flagged_payments: 2,
      max_velocity_count: 5,
      max_peers: 2,
      critical: 1,
      excused: 0,
      blocked: 1,
      max_score: 85,
      first_flagged: '2026-11-25T10:00:10.000Z',
      last_flagged: '2026-11-25T10:00:20.000Z',
      burst_ms: 10_000,
    },
  ],
  active_high_risk_accounts: [
    {
      sender_account_id: 'A',
      payments: 3,
      max_score: 85,
      max_fraud_count: 5,
      blocked: 1,
      velocity_frauds: 2,
      last_payment: '2026-11-25T10:00:20.000Z',
    },
  ],
  deduplication_effectiveness: [
    {
      event_date: '2026-11-23',
      raw_rows: 1,
      archived_rows: 0,
      distinct_ids: 0,
      duplicates_caught: 1,
      doubled_rows: 0,
      duplicates_in_archive: 0,
    },
    {
      event_date: '2026-11-24',
      raw_rows: 3,
      archived_rows: 3,
      distinct_ids: 2,
      duplicates_caught: 0,
      doubled_rows: 0,
      duplicates_in_archive: 1,
    },
    {
      event_date: '2026-11-25',
      raw_rows: 7,
      archived_rows: 5,
      distinct_ids: 5,
      duplicates_caught: 2,
      doubled_rows: 0,
      duplicates_in_archive: 1,
    },
  ],
  masking_proof: [
    {
      event_date: '2026-11-24',
      payments: 3,
      audited: 3,
      with_card: 2,
      cards_tokenised_here: 2,
      cards_masked_at_producer: 0,
      texts_redacted: 2,
      cards_shown: 0,
      codes_shown: 0,
      expiries_shown: 0,
      texts_like_a_card: 0,
    },
    {
      event_date: '2026-11-25',
      payments: 5,
      audited: 5,
      with_card: 5,
      cards_tokenised_here: 4,
      cards_masked_at_producer: 1,
      texts_redacted: 4,
      cards_shown: 0,
      codes_shown: 0,
      expiries_shown: 0,
      texts_like_a_card: 1,
    },
  ],
}
