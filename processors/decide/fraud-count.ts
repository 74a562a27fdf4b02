import { NO_ENTRY } from '../../streams/state/window-store.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import {
  ENTRY_AMOUNT,
  ENTRY_COUNTED,
  ENTRY_CURRENCY,
  ENTRY_EXCUSABLE,
  ENTRY_FLAGGED,
  ENTRY_REGION,
  HELD_MS,
  NO_ROW,
  WINDOW_ENTRIES_MAX,
  WINDOW_MS,
} from '../stores/layout.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { RECENT_MS } from '../velocity/velocity.ts'

/**
 * Judges what this payment makes of its sender's last hour (SPEC S3, V4): flagged payments and all that stand in their windows are
 * counted, each once; a later window that it lifts over the threshold is flagged now and revised.
 *
 * Out:   `fraudCount`, and the revised windows in event-time order.
 * Store: flags of the sender's window entries, and the counted times in its watch.
 */
export function countFraud(draft: PaymentDraft, stores: PaymentStores): void {
  const { entries, senders } = stores
  const t = draft.eventTimeMs
  draft.revisedCount = 0
  const flagged = draft.isVelocityFraud && !draft.excused
  if (draft.entry !== NO_ENTRY) {
    entries.setFlags(draft.entry, (draft.excusable ? ENTRY_EXCUSABLE : 0) | (flagged ? ENTRY_FLAGGED : 0))
    reviseLater(draft, stores)
  }
  if (flagged) {
    countWindow(stores, t, draft.streamTimeMs)
    if (draft.entry === NO_ENTRY) count(stores, t)
  }
  draft.fraudCount = senders.watch === NO_ROW ? 0 : countedInLastHour(stores, t)
}

function countedInLastHour({ senders, watches }: PaymentStores, t: number): number {
  watches.at(senders.watch)
  return watches.countedBetween(t - RECENT_MS, t)
}

// Scratch space: the entries after one payment, newest first.
const laterEntries = new Int32Array(WINDOW_ENTRIES_MAX + 1)

/** Looks at the payments after this one: is it in a flagged window, and does it lift one? Oldest of them first. */
function reviseLater(draft: PaymentDraft, stores: PaymentStores): void {
  const { entries } = stores
  const untilMs = draft.eventTimeMs + WINDOW_MS
  let inFlagged = false
  let later = 0
  // Entries of the same time came earlier, so they stand behind this one.
  for (let entry = stores.senders.window; entry !== draft.entry; entry = entries.older(entry)) {
    if (entries.timeMs(entry) <= untilMs) laterEntries[later++] = entry
  }
  for (let entry = entries.older(draft.entry); entry !== NO_ENTRY; entry = entries.older(entry)) {
    if (entries.timeMs(entry) < draft.eventTimeMs) break
    if ((entries.flags(entry) & ENTRY_FLAGGED) !== 0) inFlagged = true
  }
  while (later > 0) {
    const entry = laterEntries[--later]!
    const flags = entries.flags(entry)
    if ((flags & ENTRY_FLAGGED) !== 0) inFlagged = true
    else if ((flags & ENTRY_EXCUSABLE) === 0) revise(draft, stores, entry, flags)
  }
  if (inFlagged) countEntry(stores, draft.entry)
}

/** Flags a later window if it now holds too many payments. */
function revise(draft: PaymentDraft, stores: PaymentStores, entry: number, flags: number): void {
  const { entries, senders, rules } = stores
  const ms = entries.timeMs(entry)
  const fromMs = Math.max(ms - WINDOW_MS, draft.streamTimeMs - HELD_MS)
  const size = entries.countBetween(senders.window, fromMs, ms)
  if (size <= rules.rules.signals.VELOCITY.threshold) return
  entries.setFlags(entry, flags | ENTRY_FLAGGED)
  countWindow(stores, ms, draft.streamTimeMs)
  const revised = draft.addRevised()
  revised.count = size
  revised.eventTimeMs = ms
  revised.amountMinor = entries.double(entry, ENTRY_AMOUNT)
  revised.currency = entries.int(entry, ENTRY_CURRENCY)
  revised.region = entries.int(entry, ENTRY_REGION)
  revised.idLength = entries.idLength(entry)
  const start = entries.idStart(entry)
  revised.id.set(entries.idSource(entry).subarray(start, start + revised.idLength))
}

/** Counts every held payment of the window that ends at `toMs`. */
function countWindow(stores: PaymentStores, toMs: number, streamTimeMs: number): void {
  const { entries, senders } = stores
  const fromMs = Math.max(toMs - WINDOW_MS, streamTimeMs - HELD_MS)
  const head = senders.window
  for (let entry = head; entry !== NO_ENTRY; entry = entries.older(entry)) {
    const ms = entries.timeMs(entry)
    if (ms < fromMs) break
    if (ms <= toMs) countEntry(stores, entry)
  }
}

function countEntry(stores: PaymentStores, entry: number): void {
  const { entries } = stores
  const flags = entries.flags(entry)
  if ((flags & ENTRY_COUNTED) !== 0) return
  entries.setFlags(entry, flags | ENTRY_COUNTED)
  count(stores, entries.timeMs(entry))
}

function count(stores: PaymentStores, eventTimeMs: number): void {
  stores.editWatch()
  stores.watches.addCounted(eventTimeMs)
}
