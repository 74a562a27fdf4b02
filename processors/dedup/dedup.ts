import { DeadLetterReasonOrdinal } from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { CONFLICT, DUPLICATE } from '../../streams/disposition.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import { NO_ROW } from '../stores/layout.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'

/**
 * Asks whether the id was seen within the horizon (SPEC D1, D2), and ends a repeat there.
 *
 * In:     a measured payment; stream time before it.
 * Out:    nothing for a first sight; a duplicate with the first's coordinates; or a conflict: same id, other content.
 * Store:  remembers a first sight and moves stream time on; a repeat changes nothing.
 * Throws: DEDUP_FULL or ROWS_FULL (stop) when a store is at its bound, with nothing changed: a live id is never evicted (SPEC D3).
 */
export function dedup(_payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores): void {
  const { dedupTable, streamTime } = stores
  const { id0, id1, id2, id3, fingerprint } = draft
  const first = dedupTable.lookup(id0, id1, id2, id3, streamTime.ms)
  if (first === NO_ROW) {
    stores.requireRoom()
    dedupTable.insert(id0, id1, id2, id3, fingerprint, draft.streamTimeMs, draft.offset)
    streamTime.advance(draft.eventTimeMs)
    return
  }
  draft.firstOffset = dedupTable.offset(first)
  draft.firstStreamTimeMs = dedupTable.seenStreamTimeMs(first)
  if (dedupTable.fingerprint(first) === fingerprint) {
    draft.disposition = DUPLICATE
    return
  }
  draft.disposition = CONFLICT
  draft.reason = DeadLetterReasonOrdinal.ID_CONFLICT
  draft.detail = 'transaction_id: seen with other content'
}
