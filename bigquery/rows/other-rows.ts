import type { Alert } from '../../schemas/generated/alert.ts'
import type { AuditEvent } from '../../schemas/generated/audit-event.ts'
import type { Duplicate } from '../../schemas/generated/duplicate.ts'
import type { Resolution } from '../../schemas/generated/resolution.ts'
import type { ShadowVerdict } from '../../schemas/generated/shadow-verdict.ts'
import type { Row } from '../schema/tables.ts'
import { eventTime, numericAmount } from './column-values.ts'
import type { RecordPlace } from './coordinates.ts'

export function resolutionRow(
  resolution: Resolution,
  { coordinates, appendTimeMs }: RecordPlace,
): Row<'payment_resolutions'> {
  return {
    transaction_id: resolution.transactionId,
    decision_id: resolution.decisionId,
    event_time: eventTime(resolution.eventTime, appendTimeMs),
    sender_account_id: resolution.senderAccountId,
    outcome: resolution.outcome,
    actor: resolution.actor,
    semantics_version: resolution.semanticsVersion,
    ...coordinates,
  }
}

export function shadowRow(
  verdict: ShadowVerdict,
  { coordinates, appendTimeMs }: RecordPlace,
): Row<'payment_shadow_verdicts'> {
  return {
    transaction_id: verdict.transactionId,
    decision_id: verdict.decisionId,
    event_time: eventTime(verdict.eventTime, appendTimeMs),
    sender_account_id: verdict.senderAccountId,
    reasons: verdict.reasons,
    fraud_score: verdict.fraudScore,
    actions: verdict.actions,
    rule_version: verdict.ruleVersion,
    rule_hash: verdict.ruleHash,
    semantics_version: verdict.semanticsVersion,
    ...coordinates,
  }
}

/** A CONTROL_REFUSED alert tells of no payment, so it has no amount. An ERASURE is for those who hold live alerts: it has no row. */
export function alertRow(
  alert: Alert,
  { coordinates, appendTimeMs }: RecordPlace,
): Row<'fraud_velocity_alerts'> | null {
  if (alert.kind === 'ERASURE') return null
  const { amountMinor, currency } = alert
  return {
    alert_id: alert.alertId,
    kind: alert.kind,
    revised: alert.revised,
    transaction_id: alert.transactionId,
    decision_id: `${alert.inputPartition}-${alert.inputOffset}`,
    sender_account_id: alert.senderAccountId,
    event_time: eventTime(alert.eventTime, appendTimeMs),
    velocity_count: alert.velocityCount,
    severity: alert.severity,
    amount: amountMinor === null || currency === null ? null : numericAmount(amountMinor, currency),
    currency,
    region: alert.region,
    fraud_count: alert.fraudCount,
    fraud_score: alert.fraudScore,
    reasons: alert.reasons,
    semantics_version: alert.semanticsVersion,
    ...coordinates,
  }
}

export function duplicateRow(
  duplicate: Duplicate,
  { coordinates, appendTimeMs }: RecordPlace,
): Row<'payment_duplicates'> {
  return {
    transaction_id: duplicate.transactionId,
    sender_account_id: duplicate.senderAccountId,
    event_time: eventTime(duplicate.eventTime, appendTimeMs),
    append_time: duplicate.appendTime,
    input_topic: duplicate.inputTopic,
    input_partition: duplicate.inputPartition,
    input_offset: duplicate.inputOffset,
    first_offset: duplicate.firstOffset,
    first_stream_time: duplicate.firstStreamTime,
    semantics_version: duplicate.semanticsVersion,
    ...coordinates,
  }
}

export function auditRow(event: AuditEvent, { coordinates, appendTimeMs }: RecordPlace): Row<'audit_log'> {
  return {
    event_id: event.eventId,
    event_time: eventTime(event.eventTime, appendTimeMs),
    actor: event.actor,
    role: event.role,
    act: event.act,
    subject: event.subject,
    result: event.result,
    reason: event.reason,
    source_token: event.sourceToken,
    request_id: event.requestId,
    trace_id: event.traceId,
    ...coordinates,
  }
}
