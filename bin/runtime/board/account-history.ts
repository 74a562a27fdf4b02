import type { PaymentView } from '../../../dashboards/board/views.ts'
import type { Config } from '../../../platform/config.ts'
import { currencyExponent } from '../../../schemas/currencies.ts'
import { archiveRows } from '../archive/archive-rows.ts'
import { ANSWER_MS } from './compliance-view.ts'

/** Payments that one look at the archive shows. */
const PAYMENTS_MAX = 200

/** Of what the archive has of a payment, what the screens show; named as there. */
interface ArchivedPayment extends Omit<PaymentView, 'amountMinor'> {
  readonly amount: string
}

/**
 * The payments of an account from before a time, newest first, from the archive. `accountId` is text that needs no escaping in SQL.
 * @throws when the archive cannot be asked.
 */
export async function accountHistory(config: Config, accountId: string, beforeMs: number): Promise<PaymentView[]> {
  const fields = {
    decisionId: 'p.decision_id',
    transactionId: 'p.transaction_id',
    accountId: 'p.sender_account_id',
    receiverId: 'p.receiver_account_id',
    eventTime: 'epoch_ms(p.event_time)',
    amount: 'CAST(p.amount AS VARCHAR)',
    currency: 'p.currency',
    kind: 'p.kind',
    channel: 'p.channel',
    merchantId: 'p.merchant_id',
    region: 'p.region',
    deviceId: 'p.device_id',
    score: 'f.fraud_score',
    severity: 'f.severity',
    outcome: 'p.outcome',
    reasons: 'f.reasons',
    actions: 'f.actions',
    velocityCount: 'f.velocity_count',
    peers: 'f.velocity_fraud_peers',
  } satisfies Record<keyof ArchivedPayment, string>
  const object = Object.entries(fields).map(([name, sql]) => `'${name}', ${sql}`)
  const rows = archiveRows(
    config,
    `SELECT CAST(json_object(${object.join(', ')}) AS VARCHAR) AS json FROM payment_transactions AS p` +
      ' JOIN payment_transactions_fraud AS f USING (kafka_topic, kafka_partition, kafka_offset)' +
      ` WHERE p.sender_account_id = '${accountId}' AND epoch_ms(p.event_time) < ${beforeMs}` +
      ` ORDER BY p.event_time DESC LIMIT ${PAYMENTS_MAX}`,
    ANSWER_MS,
  )
  return Array.fromAsync(rows, ({ json }) => {
    const { amount, ...payment } = JSON.parse(String(json)) as ArchivedPayment
    return { ...payment, amountMinor: minorUnits(amount, payment.currency) }
  })
}

/** `52.00` of USD is 5200; never by a float. */
function minorUnits(amount: string, currency: string): number {
  const exponent = currencyExponent(currency) ?? 0
  const [units = '', places = ''] = amount.split('.')
  return Number(units + places.padEnd(exponent, '0').slice(0, exponent))
}
