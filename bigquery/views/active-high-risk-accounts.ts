import type { View } from './view.ts'

/** Active: paid within 24 h before the newest payment of the archive, whatever the clock says; so a copy answers the same tomorrow. */
export const ACTIVE_HIGH_RISK_ACCOUNTS: View = {
  name: 'active_high_risk_accounts',
  question:
    'Which accounts that paid within the last 24 h of event time were blocked, scored above 80 or reached a fraud count of 4?',
  bigquery: (t) => `SELECT
  sender_account_id,
  COUNT(*) AS payments,
  MAX(fraud_score) AS max_score,
  MAX(fraud_count) AS max_fraud_count,
  COUNTIF(outcome = 'block') AS blocked,
  COUNTIF(is_velocity_fraud) AS velocity_frauds,
  MAX(event_time) AS last_payment
FROM ${t('payment_transactions_fraud')}
WHERE event_time >= TIMESTAMP_SUB((SELECT MAX(event_time) FROM ${t('payment_transactions_fraud')}), INTERVAL 24 HOUR)
GROUP BY sender_account_id
HAVING MAX(fraud_score) > 80 OR MAX(fraud_count) >= 4 OR COUNTIF(outcome = 'block') > 0
ORDER BY max_score DESC, max_fraud_count DESC, sender_account_id`,
  duckdb: `SELECT
  sender_account_id,
  COUNT(*) AS payments,
  MAX(fraud_score) AS max_score,
  MAX(fraud_count) AS max_fraud_count,
  COUNT(*) FILTER (WHERE outcome = 'block') AS blocked,
  COUNT(*) FILTER (WHERE is_velocity_fraud) AS velocity_frauds,
  MAX(event_time) AS last_payment
FROM payment_transactions_fraud
WHERE event_time >= (SELECT MAX(event_time) FROM payment_transactions_fraud) - INTERVAL 24 HOUR
GROUP BY sender_account_id
HAVING MAX(fraud_score) > 80 OR MAX(fraud_count) >= 4 OR COUNT(*) FILTER (WHERE outcome = 'block') > 0
ORDER BY max_score DESC, max_fraud_count DESC, sender_account_id`,
}
