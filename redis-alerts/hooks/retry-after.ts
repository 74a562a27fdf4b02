/** Longer is not waited, whatever a receiver asks for. */
const RETRY_AFTER_MAX_MS = 3_600_000

/** How long a Retry-After header asks to wait (RFC 9110, 10.2.3: seconds, or a date), at most an hour; null where it says nothing. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null
  const text = header.trim()
  const delayMs = /^\d{1,10}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs
  return Number.isNaN(delayMs) ? null : Math.min(Math.max(delayMs, 0), RETRY_AFTER_MAX_MS)
}
