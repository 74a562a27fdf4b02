import { currencyExponent } from './currencies.ts'

/**
 * A decimal text as whole minor units, without a float.
 *
 * - exact:       every digit counted.
 * - nearest:     the digits past the minor unit are what a binary double leaves (1108.8500000000001); taken as the
 *                nearest unit, which is less than a millionth of a unit away.
 * - not-decimal: no digits with at most one point between them: signs, exponents, separators and spaces included.
 * - too-precise: a real fraction of a minor unit; never rounded.
 * - too-large:   over 2^53 - 1 minor units.
 */
export type DecimalReading =
  | { readonly kind: 'exact' | 'nearest'; readonly minor: number }
  | { readonly kind: 'not-decimal' | 'too-precise' | 'too-large' }

const DECIMAL = /^([0-9]+)(?:\.([0-9]+))?$/
/** No amount needs more; a longer text is somebody's joke. */
const DIGITS_MAX = 64
/** How many zeros or nines in a row show that the rest came from a double. */
const NOISE_AFTER_ZEROS = /^0{6}/
const NOISE_AFTER_NINES = /^9{6}/

/** Reads `text`, an unsigned decimal of major units, as units of 10^-exponent. */
export function readDecimal(text: string, exponent: number): DecimalReading {
  const match = text.length <= DIGITS_MAX ? DECIMAL.exec(text) : null
  if (match === null) return { kind: 'not-decimal' }
  const [, whole = '', fraction = ''] = match
  const units = BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0'))
  const rest = fraction.slice(exponent)
  if (/^0*$/.test(rest)) return bounded('exact', units)
  if (NOISE_AFTER_ZEROS.test(rest)) return bounded('nearest', units)
  if (NOISE_AFTER_NINES.test(rest)) return bounded('nearest', units + 1n)
  return { kind: 'too-precise' }
}

/** Minor units as decimal text of major units: 5200 of USD is `52.00`. Digit by digit: a large quotient would be rounded. */
export function majorUnits(amountMinor: number, currency: string): string {
  const exponent = currencyExponent(currency) ?? 0
  if (exponent === 0) return String(amountMinor)
  const digits = String(amountMinor).padStart(exponent + 1, '0')
  return `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}

function bounded(kind: 'exact' | 'nearest', units: bigint): DecimalReading {
  return units > BigInt(Number.MAX_SAFE_INTEGER) ? { kind: 'too-large' } : { kind, minor: Number(units) }
}
