import { HIT, MISS, MISSING, type SignalRule } from './signal.ts'

/** RISKY_CATEGORY: a merchant category that the rule set lists. Codes of another length than four are in no list. */
export const riskyCategorySignal: SignalRule = (payment, draft) => {
  if (!payment.hasMerchantCategory) return MISSING
  if (payment.merchantCategoryLength !== 4) return MISS
  return draft.rules.isRisky(payment.buffer, payment.merchantCategoryAt) ? HIT : MISS
}
