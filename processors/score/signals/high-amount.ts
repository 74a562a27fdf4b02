import { HIT, MISS, MISSING, type SignalRule } from './signal.ts'

/** HIGH_AMOUNT: over the rule set's limit, compared in minor units of the payment's own currency. */
export const highAmountSignal: SignalRule = (_payment, draft) => {
  const limitMinor = draft.rules.highAmountMinor[draft.currency]!
  if (Number.isNaN(limitMinor)) return MISSING
  return draft.amountMinor > limitMinor ? HIT : MISS
}
