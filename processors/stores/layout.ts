/** No row of a store. */
export const NO_ROW = -1

/** Fields of a window entry beside its time, flags and id (see `WindowRing`). */
export const ENTRY_AMOUNT = 0
export const ENTRY_OFFSET = 1
export const ENTRY_DOUBLES = 2
export const ENTRY_CURRENCY = 0
export const ENTRY_REGION = 1
export const ENTRY_INTS = 2

/** Flags of a window entry. */
export const ENTRY_EXCUSABLE = 1
export const ENTRY_FLAGGED = 2
export const ENTRY_COUNTED = 4

/** SPEC V1: the window, both ends included. */
export const WINDOW_MS = 60_000
/** SPEC V6: the longer count. */
export const LONG_WINDOW_MS = 300_000
/** SPEC V3: out-of-order payments up to this far behind stream time are counted exactly. */
export const GRACE_MS = 10_000
/** SPEC V6: entries of one sender; a payment beyond them adds none, and the sender counts as saturated. */
export const WINDOW_ENTRIES_MAX = 512
/** An entry older than this behind stream time is in no window that can still be asked for. */
export const HELD_MS: number = LONG_WINDOW_MS + GRACE_MS
