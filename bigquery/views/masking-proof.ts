import type { View } from './view.ts'

/** Text columns of a payment; whatever a card number could hide in. */
const TEXTS = [
  'transaction_id',
  'idempotency_key',
  'sender_account_id',
  'receiver_account_id',
  'merchant_id',
  'merchant_category',
  'terminal_id',
  'device_id',
  'card_masked',
  'expiry_masked',
  'cvv_masked',
  'cardholder_name_masked',
  'email_masked',
  'ip_masked',
  'memo',
]

/** 13 to 19 digits with at most one separator between two, of an issuer's first digits: a shape, not yet a number (SPEC M4). */
const CARD_SHAPE = '(^|[^0-9])([3-6]|2[2-7])([ .-]?[0-9]){12,18}([^0-9]|$)'

export const MASKING_PROOF: View = {
  name: 'masking_proof',
  question:
    'Does every payment of each day have its masking audit, and does a card number, a code or an expiry stand in any text?',
  bigquery: (t) => `SELECT
  DATE(p.event_time) AS event_date,
  COUNT(*) AS payments,
  COUNTIF(a.decision_id IS NOT NULL) AS audited,
  COUNTIF(p.card_token IS NOT NULL) AS with_card,
  COUNTIF(EXISTS(SELECT 1 FROM UNNEST(a.fields) AS f WHERE f.field = 'pan' AND f.rule = 'TOKENISED')) AS cards_tokenised_here,
  COUNTIF(EXISTS(SELECT 1 FROM UNNEST(a.fields) AS f WHERE f.field = 'pan' AND f.rule = 'AT_PRODUCER')) AS cards_masked_at_producer,
  COUNTIF(EXISTS(SELECT 1 FROM UNNEST(a.fields) AS f WHERE f.rule = 'REDACTED')) AS texts_redacted,
  COUNTIF(REGEXP_CONTAINS(p.card_masked, r'^XXXX-XXXX-XXXX-[0-9]{4}$') IS FALSE) AS cards_shown,
  COUNTIF(p.cvv_masked <> 'XXX') AS codes_shown,
  COUNTIF(REGEXP_CONTAINS(p.expiry_masked, r'^(0[1-9]|1[0-2]|XX)/XX$') IS FALSE) AS expiries_shown,
  COUNTIF(${TEXTS.map((name) => `COALESCE(REGEXP_CONTAINS(p.${name}, r'${CARD_SHAPE}'), FALSE)`).join(' OR ')}) AS texts_like_a_card
FROM ${t('payment_transactions')} AS p
LEFT JOIN ${t('pii_masking_audit')} AS a
  ON a.kafka_partition = p.kafka_partition AND a.kafka_offset = p.kafka_offset AND a.kafka_topic = p.kafka_topic
GROUP BY event_date
ORDER BY event_date`,
  duckdb: `SELECT
  CAST(p.event_time AS DATE) AS event_date,
  COUNT(*) AS payments,
  COUNT(a.decision_id) AS audited,
  COUNT(p.card_token) AS with_card,
  COUNT(*) FILTER (WHERE len(list_filter(a.fields, lambda f: f.field = 'pan' AND f.rule = 'TOKENISED')) > 0) AS cards_tokenised_here,
  COUNT(*) FILTER (WHERE len(list_filter(a.fields, lambda f: f.field = 'pan' AND f.rule = 'AT_PRODUCER')) > 0) AS cards_masked_at_producer,
  COUNT(*) FILTER (WHERE len(list_filter(a.fields, lambda f: f.rule = 'REDACTED')) > 0) AS texts_redacted,
  COUNT(*) FILTER (WHERE NOT regexp_matches(p.card_masked, '^XXXX-XXXX-XXXX-[0-9]{4}$')) AS cards_shown,
  COUNT(*) FILTER (WHERE p.cvv_masked <> 'XXX') AS codes_shown,
  COUNT(*) FILTER (WHERE NOT regexp_matches(p.expiry_masked, '^(0[1-9]|1[0-2]|XX)/XX$')) AS expiries_shown,
  COUNT(*) FILTER (WHERE ${TEXTS.map((name) => `COALESCE(regexp_matches(p.${name}, '${CARD_SHAPE}'), FALSE)`).join(' OR ')}) AS texts_like_a_card
FROM payment_transactions AS p
LEFT JOIN pii_masking_audit AS a
  ON a.kafka_partition = p.kafka_partition AND a.kafka_offset = p.kafka_offset AND a.kafka_topic = p.kafka_topic
GROUP BY event_date
ORDER BY event_date`,
}
