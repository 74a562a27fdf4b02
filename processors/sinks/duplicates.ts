import { encodeDuplicate } from '../../schemas/generated/duplicate.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import type { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { putValue } from './put-value.ts'
import { SEMANTICS_VERSION } from './semantics-version.ts'

/** A repeat that dedup ended, with the coordinates of the first (SPEC D2). */
export function writeDuplicates(
  payment: PaymentSubmittedReader,
  draft: PaymentDraft,
  { tools }: PaymentStores,
  out: RecordBatchWriter,
): void {
  const value = encodeDuplicate({
    transactionId: payment.transactionId,
    senderAccountId: payment.senderAccountId,
    eventTime: draft.eventTimeMs,
    inputTopic: tools.inputTopic,
    inputPartition: draft.partition,
    inputOffset: draft.offset,
    appendTime: draft.appendTimeMs,
    firstOffset: draft.firstOffset,
    firstStreamTime: draft.firstStreamTimeMs,
    semanticsVersion: SEMANTICS_VERSION,
  })
  out.begin(draft.appendTimeMs, payment.buffer, draft.keyAt, draft.keyLength)
  putValue(out, tools.schemaIds.duplicate, value)
}
