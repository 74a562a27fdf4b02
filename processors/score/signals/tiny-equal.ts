import { HIT, MISS, MISSING, type SignalRule } from './signal.ts'

/** TINY_EQUAL: a burst of tiny amounts, all equal: somebody tests whether a card works. */
export const tinyEqualSignal: SignalRule = (_payment, draft) => {
  const maxMinor = draft.rules.tinyMaxMinor[draft.currency]!
  if (Number.isNaN(maxMinor)) return MISSING
  if (draft.velocityCount < draft.rules.rules.signals.TINY_EQUAL.min_payments) return MISS
  return draft.windowEqual && draft.amountMinor <= maxMinor ? HIT : MISS
}
