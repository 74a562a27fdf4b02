/** How long things live after their event time, and how much the stores hold (SPEC A1). */

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

export const ALERT_LIFE_MS = 5 * MINUTE_MS
export const COUNT_LIFE_MS = HOUR_MS
/** An action stands at least so long; a block until it ends. */
export const ACTION_LIFE_MS = 24 * HOUR_MS

/** Entries of the stream; Redis may hold a node of some hundred more, since it trims by whole nodes. */
export const STREAM_ENTRIES_MAX = 20_000

/** Actions of one account at a time: more than the episodes of a day can fire. */
export const ACTIONS_MAX = 256
