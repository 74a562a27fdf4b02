/** No row of a store. */
export const NO_ROW = -1

/** Fields of a window entry beside its time, flags and id (see `WindowStore`). */
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
