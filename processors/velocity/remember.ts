import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { NO_ENTRY } from '../../streams/state/window-store.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import { ENTRY_AMOUNT, ENTRY_CURRENCY, ENTRY_OFFSET, ENTRY_REGION, NO_ROW } from '../stores/layout.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { DEVICES_RECENT, REGIONS_RECENT } from '../stores/senders.ts'
import { noteRecent } from './recent-values.ts'
import { HELD_MS, WINDOW_ENTRIES_MAX } from './velocity.ts'

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
  draft.entry = NO_ENTRY
  if (draft.late) return
  draft.entry = addEntry(payment, draft, stores)
  noteRecent(senders, DEVICES_RECENT, draft.deviceHash, draft.eventTimeMs)
  noteRecent(senders, REGIONS_RECENT, draft.region, draft.eventTimeMs)
}

function addEntry(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores): number {
  const { senders, entries } = stores
  const head = entries.trim(senders.window, draft.streamTimeMs - HELD_MS)
  const entry = entries.insert(head, draft.eventTimeMs)
  entries.setDouble(entry, ENTRY_AMOUNT, draft.amountMinor)
  entries.setDouble(entry, ENTRY_OFFSET, draft.offset)
  entries.setInt(entry, ENTRY_CURRENCY, draft.currency)
  entries.setInt(entry, ENTRY_REGION, draft.region)
  entries.setId(entry, payment.buffer, payment.transactionIdAt, payment.transactionIdLength)
  const grown = entries.headAfter(head, entry)
  senders.window = entries.length(grown) > WINDOW_ENTRIES_MAX ? dropOldest(stores, grown) : grown
  return entry
}

function dropOldest({ senders, entries }: PaymentStores, head: number): number {
  const untilMs = entries.timeMs(entries.oldest(head)) + HELD_MS
  if (untilMs > senders.saturatedUntilMs) senders.saturatedUntilMs = untilMs
  return entries.dropOldest(head)
}
