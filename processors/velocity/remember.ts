import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { NO_ENTRY } from '../../streams/state/window-store.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import {
  ENTRY_AMOUNT,
  ENTRY_CURRENCY,
  ENTRY_OFFSET,
  ENTRY_REGION,
  HELD_MS,
  NO_ROW,
  WINDOW_ENTRIES_MAX,
} from '../stores/layout.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { DEVICES_RECENT, REGIONS_RECENT } from '../stores/senders.ts'
import { noteRecent } from './recent-values.ts'

/**
 * Adds a first sight to its sender's window and to the values of the last hour (SPEC D6); a late one updates baselines only
 * (SPEC V3), so it only makes sure that the sender has a row. Dedup has made sure that there is room.
 */
export function remember(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores): void {
  const { senders } = stores
  if (draft.sender === NO_ROW) {
    draft.sender = senders.add(draft.sender0, draft.sender1, draft.sender2, draft.sender3)
  } else {
    senders.edit()
    if (!draft.known) stores.forgetSender(draft.streamTimeMs)
  }
  // A head that has left the ring is forgotten here, so that later stages may follow it.
  const head = stores.windowOf(draft.sender)
  senders.window = head
  draft.entry = NO_ENTRY
  if (draft.late) return
  if (draft.windowHeld === WINDOW_ENTRIES_MAX) {
    // One more is not held, so until it would leave the window the sender counts as saturated (SPEC V6).
    senders.saturatedUntilMs = Math.max(senders.saturatedUntilMs, draft.eventTimeMs + HELD_MS)
    return
  }
  draft.entry = addEntry(payment, draft, stores, head)
  noteRecent(senders, DEVICES_RECENT, draft.deviceHash, draft.eventTimeMs)
  noteRecent(senders, REGIONS_RECENT, draft.region, draft.eventTimeMs)
}

function addEntry(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores, head: number): number {
  const { senders, entries } = stores
  const entry = entries.insert(draft.sender, head, draft.eventTimeMs)
  entries.setDouble(entry, ENTRY_AMOUNT, draft.amountMinor)
  entries.setDouble(entry, ENTRY_OFFSET, draft.offset)
  entries.setInt(entry, ENTRY_CURRENCY, draft.currency)
  entries.setInt(entry, ENTRY_REGION, draft.region)
  entries.setId(entry, payment.buffer, payment.transactionIdAt, payment.transactionIdLength)
  senders.window = entries.headAfter(head, entry)
  return entry
}
