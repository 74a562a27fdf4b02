import { OutcomeOrdinal, ResolutionOutcomeOrdinal } from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { CHALLENGE, REVIEW } from '../stores/pending-decisions.ts'

/** SPEC S8: ends a record can cause at most; the rest comes with the next records. */
const ENDS_MAX = 256

/** Ends the challenges and reviews whose limit stream time has passed, oldest first, challenges before reviews. */
export function endOverdue(draft: PaymentDraft, { pending, ended }: PaymentStores): void {
  draft.endedFrom = ended.length
  for (let kind = CHALLENGE; kind <= REVIEW; kind++) {
    while (ended.length - draft.endedFrom < ENDS_MAX && pending.oldestLimitMs(kind) < draft.streamTimeMs) {
      pending.endOldest(kind, ResolutionOutcomeOrdinal.expired, ended)
    }
  }
  draft.endedTo = ended.length
}

/** Keeps a challenge or review until its end; at the bound the oldest of its kind ends as expired, which declines it. */
export function keepPending(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores): void {
  const { outcome, rules } = draft
  if (outcome !== OutcomeOrdinal.challenge && outcome !== OutcomeOrdinal.review) return
  const { pending, ended } = stores
  const kind = outcome === OutcomeOrdinal.challenge ? CHALLENGE : REVIEW
  if (pending.isFull(kind)) pending.endOldest(kind, ResolutionOutcomeOrdinal.expired, ended)
  draft.endedTo = ended.length
  const limitMs = draft.streamTimeMs + (kind === CHALLENGE ? rules.rules.challenge_ms : rules.rules.review_ms)
  pending.add(kind, payment, draft.offset, limitMs)
}
