const STREAM_ID = /^(\d{1,15})-(\d{1,10})$/

/** Before every entry. */
export const FIRST_ID = '0-0'

/** Whether a text is the id of an entry. */
export function isStreamId(text: string): boolean {
  return STREAM_ID.test(text)
}

/** Whether entry `a` stands behind entry `b`. */
export function isAfter(a: string, b: string): boolean {
  const [aMs = 0, aNumber = 0] = a.split('-').map(Number)
  const [bMs = 0, bNumber = 0] = b.split('-').map(Number)
  return aMs > bMs || (aMs === bMs && aNumber > bNumber)
}

/** When the store took the entry, by its clock. */
export function timeOf(id: string): number {
  return Number(id.split('-')[0])
}
