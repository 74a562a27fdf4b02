import { ACTION_SYMBOLS } from '../../schemas/generated/enums.ts'
import { encodeFraudAction } from '../../schemas/generated/fraud-action.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import type { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { putValue } from './put-value.ts'
import { SEMANTICS_VERSION } from './semantics-version.ts'

/** The actions that a payment fires: each once in its sender's episode (SPEC S3, S9). */
export function writeActions(
  payment: PaymentSubmittedReader,
  draft: PaymentDraft,
  { tools }: PaymentStores,
  out: RecordBatchWriter,
): void {
  if (draft.firedActions === 0) return
  const decisionId = `${draft.partition}-${draft.offset}`
  for (const [ordinal, action] of ACTION_SYMBOLS.entries()) {
    if ((draft.firedActions & (1 << ordinal)) === 0) continue
    const value = encodeFraudAction({
      actionId: `${decisionId}-${action}`,
      action,
      senderAccountId: payment.senderAccountId,
      transactionId: payment.transactionId,
      decisionId,
      episodeId: `${draft.partition}-${draft.episodeOffset}`,
      eventTime: draft.eventTimeMs,
      until: action === 'BLOCK_CARD' ? draft.blockUntilMs : null,
      fraudCount: draft.fraudCount,
      fraudScore: draft.fraudScore,
      ruleVersion: draft.rules.rules.version,
      inputTopic: tools.inputTopic,
      inputPartition: draft.partition,
      inputOffset: draft.offset,
      semanticsVersion: SEMANTICS_VERSION,
    })
    out.begin(draft.appendTimeMs, payment.buffer, draft.keyAt, draft.keyLength)
    putValue(out, tools.schemaIds.action, value)
  }
}
