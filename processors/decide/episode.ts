import { ActionOrdinal } from '../../schemas/generated/enums.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import { NO_ROW } from '../stores/layout.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'

/** SPEC S9: an episode ends after this much event time without a flagged payment. */
const EPISODE_MS = 3_600_000

/**
 * Finds which actions this payment fires: within an episode of its sender each fires once (SPEC S9). BLOCK_CARD also sets the automatic
 * block, every time it hits, from this payment on (SPEC S4).
 */
export function fireActions(draft: PaymentDraft, stores: PaymentStores): void {
  draft.firedActions = 0
  const { actions, eventTimeMs: t } = draft
  if (actions === 0 && stores.senders.watch === NO_ROW) return
  stores.editWatch()
  const { watches } = stores
  if (watches.episodeOpen && t - watches.episodeLastMs > EPISODE_MS) watches.closeEpisode()
  if (actions !== 0 && !watches.episodeOpen) watches.openEpisode(draft.offset, t)
  const flagged = draft.isVelocityFraud && !draft.excused
  if (flagged && watches.episodeOpen && t > watches.episodeLastMs) watches.episodeLastMs = t
  draft.firedActions = actions & ~watches.fired
  watches.fired |= actions
  draft.episodeOffset = watches.episodeOffset
  if ((actions & (1 << ActionOrdinal.BLOCK_CARD)) === 0) return
  const untilMs = t + draft.rules.rules.actions.BLOCK_CARD.block_ms
  if (untilMs > watches.blockUntilMs) watches.blockUntilMs = untilMs
  draft.blockUntilMs = watches.blockUntilMs
}
