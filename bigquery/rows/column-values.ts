import { currencyExponent } from '../../schemas/currencies.ts'
import { NUMERIC_SCALE } from '../schema/column.ts'
import { BadColumn } from './bad-column.ts'

/** The chain lets event times be 60 s ahead of the append time; the rest is for the clocks of brokers. */
const AHEAD_MAX_MS = 3_600_000
/** 2000-01-01, as the chain has it: an earlier time is a time in another unit, and each day is a partition. */
const TIME_MIN_MS = 946_684_800_000

const FACTORS = new Map<string, bigint>()

/** Minor units as NUMERIC of major units: 1234 of USD is 12.34. @throws BadColumn */
export function numericAmount(amountMinor: number, currency: string): bigint {
  let factor = FACTORS.get(currency)
  if (factor === undefined) {
    const exponent = currencyExponent(currency)
    if (exponent === undefined) throw new BadColumn('BAD_CURRENCY', 'currency', 'is not an active one of ISO 4217')
    factor = 10n ** BigInt(NUMERIC_SCALE - exponent)
    FACTORS.set(currency, factor)
  }
  return BigInt(amountMinor) * factor
}

/** A time that makes a partition. @throws BadColumn */
export function eventTime(timeMs: number, appendTimeMs: number): number {
  if (timeMs >= TIME_MIN_MS && timeMs <= appendTimeMs + AHEAD_MAX_MS) return timeMs
  throw new BadColumn('BAD_TIME', 'event_time', 'is before 2000 or over an hour ahead of the append time')
}
