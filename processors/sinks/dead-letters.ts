import { encodeDeadLetter } from '../../schemas/generated/dead-letter.ts'
import { DEAD_LETTER_REASON_SYMBOLS } from '../../schemas/generated/enums.ts'
import type { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import type { RecordDraft } from '../../streams/record-draft.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { putValue } from './put-value.ts'
import { SEMANTICS_VERSION } from './semantics-version.ts'

const NO_KEY = -1

/**
 * Coordinates, reason and keyed hash of what could not be processed, never its bytes (SPEC M6). It has no record key: the key of a bad
 * record may hold anything.
 */
export function writeDeadLetters(
  _record: unknown,
  draft: RecordDraft,
  { tools, hash }: PaymentStores,
  out: RecordBatchWriter,
): void {
  hash.hash(draft.valueAt, Math.max(0, draft.valueLength))
  const value = encodeDeadLetter({
    reason: DEAD_LETTER_REASON_SYMBOLS[draft.reason] ?? 'UNKNOWN',
    detail: draft.detail,
    inputTopic: tools.inputTopic,
    inputPartition: draft.partition,
    inputOffset: draft.offset,
    appendTime: draft.appendTimeMs,
    valueHash: hexOf(hash.words),
    valueBytes: draft.valueLength,
    semanticsVersion: SEMANTICS_VERSION,
  })
  out.begin(draft.appendTimeMs, tools.arena, 0, NO_KEY)
  putValue(out, tools.schemaIds.deadLetter, value)
}

function hexOf(words: Int32Array): string {
  return Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}
