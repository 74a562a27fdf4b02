import { NUMERIC_SCALE } from '../schema/column.ts'

/** NUMERIC as decimal text: 12_340_000_000n is `12.34`. */
export function numericText(scaled: bigint): string {
  const sign = scaled < 0n ? '-' : ''
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(NUMERIC_SCALE + 1, '0')
  const point = digits.length - NUMERIC_SCALE
  let end = digits.length
  while (end > point && digits.charCodeAt(end - 1) === ZERO) end--
  const whole = sign + digits.slice(0, point)
  return end === point ? whole : `${whole}.${digits.slice(point, end)}`
}

const ZERO = 0x30
