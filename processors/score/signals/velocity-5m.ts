import { HIT, MISS, type SignalRule } from './signal.ts'

/** VELOCITY_5M: many payments of the sender in five minutes. */
export const velocity5mSignal: SignalRule = (_payment, draft) =>
  draft.velocity5mCount > draft.rules.rules.signals.VELOCITY_5M.over ? HIT : MISS
