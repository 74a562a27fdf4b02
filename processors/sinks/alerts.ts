import { CURRENCIES } from '../../schemas/currencies.ts'
import { type Alert, encodeAlert } from '../../schemas/generated/alert.ts'
import type { ControlRecordReader } from '../../schemas/generated/control-record.ts'
import { ControlKindOrdinal, SEVERITY_SYMBOLS, SIGNAL_SYMBOLS } from '../../schemas/generated/enums.ts'
import type { Reason } from '../../schemas/generated/parts.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { REGIONS } from '../../schemas/regions.ts'
import type { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import type { RecordDraft } from '../../streams/record-draft.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import type { RevisedWindow } from '../stores/revised-window.ts'
import { severityOf } from '../velocity/velocity.ts'
import { putValue } from './put-value.ts'
import { SEMANTICS_VERSION } from './semantics-version.ts'

const TEXT = new TextDecoder()
const NO_KEY = -1

/** The alerts of a decided payment (SPEC V2, V4): its own window's, unless the sender's habits excuse it, then the revised ones. */
export function writeVelocityAlerts(
  payment: PaymentSubmittedReader,
  draft: PaymentDraft,
  stores: PaymentStores,
  out: RecordBatchWriter,
): void {
  let number = 0
  if (draft.isVelocityFraud && !draft.excused) {
    put(draft, stores, out, ownWindow(payment, draft, stores, number++))
  }
  for (let i = 0; i < draft.revisedCount; i++) {
    put(draft, stores, out, revisedWindow(payment, draft, draft.revised[i]!, stores, number++))
  }
}

/** Somebody sends another payment under an id that was used (SPEC D2). */
export function writeConflictAlerts(
  payment: PaymentSubmittedReader,
  draft: PaymentDraft,
  stores: PaymentStores,
  out: RecordBatchWriter,
): void {
  put(draft, stores, out, {
    ...nothingYet(draft, stores, 0),
    kind: 'ID_CONFLICT',
    transactionId: payment.transactionId,
    senderAccountId: payment.senderAccountId,
    eventTime: draft.eventTimeMs,
    amountMinor: draft.amountMinor,
    currency: CURRENCIES.codes[draft.currency]!,
    region: payment.region,
  })
}

/** Somebody sends a control record that may not take effect (SPEC S7). Its fields and key are not to be believed, so none is passed on. */
export function writeRefusalAlerts(
  _record: unknown,
  draft: RecordDraft,
  stores: PaymentStores,
  out: RecordBatchWriter,
): void {
  const alert = encodeAlert({ ...nothingYet(draft, stores, 0), kind: 'CONTROL_REFUSED' })
  out.begin(draft.appendTimeMs, stores.tools.arena, 0, NO_KEY)
  putValue(out, stores.tools.schemaIds.alert, alert)
}

/** Tells readers of alerts that an account was erased (SPEC B4): in its order, so that what comes later of it stays. */
export function writeErasureAlerts(
  record: ControlRecordReader,
  draft: RecordDraft,
  stores: PaymentStores,
  out: RecordBatchWriter,
): void {
  if (record.kind !== ControlKindOrdinal.ERASURE) return
  const { accountId: senderAccountId, eventTime } = record
  put(draft, stores, out, { ...nothingYet(draft, stores, 0), kind: 'ERASURE', senderAccountId, eventTime })
}

function ownWindow(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores, number: number): Alert {
  return {
    ...nothingYet(draft, stores, number),
    transactionId: payment.transactionId,
    senderAccountId: payment.senderAccountId,
    eventTime: draft.eventTimeMs,
    velocityCount: draft.velocityCount,
    severity: SEVERITY_SYMBOLS[severityOf(draft.velocityCount, draft.saturated)]!,
    amountMinor: draft.amountMinor,
    currency: CURRENCIES.codes[draft.currency]!,
    region: payment.region,
    fraudScore: draft.fraudScore,
    fraudCount: draft.fraudCount,
    reasons: reasonsOf(draft),
  }
}

function revisedWindow(
  payment: PaymentSubmittedReader,
  draft: PaymentDraft,
  window: RevisedWindow,
  stores: PaymentStores,
  number: number,
): Alert {
  return {
    ...nothingYet(draft, stores, number),
    revised: true,
    transactionId: TEXT.decode(window.id.subarray(0, window.idLength)),
    senderAccountId: payment.senderAccountId,
    eventTime: window.eventTimeMs,
    velocityCount: window.count,
    severity: SEVERITY_SYMBOLS[severityOf(window.count, false)]!,
    amountMinor: window.amountMinor,
    currency: CURRENCIES.codes[window.currency]!,
    region: window.region === 0 ? null : REGIONS.codes[window.region - 1]!,
    fraudCount: draft.fraudCount,
  }
}

function nothingYet(draft: RecordDraft, { tools }: PaymentStores, number: number): Alert {
  return {
    alertId: `${draft.partition}-${draft.offset}-${number}`,
    kind: 'VELOCITY',
    revised: false,
    transactionId: null,
    senderAccountId: null,
    eventTime: draft.appendTimeMs,
    velocityCount: 0,
    severity: 'NONE',
    amountMinor: null,
    currency: null,
    region: null,
    fraudCount: 0,
    fraudScore: 0,
    reasons: [],
    inputTopic: tools.inputTopic,
    inputPartition: draft.partition,
    inputOffset: draft.offset,
    semanticsVersion: SEMANTICS_VERSION,
  }
}

function reasonsOf({ rules, hits, excused }: PaymentDraft): Reason[] {
  return rules.pointsOf(hits, excused).map(([ordinal, points]) => ({ signal: SIGNAL_SYMBOLS[ordinal]!, points }))
}

function put(draft: RecordDraft, { tools }: PaymentStores, out: RecordBatchWriter, alert: Alert): void {
  out.begin(draft.appendTimeMs, tools.arena, draft.keyAt, draft.keyLength)
  putValue(out, tools.schemaIds.alert, encodeAlert(alert))
}
