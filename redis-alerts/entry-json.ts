import { majorUnits } from '../schemas/decimal.ts'
import type { Alert } from '../schemas/generated/alert.ts'
import type { FraudAction } from '../schemas/generated/fraud-action.ts'

/** An alert as readers get it: the fields of SPEC A1 first, then what tells where it came from. */
export function alertJson(alert: Alert): string {
  return JSON.stringify({
    transaction_id: alert.transactionId,
    velocity_count: alert.velocityCount,
    amount: amountOf(alert),
    region: alert.region,
    severity: alert.severity,
    reasons: alert.reasons,
    score: alert.fraudScore,
    kind: alert.kind,
    revised: alert.revised,
    sender_account_id: alert.senderAccountId,
    fraud_count: alert.fraudCount,
    currency: alert.currency,
    event_time: alert.eventTime,
    alert_id: alert.alertId,
    decision_id: `${alert.inputPartition}-${alert.inputOffset}`,
  })
}

/** An action as readers get it; `ends_at` is when it is history, epoch ms. */
export function actionJson(action: FraudAction, endsMs: number): string {
  return JSON.stringify({
    action: action.action,
    sender_account_id: action.senderAccountId,
    transaction_id: action.transactionId,
    event_time: action.eventTime,
    until: action.until,
    fraud_count: action.fraudCount,
    score: action.fraudScore,
    episode_id: action.episodeId,
    action_id: action.actionId,
    decision_id: action.decisionId,
    rule_version: action.ruleVersion,
    ends_at: endsMs,
  })
}

/** What stands in the JSON of an account's alerts and actions, and in no other's: account ids need no escape. */
export function accountMark(account: string): string {
  return `"sender_account_id":"${account}"`
}

/** An alert that is about no payment has no amount. */
function amountOf({ amountMinor, currency }: Alert): string | null {
  return amountMinor === null || currency === null ? null : majorUnits(amountMinor, currency)
}
