import type { View } from './view.ts'

const COLUMNS = (t: (table: string) => string, countIf: (condition: string) => string, day: string) => `SELECT
  ${day} AS event_date,
  currency,
  COUNT(*) AS payments,
  SUM(amount) AS amount,
  ${countIf("outcome = 'approve'")} AS approved,
  ${countIf("outcome = 'challenge'")} AS challenged,
  ${countIf("outcome = 'review'")} AS reviewed,
  ${countIf("outcome = 'block'")} AS blocked,
  SUM(CASE WHEN outcome = 'block' THEN amount ELSE 0 END) AS amount_blocked,
  ${countIf('is_velocity_fraud')} AS velocity_frauds,
  ${countIf("fraud_score_band = 'HIGH'")} AS high_scores,
  MAX(fraud_score) AS max_score
FROM ${t('payment_transactions_fraud')}
GROUP BY event_date, currency
ORDER BY event_date, currency`

export const FRAUD_SUMMARY: View = {
  name: 'fraud_summary',
  question:
    'How many payments of each day and currency were approved, challenged, reviewed and blocked, and for how much?',
  bigquery: (t) => COLUMNS(t, (condition) => `COUNTIF(${condition})`, 'DATE(event_time)'),
  duckdb: COLUMNS(
    (table) => table,
    (condition) => `COUNT(*) FILTER (WHERE ${condition})`,
    'CAST(event_time AS DATE)',
  ),
}
