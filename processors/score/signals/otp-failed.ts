import { NO_ROW } from '../../stores/layout.ts'
import { RECENT_MS } from '../../velocity/velocity.ts'
import { HIT, MISS, type SignalRule } from './signal.ts'

/** OTP_FAILED: wrong one-time codes in the last hour, as the sender's challenges reported them. */
export const otpFailedSignal: SignalRule = (_payment, draft, { senders, watches }) => {
  if (senders.watch === NO_ROW) return MISS
  watches.at(senders.watch)
  const failed = watches.failedBetween(draft.eventTimeMs - RECENT_MS, draft.eventTimeMs)
  return failed >= draft.rules.rules.signals.OTP_FAILED.at_least ? HIT : MISS
}
