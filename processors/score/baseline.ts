import type { PaymentDraft } from '../payment-draft.ts'
import {
  CATEGORIES_KNOWN,
  DEVICES_KNOWN,
  HISTOGRAM_AT,
  HISTOGRAM_BUCKETS,
  RECEIVERS_KNOWN,
  REGIONS_KNOWN,
  type Senders,
} from '../stores/senders.ts'

/** A list of known values in a sender's row, most recently used first, 0 where it is empty. */
export interface KnownValues {
  readonly at: number
  readonly slots: number
}

/** Whether the baseline holds the value. */
export function isKnown(senders: Senders, list: KnownValues, value: number): boolean {
  for (let at = list.at; at < list.at + list.slots; at++) if (senders.int(at) === value) return value !== 0
  return false
}

/** Whether the baseline holds any value of this kind. */
export function hasAny(senders: Senders, list: KnownValues): boolean {
  return senders.int(list.at) !== 0
}

/** Moves the value to the front; a new one pushes the least recently used out (SPEC S2: oldest out). */
function useValue(senders: Senders, list: KnownValues, value: number): void {
  if (value === 0) return
  const last = list.at + list.slots - 1
  let at = list.at
  while (at < last && senders.int(at) !== value) at++
  // Most often it is the one used last.
  if (senders.int(list.at) !== value) senders.shiftIn(list.at, at, value)
}

/** The amount's bucket: bits of the amount in minor units of the rule currency, at most 31 (SPEC S2). */
export function amountBucket(amountMinor: number, toReference: number): number {
  const reference = Math.floor(amountMinor * toReference)
  return reference >= 0x40000000 ? HISTOGRAM_BUCKETS - 1 : HISTOGRAM_BUCKETS - Math.clz32(reference)
}

/** Whether the bucket lies between the buckets of the two percentiles, both included; false for an empty histogram. */
export function withinPercentiles(senders: Senders, bucket: number, low: number, high: number): boolean {
  let total = 0
  for (let i = 0; i < HISTOGRAM_BUCKETS; i++) total += senders.int(HISTOGRAM_AT + i)
  if (total === 0) return false
  let cumulative = 0
  let lowest = -1
  for (let i = 0; i < HISTOGRAM_BUCKETS; i++) {
    cumulative += senders.int(HISTOGRAM_AT + i)
    if (lowest < 0 && cumulative * 100 >= low * total) lowest = i
    if (cumulative * 100 >= high * total) return bucket >= lowest && bucket <= i
  }
  return false
}

/** Adds a decided payment to its sender's baseline: the last stage, so that no payment is judged by itself. */
export function updateBaseline(draft: PaymentDraft, senders: Senders): void {
  const t = draft.eventTimeMs
  useValue(senders, REGIONS_KNOWN, draft.region)
  useValue(senders, DEVICES_KNOWN, draft.deviceHash)
  useValue(senders, CATEGORIES_KNOWN, draft.categoryHash)
  useValue(senders, RECEIVERS_KNOWN, draft.receiverHash)
  const toReference = draft.rules.toReference[draft.currency]!
  if (!Number.isNaN(toReference)) {
    const bucket = HISTOGRAM_AT + amountBucket(draft.amountMinor, toReference)
    senders.setInt(bucket, senders.int(bucket) + 1)
  }
  senders.payments++
  if (t > senders.highestMs) senders.highestMs = t
  if (t < senders.lowestMs) senders.lowestMs = t
}
