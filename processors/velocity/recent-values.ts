import type { Senders } from '../stores/senders.ts'

/** A list of the last hour's values in a sender's row, 4 words a slot: latest event time, hash word (0: empty), nothing. */
export interface RecentValues {
  readonly at: number
  readonly slots: number
}

const SLOT_WORDS = 4
const VALUE = 2

/**
 * Distinct values whose latest event time is at or after `fromMs`, this payment's own `value` (0: none) included (SPEC V6).
 * A late payment adds nothing to the list, so its own value counts beside a full one.
 */
export function recentCount(
  senders: Senders,
  known: boolean,
  list: RecentValues,
  value: number,
  fromMs: number,
  late: boolean,
): number {
  const own = value === 0 ? 0 : 1
  if (!known) return own
  const end = list.at + list.slots * SLOT_WORDS
  let others = 0
  let held = false
  for (let slot = list.at; slot < end; slot += SLOT_WORDS) {
    const known = senders.int(slot + VALUE)
    if (known === 0) break
    if (known === value) held = true
    else if (senders.double(slot) >= fromMs) others++
  }
  // A new value pushes the oldest out of a full list, so at most the others but one stay beside it.
  if (own === 1 && !held && !late && others === list.slots) others--
  return others + own
}

/** Notes `value` as seen at `eventTimeMs`; over the bound the value of the lowest time goes, the earliest added among equals. */
export function noteRecent(senders: Senders, list: RecentValues, value: number, eventTimeMs: number): void {
  if (value === 0) return
  const end = list.at + list.slots * SLOT_WORDS
  let slot = list.at
  for (; slot < end && senders.int(slot + VALUE) !== 0; slot += SLOT_WORDS) {
    if (senders.int(slot + VALUE) !== value) continue
    if (senders.double(slot) < eventTimeMs) senders.setDouble(slot, eventTimeMs)
    return
  }
  if (slot === end) slot = dropLowest(senders, list)
  senders.setInt(slot + VALUE, value)
  senders.setDouble(slot, eventTimeMs)
}

/** Closes the gap of the lowest, so that slots stay in the order of adding. Returns the free last slot. */
function dropLowest(senders: Senders, list: RecentValues): number {
  const last = list.at + (list.slots - 1) * SLOT_WORDS
  let lowest = list.at
  for (let slot = list.at; slot <= last; slot += SLOT_WORDS) {
    if (senders.double(slot) < senders.double(lowest)) lowest = slot
  }
  for (let slot = lowest; slot < last; slot += SLOT_WORDS) {
    senders.setInt(slot + VALUE, senders.int(slot + SLOT_WORDS + VALUE))
    senders.setDouble(slot, senders.double(slot + SLOT_WORDS))
  }
  return last
}
