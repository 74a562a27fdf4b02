import { NO_ENTRY } from '../../streams/state/window-store.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import { NO_ROW } from '../stores/layout.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'

/**
 * Steps that only touch memory, each run over all payments of a run before the next: the state of a hundred thousand senders is in no
 * cache, and misses of different payments wait together when nothing stands between them. Deciding then finds its rows near.
 * Nothing here changes what is decided; `sender` is looked up again where it was not found.
 */
export const APPROACH: readonly ((draft: PaymentDraft, stores: PaymentStores) => void)[] = [
  (draft, { senders, dedupTable, touched }) => {
    touched.sum += senders.rows.touchIndex(draft.sender0, draft.sender1) + dedupTable.touchIndex(draft.id0, draft.id1)
  },
  (draft, { senders }) => {
    draft.sender = senders.rows.find(draft.sender0, draft.sender1, draft.sender2, draft.sender3)
  },
  (draft, { senders, touched }) => {
    if (draft.sender !== NO_ROW) touched.sum += senders.rows.touch(draft.sender)
  },
  (draft, { senders, entries, touched }) => {
    if (draft.sender === NO_ROW) return
    senders.at(draft.sender)
    const head = senders.window
    if (head !== NO_ENTRY) touched.sum += entries.rows.touch(head - 1)
  },
]
