/** When a delivery that failed is tried again. */
export interface RetryPlan {
  /** Tries in all; after the last one it is dead. */
  readonly tries: number
  /** The longest that may lie between the first two; each further pause is four times as long, up to `maxMs`. */
  readonly firstMs: number
  readonly maxMs: number
}

const HOUR_MS = 3_600_000
const FACTOR = 4

/** Ten tries within 10 to 20 hours: after at most 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, 5.7 h, 6 h, 6 h. */
export const RETRY_PLAN: RetryPlan = { tries: 10, firstMs: 5_000, maxMs: 6 * HOUR_MS }

/**
 * How long to wait after so many tries (1 is the first), or null when there is no further. `random` in [0, 1) takes up to
 * half of the pause away, so that what failed together does not come back together.
 */
export function retryDelayMs({ tries, firstMs, maxMs }: RetryPlan, made: number, random: number): number | null {
  if (made >= tries) return null
  return Math.round(Math.min(firstMs * FACTOR ** (made - 1), maxMs) * (1 - random / 2))
}
