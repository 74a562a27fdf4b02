import { putLong } from '../../schemas/avro/bytes.ts'

const DASH = 0x2d
const ZERO = 0x30
const DIGITS_MAX = 20

/** Writes `<partition>-<offset>` as an Avro string: the id of a decision (SPEC S5). */
export function putCoordinates(out: Uint8Array, at: number, partition: number, offset: number): number {
  const partitionDigits = countDigits(partition)
  const offsetDigits = countDigits(offset)
  let next = putLong(out, at, partitionDigits + 1 + offsetDigits)
  next = putDigits(out, next, partition, partitionDigits)
  out[next] = DASH
  return putDigits(out, next + 1, offset, offsetDigits)
}

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
