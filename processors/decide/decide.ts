import { ActionOrdinal, DecidedByOrdinal, OutcomeOrdinal, SignalOrdinal } from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import { NO_ROW } from '../stores/layout.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { NEVER_MS } from '../stores/senders.ts'
import { endOverdue, keepPending } from './challenges.ts'
import { fireActions } from './episode.ts'
import { countFraud } from './fraud-count.ts'

const BLOCK_CARD = 1 << ActionOrdinal.BLOCK_CARD
const REQUIRE_3DS = 1 << ActionOrdinal.REQUIRE_3DS
const MANUAL_REVIEW = 1 << ActionOrdinal.MANUAL_REVIEW

/**
 * Names the outcome (SPEC S3, S4, S9).
 *
 * In:     a scored first sight.
 * Out:    fraud count, actions that hit, outcome and what decided it, actions to fire, challenges and reviews that stream time has ended.
 * Store:  the sender's watch (counted payments, automatic block, episode) and the pending challenges and reviews.
 */
export function decide(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores): void {
  countFraud(draft, stores)
  draft.actions = hitActions(draft, draft.fraudScore)
  chooseOutcome(draft, stores)
  fireActions(draft, stores)
  endOverdue(draft, stores)
  keepPending(payment, draft, stores)
}

/** Every action whose rule hits at that score (bit = ordinal); an episode limits what is fired, not what is hit. */
export function hitActions({ rules, fraudCount }: PaymentDraft, fraudScore: number): number {
  const { BLOCK_CARD: block, REQUIRE_3DS: stepUp, MANUAL_REVIEW: review } = rules.rules.actions
  let actions = 0
  if (fraudCount >= block.fraud_count_at_least) actions |= BLOCK_CARD
  if (fraudCount >= stepUp.fraud_count_at_least || fraudScore >= stepUp.score_at_least) actions |= REQUIRE_3DS
  if (fraudScore > review.score_over) actions |= MANUAL_REVIEW
  return actions
}

/** One wins: hard block > allow override > block > review > step-up > approve. */
function chooseOutcome(draft: PaymentDraft, { senders, watches }: PaymentStores): void {
  const t = draft.eventTimeMs
  const watched = senders.watch !== NO_ROW
  if (watched) watches.at(senders.watch)
  const hardBlockUntilMs = watched ? watches.hardBlockUntilMs : NEVER_MS
  const allowedUntilMs = watched ? watches.allowedUntilMs : NEVER_MS
  const blockUntilMs = watched ? watches.blockUntilMs : NEVER_MS
  if (t < hardBlockUntilMs || hit(draft, SignalOrdinal.LISTED)) {
    set(draft, OutcomeOrdinal.block, DecidedByOrdinal.HARD_BLOCK)
  } else if (t < allowedUntilMs) {
    set(draft, OutcomeOrdinal.approve, DecidedByOrdinal.ALLOW_OVERRIDE)
  } else if (t < blockUntilMs || (draft.actions & BLOCK_CARD) !== 0) {
    set(draft, OutcomeOrdinal.block, DecidedByOrdinal.AUTOMATIC_BLOCK)
  } else if ((draft.actions & MANUAL_REVIEW) !== 0 || hit(draft, SignalOrdinal.SCORING_ERROR)) {
    set(draft, OutcomeOrdinal.review, DecidedByOrdinal.REVIEW)
  } else if ((draft.actions & REQUIRE_3DS) !== 0) {
    set(draft, OutcomeOrdinal.challenge, DecidedByOrdinal.STEP_UP)
  } else {
    set(draft, OutcomeOrdinal.approve, DecidedByOrdinal.DEFAULT)
  }
}

function hit(draft: PaymentDraft, signal: number): boolean {
  return (draft.hits & (1 << signal)) !== 0
}

function set(draft: PaymentDraft, outcome: number, decidedBy: number): void {
  draft.outcome = outcome
  draft.decidedBy = decidedBy
}
