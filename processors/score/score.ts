import { SignalOrdinal } from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { DECIDED } from '../../streams/disposition.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { updateBaseline } from './baseline.ts'
import { isExcusable } from './excuse.ts'
import { notePlace } from './signals/impossible-travel.ts'
import { MISSING } from './signals/signal.ts'
import { askSignals } from './signals/signals.ts'

/**
 * Adds up the signals and says why (SPEC S1, S2).
 *
 * In:     a first sight, measured; its sender's history without it.
 * Out:    signals that hit and that could not be evaluated, those in shadow that would have hit, the score, whether the sender's habits excuse the burst.
 * Store:  reads the sender's row.
 * Throws: never. An error in a signal becomes SCORING_ERROR: it must not approve, so the payment is reviewed (SPEC S4).
 */
export function score(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores): void {
  draft.rules = stores.rules
  draft.baselinePayments = draft.known ? stores.senders.payments : 0
  try {
    judge(payment, draft, stores)
  } catch {
    draft.hits = 1 << SignalOrdinal.SCORING_ERROR
    draft.missing = 0
    draft.shadowHits = 0
    draft.excusable = false
  }
  draft.excused = draft.isVelocityFraud && draft.excusable
  draft.fraudScore = draft.rules.reasons(draft.hits, draft.excused).score
}

function judge(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores): void {
  const verdicts = askSignals(payment, draft, stores)
  const hits = verdicts & (MISSING - 1)
  const missing = verdicts >>> 16
  const { shadow } = draft.rules
  draft.hits = hits & ~shadow
  draft.missing = missing & ~shadow
  draft.shadowHits = hits & shadow
  draft.excusable = isExcusable(draft, stores.senders, (draft.hits & (1 << SignalOrdinal.TINY_EQUAL)) !== 0)
}

/** The last stage: the payment is decided, and from here on part of its sender's habits (SPEC S2, V6). */
export function learn(payment: PaymentSubmittedReader, draft: PaymentDraft, { senders }: PaymentStores): void {
  notePlace(payment, draft.eventTimeMs, draft.region, senders)
  updateBaseline(draft, senders)
  draft.disposition = DECIDED
}
