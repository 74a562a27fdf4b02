import type { PaymentView } from '../../../dashboards/board/views.ts'
import type { Decision } from '../../../schemas/generated/decision.ts'

/** What the screens show of one decided payment. */
export function paymentView(decision: Decision): PaymentView {
  const { transactionId, receiverAccountId, eventTime, amountMinor, currency, kind, channel } = decision
  const { merchantId, region, deviceId, severity, outcome, reasons, actions, velocityCount } = decision
  return {
    decisionId: decision.decisionId,
    transactionId,
    accountId: decision.senderAccountId,
    receiverId: receiverAccountId,
    eventTime,
    amountMinor,
    currency,
    kind,
    channel,
    merchantId,
    region,
    deviceId,
    score: decision.fraudScore,
    severity,
    outcome,
    reasons,
    actions,
    velocityCount,
    peers: decision.velocityFraudPeers,
  }
}
