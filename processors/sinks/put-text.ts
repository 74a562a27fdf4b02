import { putLong } from '../../schemas/avro/bytes.ts'

const DASH = 0x2d
const ZERO = 0x30
const DIGITS_MAX = 20

/** Writes `<partition>-<offset>` as an Avro string: the id of a decision (SPEC S5). `suffix` is ASCII and follows behind a dash. */
export function putCoordinates(
  out: Uint8Array,
  at: number,
  partition: number,
  offset: number,
  suffix: Uint8Array = NO_SUFFIX,
): number {
  const partitionDigits = countDigits(partition)
  const offsetDigits = countDigits(offset)
  const suffixBytes = suffix.length === 0 ? 0 : suffix.length + 1
  let next = putLong(out, at, partitionDigits + 1 + offsetDigits + suffixBytes)
  next = putDigits(out, next, partition, partitionDigits)
  out[next++] = DASH
  next = putDigits(out, next, offset, offsetDigits)
  if (suffixBytes === 0) return next
  out[next++] = DASH
  for (let i = 0; i < suffix.length; i++) out[next + i] = suffix[i]!
  return next + suffix.length
}

/** ASCII text as bytes, for suffixes and other constants. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

const NO_SUFFIX = new Uint8Array(0)

function countDigits(value: number): number {
  let digits = 1
  for (let limit = 10; value >= limit && digits < DIGITS_MAX; limit *= 10) digits++
  return digits
}

function putDigits(out: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value
  for (let i = at + digits - 1; i >= at; i--) {
    const tenth = Math.floor(rest / 10)
    out[i] = ZERO + rest - tenth * 10
    rest = tenth
  }
  return at + digits
}
