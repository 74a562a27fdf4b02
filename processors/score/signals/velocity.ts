import { HIT, MISS, type SignalRule } from './signal.ts'

/** VELOCITY: more payments of the sender in 60 s than the rule set allows (SPEC V2). */
export const velocitySignal: SignalRule = (_payment, draft) => (draft.isVelocityFraud ? HIT : MISS)
