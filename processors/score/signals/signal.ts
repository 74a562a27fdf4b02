import type { PaymentSubmittedReader } from '../../../schemas/generated/payment-submitted.ts'
import type { PaymentDraft } from '../../payment-draft.ts'
import type { PaymentStores } from '../../stores/payment-stores.ts'

/**
 * What a signal says of one payment. The sender's cursor stands on its row; with `draft.known` false there is no history to ask.
 *
 * - MISS:    it does not hit.
 * - HIT:     it hits; its points are the rule set's.
 * - MISSING: a field that it needs is absent, so it was not evaluated (SPEC S1).
 *
 * Shifted by the ordinals of their signals, verdicts of all signals fit into one int32, HIT below and MISSING above.
 */
export const MISS = 0
export const HIT = 1
export const MISSING: 0x10000 = 0x10000

export type SignalVerdict = typeof MISS | typeof HIT | typeof MISSING

/** One signal of SPEC S1: one file, one rule. */
export type SignalRule = (payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores) => SignalVerdict
