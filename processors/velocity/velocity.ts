import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { NO_ENTRY } from '../../streams/state/window-store.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import { ENTRY_AMOUNT, ENTRY_CURRENCY } from '../stores/layout.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { DEVICES_RECENT, REGIONS_RECENT } from '../stores/senders.ts'
import { PEERS_MAX } from '../verdict-draft.ts'
import { recentCount } from './recent-values.ts'

/** SPEC V1: the window, both ends included. */
export const WINDOW_MS = 60_000
/** SPEC V6: the longer count. */
const LONG_WINDOW_MS = 300_000
/** SPEC V3: out-of-order payments up to this far behind stream time are counted exactly. */
const GRACE_MS = 10_000
/** An entry older than this behind stream time is in no window that can still be asked for. */
export const HELD_MS: number = LONG_WINDOW_MS + GRACE_MS
/** SPEC V6: devices and regions. */
export const RECENT_MS = 3_600_000
/** SPEC V6: entries of one sender; one more pushes out the oldest, and the sender counts as saturated. */
export const WINDOW_ENTRIES_MAX = 512
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
  const window = draft.known ? stores.senders.window : NO_ENTRY
  countWindow(draft, stores, window)
  draft.saturated = draft.known && streamTimeMs <= stores.senders.saturatedUntilMs
  if (!draft.late && isFull(stores, window, streamTimeMs - HELD_MS)) draft.saturated = true
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

/** Whether one more entry would push out one that is still held. */
function isFull({ entries }: PaymentStores, head: number, heldFromMs: number): boolean {
  return entries.length(head) === WINDOW_ENTRIES_MAX && entries.timeMs(entries.oldest(head)) >= heldFromMs
}

function countWindow(draft: PaymentDraft, stores: PaymentStores, head: number): void {
  const { entries } = stores
  const { eventTimeMs: t, streamTimeMs, amountMinor, currency } = draft
  const heldFromMs = streamTimeMs - HELD_MS
  const windowFromMs = t - WINDOW_MS
  const longFromMs = Math.max(t - LONG_WINDOW_MS, heldFromMs)
  let count = 1
  let longCount = 1
  let equal = true
  for (let entry = head; entry !== NO_ENTRY; entry = entries.older(entry)) {
    const ms = entries.timeMs(entry)
    if (ms < longFromMs) break
    if (ms > t) continue
    longCount++
    if (ms < windowFromMs) continue
    count++
    if (entries.double(entry, ENTRY_AMOUNT) !== amountMinor || entries.int(entry, ENTRY_CURRENCY) !== currency) {
      equal = false
    }
  }
  draft.velocityCount = count
  draft.velocity5mCount = longCount
  draft.windowEqual = equal
}

/** The other ids of the window, oldest first, as Avro strings. */
function collectPeers(draft: PaymentDraft, stores: PaymentStores, head: number): void {
  const { entries } = stores
  const fromMs = Math.max(draft.eventTimeMs - WINDOW_MS, draft.streamTimeMs - HELD_MS)
  const out = draft.peerRoom()
  let at = 0
  let count = 0
  for (let entry = entries.oldest(head); entry !== NO_ENTRY && count < PEERS_MAX; entry = entries.newer(head, entry)) {
    const ms = entries.timeMs(entry)
    if (ms < fromMs) continue
    if (ms > draft.eventTimeMs) break
    const length = entries.idLength(entry)
    const source = entries.idSource(entry)
    const start = entries.idStart(entry)
    // An id has at most 64 bytes, but 64 takes two bytes of length.
    out[at++] = length < 64 ? length << 1 : 0x80
    if (length === 64) out[at++] = 1
    for (let i = 0; i < length; i++) out[at++] = source[start + i]!
    count++
  }
  draft.peersCount = count
  draft.peersLength = at
}
