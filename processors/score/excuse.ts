import type { PaymentDraft } from '../payment-draft.ts'
import { CATEGORIES_KNOWN, DEVICES_KNOWN, REGIONS_KNOWN, type Senders } from '../stores/senders.ts'
import { amountBucket, isKnown, withinPercentiles } from './baseline.ts'

/**
 * Whether the sender's own habits explain a burst (SPEC S2): enough history, region, device and category known, the amount within the
 * usual range. A missing field never excuses; nor does a saturated window or a burst of tiny equal amounts.
 */
export function isExcusable(draft: PaymentDraft, senders: Senders, tinyEqual: boolean): boolean {
  const { rules } = draft
  const { min_payments, low_percentile, high_percentile } = rules.rules.excuse
  if (!draft.known || tinyEqual || draft.saturated) return false
  if (senders.payments < min_payments || senders.highestMs - senders.lowestMs < rules.excuseSpanMs) return false
  if (!isKnown(senders, REGIONS_KNOWN, draft.region)) return false
  if (!isKnown(senders, DEVICES_KNOWN, draft.deviceHash)) return false
  if (!isKnown(senders, CATEGORIES_KNOWN, draft.categoryHash)) return false
  const toReference = rules.toReference[draft.currency]!
  if (Number.isNaN(toReference)) return false
  return withinPercentiles(senders, amountBucket(draft.amountMinor, toReference), low_percentile, high_percentile)
}
