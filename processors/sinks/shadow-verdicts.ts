import { ACTION_SYMBOLS, SIGNAL_SYMBOLS } from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { encodeShadowVerdict } from '../../schemas/generated/shadow-verdict.ts'
import type { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import { hitActions } from '../decide/decide.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { putValue } from './put-value.ts'
import { SEMANTICS_VERSION } from './semantics-version.ts'

/** What signals in shadow that hit would have done to a decision (SPEC S1); nothing where none did. */
export function writeShadowVerdicts(
  payment: PaymentSubmittedReader,
  draft: PaymentDraft,
  { tools }: PaymentStores,
  out: RecordBatchWriter,
): void {
  const { rules, hits, shadowHits, excused } = draft
  if (shadowHits === 0) return
  // Points as if all counted, so what they would have added is cut at 100 as ever.
  const all = rules.pointsOf(hits | shadowHits, excused)
  const fraudScore = all.reduce((sum, [, points]) => sum + points, 0)
  const actions = hitActions(draft, fraudScore)
  const value = encodeShadowVerdict({
    decisionId: `${draft.partition}-${draft.offset}`,
    transactionId: payment.transactionId,
    senderAccountId: payment.senderAccountId,
    eventTime: draft.eventTimeMs,
    reasons: all
      .filter(([ordinal]) => (shadowHits & (1 << ordinal)) !== 0)
      .map(([ordinal, points]) => ({ signal: SIGNAL_SYMBOLS[ordinal]!, points })),
    fraudScore,
    actions: ACTION_SYMBOLS.filter((_, ordinal) => (actions & (1 << ordinal)) !== 0),
    ruleVersion: rules.rules.version,
    ruleHash: rules.hash,
    inputTopic: tools.inputTopic,
    inputPartition: draft.partition,
    inputOffset: draft.offset,
    semanticsVersion: SEMANTICS_VERSION,
  })
  out.begin(draft.appendTimeMs, payment.buffer, draft.keyAt, draft.keyLength)
  putValue(out, tools.schemaIds.shadowVerdict, value)
}
