import type { ControlRecordReader } from '../../schemas/generated/control-record.ts'
import { RESOLUTION_OUTCOME_SYMBOLS } from '../../schemas/generated/enums.ts'
import { encodeResolution } from '../../schemas/generated/resolution.ts'
import type { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import type { RecordDraft } from '../../streams/record-draft.ts'
import type { ControlDraft } from '../control/control-draft.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { putValue } from './put-value.ts'
import { SEMANTICS_VERSION } from './semantics-version.ts'

const TEXT = new TextDecoder()

/** The challenges and reviews that stream time ended with this payment (SPEC S8). */
export function writeExpiries(
  _payment: unknown,
  draft: PaymentDraft,
  stores: PaymentStores,
  out: RecordBatchWriter,
): void {
  writeEnded(draft, draft.endedFrom, draft.endedTo, 'stream-time', draft.streamTimeMs, stores, out)
}

/** The challenge or review that this control record ended. */
export function writeResolutions(
  record: ControlRecordReader,
  draft: ControlDraft,
  stores: PaymentStores,
  out: RecordBatchWriter,
): void {
  if (draft.endedFrom === draft.endedTo) return
  writeEnded(draft, draft.endedFrom, draft.endedTo, record.actor, record.eventTime, stores, out)
}

function writeEnded(
  draft: RecordDraft,
  from: number,
  to: number,
  actor: string,
  eventTime: number,
  { ended, tools }: PaymentStores,
  out: RecordBatchWriter,
): void {
  for (let i = from; i < to; i++) {
    const { offset, outcome, idsAt, transactionIdLength, senderLength } = ended.at(i)
    const senderAt = idsAt + transactionIdLength
    const value = encodeResolution({
      decisionId: `${draft.partition}-${offset}`,
      transactionId: TEXT.decode(ended.bytes.subarray(idsAt, senderAt)),
      senderAccountId: TEXT.decode(ended.bytes.subarray(senderAt, senderAt + senderLength)),
      outcome: RESOLUTION_OUTCOME_SYMBOLS[outcome]!,
      actor,
      eventTime,
      inputTopic: tools.inputTopic,
      inputPartition: draft.partition,
      inputOffset: draft.offset,
      semanticsVersion: SEMANTICS_VERSION,
    })
    // Keyed by the sender whose payment it was, which need not be the sender of the record that caused the end.
    out.begin(draft.appendTimeMs, ended.bytes, senderAt, senderLength)
    putValue(out, tools.schemaIds.resolution, value)
  }
}
