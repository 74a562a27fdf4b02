import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { NO_ENTRY } from '../../streams/state/window-store.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import {
  ENTRY_AMOUNT,
  ENTRY_CURRENCY,
  GRACE_MS,
  HELD_MS,
  LONG_WINDOW_MS,
  WINDOW_ENTRIES_MAX,
  WINDOW_MS,
} from '../stores/layout.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { DEVICES_RECENT, REGIONS_RECENT } from '../stores/senders.ts'
import { PEERS_MAX } from '../verdict-draft.ts'
import { recentCount } from './recent-values.ts'

/** SPEC V6: devices and regions. */
export const RECENT_MS = 3_600_000
/** SPEC V2: a window of more payments than this is CRITICAL. */
const HIGH_UP_TO = 4

/**
 * Reads the sender's window of the last 60 s of event time, the payment itself included (SPEC V1, V2, V6).
 *
 * In:     a masked payment; stream time before it.
 * Out:    counts, flag, peers, lateness. A late payment is measured over what the store still holds (SPEC V3).
 * Store:  reads this sender's row and window; writes nothing, so a repeat leaves no trace.
 * Source: sliding window with grace, both ends included (KIP-450), reduced to the one that ends at the payment.
 */
export function velocity(_payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores): void {
  const t = draft.eventTimeMs
  const streamTimeMs = Math.max(stores.streamTime.ms, t)
  draft.streamTimeMs = streamTimeMs
  draft.late = t < streamTimeMs - GRACE_MS
  stores.findSender(draft)
  const window = draft.known ? stores.windowOf(draft.sender) : NO_ENTRY
  countWindow(draft, stores, window)
  draft.saturated = draft.known && streamTimeMs <= stores.senders.saturatedUntilMs
  // No room for this payment's own entry.
  if (!draft.late && draft.windowHeld === WINDOW_ENTRIES_MAX) draft.saturated = true
  draft.isVelocityFraud = draft.saturated || draft.velocityCount > stores.rules.rules.signals.VELOCITY.threshold
  draft.peersCount = 0
  draft.peersLength = 0
  if (draft.isVelocityFraud && draft.velocityCount > 1) collectPeers(draft, stores, window)
  const recentFromMs = t - RECENT_MS
  const { senders } = stores
  draft.devices1h = recentCount(senders, draft.known, DEVICES_RECENT, draft.deviceHash, recentFromMs, draft.late)
  draft.regions1h = recentCount(senders, draft.known, REGIONS_RECENT, draft.region, recentFromMs, draft.late)
}

/** Severity (SPEC V2), an ordinal of Severity: 4 payments HIGH, 5 or more CRITICAL. */
export function severityOf(velocityCount: number, saturated: boolean): number {
  return saturated || velocityCount > HIGH_UP_TO ? 2 : 1
}

function countWindow(draft: PaymentDraft, stores: PaymentStores, head: number): void {
  const { entries } = stores
  const { eventTimeMs: t, streamTimeMs, amountMinor, currency } = draft
  const heldFromMs = streamTimeMs - HELD_MS
  const windowFromMs = t - WINDOW_MS
  const longFromMs = Math.max(t - LONG_WINDOW_MS, heldFromMs)
  let count = 1
  let longCount = 1
  let held = 0
  let equal = true
  for (let entry = head; entry !== NO_ENTRY; entry = entries.older(entry)) {
    const ms = entries.timeMs(entry)
    if (ms < heldFromMs) break
    held++
    if (ms < longFromMs || ms > t) continue
    longCount++
    if (ms < windowFromMs) continue
    count++
    if (entries.double(entry, ENTRY_AMOUNT) !== amountMinor || entries.int(entry, ENTRY_CURRENCY) !== currency) {
      equal = false
    }
  }
  draft.velocityCount = count
  draft.velocity5mCount = longCount
  draft.windowHeld = held
  draft.windowEqual = equal
}

// Scratch space: the entries of one window, newest first.
const windowEntries = new Int32Array(WINDOW_ENTRIES_MAX + 1)

/** The other ids of the window, oldest first, as Avro strings. */
function collectPeers(draft: PaymentDraft, stores: PaymentStores, head: number): void {
  const { entries } = stores
  const fromMs = Math.max(draft.eventTimeMs - WINDOW_MS, draft.streamTimeMs - HELD_MS)
  let found = 0
  for (let entry = head; entry !== NO_ENTRY; entry = entries.older(entry)) {
    const ms = entries.timeMs(entry)
    if (ms < fromMs) break
    if (ms <= draft.eventTimeMs) windowEntries[found++] = entry
  }
  const out = draft.peerRoom()
  let at = 0
  let count = 0
  for (; count < PEERS_MAX && count < found; count++) {
    const entry = windowEntries[found - 1 - count]!
    const length = entries.idLength(entry)
    const source = entries.idSource(entry)
    const start = entries.idStart(entry)
    // An id has at most 64 bytes, but 64 takes two bytes of length.
    out[at++] = length < 64 ? length << 1 : 0x80
    if (length === 64) out[at++] = 1
    for (let i = 0; i < length; i++) out[at++] = source[start + i]!
  }
  draft.peersCount = count
  draft.peersLength = at
}
