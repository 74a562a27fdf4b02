import type { Decision } from '../../schemas/generated/decision.ts'
import type { MaskRule } from '../../schemas/generated/enums.ts'
import type { Row } from '../schema/tables.ts'
import { eventTime, numericAmount } from './column-values.ts'
import type { RecordPlace } from './coordinates.ts'

/** Rules that make a token, and so need a key. What a producer has masked holds tokens of the same key. */
const KEYED: ReadonlySet<MaskRule> = new Set(['TOKENISED', 'AT_PRODUCER'])

/** The payment as it was decided. */
export function transactionRow(
  decision: Decision,
  { coordinates, appendTimeMs }: RecordPlace,
): Row<'payment_transactions'> {
  return {
    transaction_id: decision.transactionId,
    decision_id: decision.decisionId,
    idempotency_key: decision.idempotencyKey,
    event_time: eventTime(decision.eventTime, appendTimeMs),
    append_time: decision.appendTime,
    sender_account_id: decision.senderAccountId,
    receiver_account_id: decision.receiverAccountId,
    amount: numericAmount(decision.amountMinor, decision.currency),
    currency: decision.currency,
    kind: decision.kind,
    channel: decision.channel,
    merchant_id: decision.merchantId,
    merchant_category: decision.merchantCategory,
    terminal_id: decision.terminalId,
    region: decision.region,
    latitude: decision.latitude,
    longitude: decision.longitude,
    device_id: decision.deviceId,
    mask_key_id: decision.maskKeyId,
    card_masked: decision.cardMasked,
    card_token: decision.cardToken,
    expiry_masked: decision.expiryMasked,
    cvv_masked: decision.cvvMasked,
    cardholder_name_masked: decision.cardholderNameMasked,
    cardholder_name_token: decision.cardholderNameToken,
    email_masked: decision.emailMasked,
    email_token: decision.emailToken,
    ip_masked: decision.ipMasked,
    ip_token: decision.ipToken,
    memo: decision.memo,
    outcome: decision.outcome,
    decided_by: decision.decidedBy,
    rule_version: decision.ruleVersion,
    semantics_version: decision.semanticsVersion,
    ...coordinates,
  }
}

/** What the chain counted and how it scored. */
export function fraudRow(
  decision: Decision,
  { coordinates, appendTimeMs }: RecordPlace,
): Row<'payment_transactions_fraud'> {
  return {
    transaction_id: decision.transactionId,
    decision_id: decision.decisionId,
    event_time: eventTime(decision.eventTime, appendTimeMs),
    sender_account_id: decision.senderAccountId,
    amount: numericAmount(decision.amountMinor, decision.currency),
    currency: decision.currency,
    region: decision.region,
    velocity_count: decision.velocityCount,
    is_velocity_fraud: decision.isVelocityFraud,
    velocity_fraud_peers: decision.velocityFraudPeers,
    severity: decision.severity,
    late: decision.late,
    saturated: decision.saturated,
    excused: decision.excused,
    velocity_5m_count: decision.velocity5mCount,
    devices_1h: decision.devices1h,
    regions_1h: decision.regions1h,
    fraud_count: decision.fraudCount,
    baseline_payments: decision.baselinePayments,
    fraud_score: decision.fraudScore,
    fraud_score_band: scoreBand(decision.fraudScore),
    reasons: decision.reasons,
    not_evaluated: decision.notEvaluated,
    outcome: decision.outcome,
    decided_by: decision.decidedBy,
    actions: decision.actions,
    rule_version: decision.ruleVersion,
    rule_hash: decision.ruleHash,
    semantics_version: decision.semanticsVersion,
    ...coordinates,
  }
}

/** What was masked (SPEC M5), without a value. */
export function maskingRow(decision: Decision, { coordinates, appendTimeMs }: RecordPlace): Row<'pii_masking_audit'> {
  const { maskKeyId } = decision
  return {
    transaction_id: decision.transactionId,
    decision_id: decision.decisionId,
    event_time: eventTime(decision.eventTime, appendTimeMs),
    mask_key_id: maskKeyId,
    fields: decision.maskings.map(({ field, rule }) => ({ field, rule, key_id: KEYED.has(rule) ? maskKeyId : null })),
    semantics_version: decision.semanticsVersion,
    ...coordinates,
  }
}

/** By the default thresholds of SPEC S3, whatever the rule set says: bands of all days compare. */
function scoreBand(score: number): string {
  if (score > 80) return 'HIGH'
  return score >= 40 ? 'MEDIUM' : 'LOW'
}
