import type { AccountView, ActionValue, PaymentView } from '../../../dashboards/board/views.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { partitionOfAccount } from '../control/control-records.ts'
import type { Standing } from '../control/standing.ts'
import { scanPartition } from '../partition-scan.ts'
import { OutputValues } from '../record-values.ts'
import type { Session } from '../session.ts'
import { paymentView } from './payment-view.ts'

/** Decisions of the account's partition that are read for one look: the newest. */
const READ_MAX = 10_000
const PAYMENTS_MAX = 200

/** An account's last payments, as far back as the newest records of its partition go, and how it stands. */
export async function accountView(
  { log, ids }: Pick<Session<Log>, 'log' | 'ids'>,
  accountId: string,
  standing: Standing | null,
  actions: readonly ActionValue[],
): Promise<AccountView> {
  const at = { topic: TOPICS.paymentsDecided.name, partition: partitionOfAccount(accountId) }
  const { startOffset, endOffset } = await log.bounds(at)
  const from = Math.max(startOffset, endOffset - READ_MAX)
  const values = new OutputValues(ids)
  const wanted = new TextEncoder().encode(accountId)
  const payments: PaymentView[] = []
  let readSince: number | null = null
  await scanPartition(log, at, from, endOffset, (record, view) => {
    if (from > startOffset) readSince ??= record.timestampMs
    if (!isKey(record.bytes, record.keyAt, record.keyLength, wanted)) return
    const decision = values.decisionOf(record, view)
    if (decision !== null) payments.push(paymentView(decision.toObject()))
    if (payments.length > PAYMENTS_MAX) payments.shift()
  })
  return {
    accountId,
    standing: standing?.known ? standing : null,
    payments: payments.reverse(),
    readSince,
    actions,
  }
}

function isKey(bytes: Uint8Array, at: number, length: number, key: Uint8Array): boolean {
  if (length !== key.length) return false
  for (let i = 0; i < length; i++) if (bytes[at + i] !== key[i]) return false
  return true
}
