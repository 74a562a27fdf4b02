import { HIT, MISS, type SignalRule } from './signal.ts'

const DAY_S = 86_400

/** NIGHT: in the small hours, UTC. */
export const nightSignal: SignalRule = (_payment, draft) => {
  // Divisions, since the remainder of a double would be a call out of compiled code.
  const seconds = Math.floor(draft.eventTimeMs / 1000)
  const secondOfDay = seconds - Math.floor(seconds / DAY_S) * DAY_S
  return secondOfDay * 1000 < draft.rules.nightUntilMs ? HIT : MISS
}
