import type { View } from './view.ts'

export const VELOCITY_FRAUD_ANALYSIS: View = {
  name: 'velocity_fraud_analysis',
  question: 'Which bursts of payments did each account make, how large were they, and how did the chain answer?',
  bigquery: (t) => `SELECT
  DATE(event_time) AS event_date,
  sender_account_id,
  COUNT(*) AS flagged_payments,
  MAX(velocity_count) AS max_velocity_count,
  MAX(ARRAY_LENGTH(velocity_fraud_peers)) AS max_peers,
  COUNTIF(severity = 'CRITICAL') AS critical,
  COUNTIF(excused) AS excused,
  COUNTIF(outcome = 'block') AS blocked,
  MAX(fraud_score) AS max_score,
  MIN(event_time) AS first_flagged,
  MAX(event_time) AS last_flagged,
  TIMESTAMP_DIFF(MAX(event_time), MIN(event_time), MILLISECOND) AS burst_ms
FROM ${t('payment_transactions_fraud')}
WHERE is_velocity_fraud
GROUP BY event_date, sender_account_id
ORDER BY event_date, flagged_payments DESC, sender_account_id`,
  duckdb: `SELECT
  CAST(event_time AS DATE) AS event_date,
  sender_account_id,
  COUNT(*) AS flagged_payments,
  MAX(velocity_count) AS max_velocity_count,
  MAX(len(velocity_fraud_peers)) AS max_peers,
  COUNT(*) FILTER (WHERE severity = 'CRITICAL') AS critical,
  COUNT(*) FILTER (WHERE excused) AS excused,
  COUNT(*) FILTER (WHERE outcome = 'block') AS blocked,
  MAX(fraud_score) AS max_score,
  MIN(event_time) AS first_flagged,
  MAX(event_time) AS last_flagged,
  date_sub('millisecond', MIN(event_time), MAX(event_time)) AS burst_ms
FROM payment_transactions_fraud
WHERE is_velocity_fraud
GROUP BY event_date, sender_account_id
ORDER BY event_date, flagged_payments DESC, sender_account_id`,
}
