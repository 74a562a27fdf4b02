/** No call waits for longer, and a timer of over 24 days would be over at once. */
const MAX_MS = 3_600_000
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
const TIME = '\\d{2}:\\d{2}:\\d{2}'
/** The form of today, and the two that recipients must still take (RFC 9110, 5.6.7). All are UTC, also the last, which does not say so. */
const DATES: readonly RegExp[] = [
  new RegExp(`^[A-Z][a-z]{2}, (\\d{2} ${MONTH} \\d{4} ${TIME}) GMT$`),
  new RegExp(`^[A-Z][a-z]{5,8}, (\\d{2}-${MONTH}-\\d{2} ${TIME}) GMT$`),
  new RegExp(`^[A-Z][a-z]{2} (${MONTH} [ \\d]\\d ${TIME} \\d{4})$`),
]

/** The pause that a `Retry-After` asks for (RFC 9110, 10.2.3), an hour at most; 0 for what is neither seconds nor a date, or is over. */
export function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0
  if (/^\d+$/.test(header)) return Math.min(Number(header) * 1_000, MAX_MS)
  const date = DATES.map((form) => form.exec(header)?.[1]).find((found) => found !== undefined)
  const ms = date === undefined ? Number.NaN : Date.parse(`${date} GMT`)
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms - nowMs), MAX_MS)
}
