import type { Senders } from '../stores/senders.ts'

/** A list of the last hour's values in a sender's row: hash words, latest event times beside them. */
export interface RecentValues {
  readonly at: number
  readonly timesAt: number
  readonly slots: number
}

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
  const { words, doubles } = senders
  const first = senders.word + list.at
  const times = senders.double + list.timesAt
  let others = 0
  let held = false
  for (let i = 0; i < list.slots && words[first + i] !== 0; i++) {
    if (words[first + i] === value) held = true
    else if (doubles[times + i]! >= fromMs) others++
  }
  // A new value pushes the oldest out of a full list, so at most the others but one stay beside it.
  if (own === 1 && !held && !late && others === list.slots) others--
  return others + own
}

/** Notes `value` as seen at `eventTimeMs`; over the bound the value of the lowest time goes, the earliest added among equals. */
export function noteRecent(senders: Senders, list: RecentValues, value: number, eventTimeMs: number): void {
  if (value === 0) return
  const { words, doubles } = senders
  const first = senders.word + list.at
  const times = senders.double + list.timesAt
  let slot = 0
  for (; slot < list.slots && words[first + slot] !== 0; slot++) {
    if (words[first + slot] !== value) continue
    if (doubles[times + slot]! < eventTimeMs) doubles[times + slot] = eventTimeMs
    return
  }
  if (slot === list.slots) slot = dropLowest(senders, list)
  words[first + slot] = value
  doubles[times + slot] = eventTimeMs
}

/** Closes the gap of the lowest, so that slots stay in the order of adding. Returns the free last slot. */
function dropLowest(senders: Senders, list: RecentValues): number {
  const { words, doubles } = senders
  const first = senders.word + list.at
  const times = senders.double + list.timesAt
  let lowest = 0
  for (let i = 1; i < list.slots; i++) if (doubles[times + i]! < doubles[times + lowest]!) lowest = i
  for (let i = lowest; i < list.slots - 1; i++) {
    words[first + i] = words[first + i + 1]!
    doubles[times + i] = doubles[times + i + 1]!
  }
  return list.slots - 1
}
