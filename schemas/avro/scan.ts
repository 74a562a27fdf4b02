/**
 * The bounds check: a scan walks one value of unknown origin and returns the position after it, or a negated code.
 * No scan reads a byte at or past `end`. A union's branch, a boolean and an ordinal must be in their shortest form, as
 * every Avro encoder writes them.
 */
import { readLong } from './bytes.ts'

/** The record reads as its schema says. */
export const OK = 0
/** The record ends before its last field does. */
export const TRUNCATED = 1
/** Bytes are left over after the last field. */
export const TRAILING = 2
/** A value is outside its type: a branch, ordinal or boolean out of range, a negative length, an overlong varint. */
export const BAD_TYPE = 3

/** What `wrap` and `resolve` answer; anything but `OK` means that the reader holds nothing. */
export type DecodeCode = typeof OK | typeof TRUNCATED | typeof TRAILING | typeof BAD_TYPE

/** Walks one value; the position after it, or a code negated. */
export type Scan = (bytes: Uint8Array, at: number, end: number) => number

/** A varint of at most 64 bits. */
export function scanLong(bytes: Uint8Array, at: number, end: number): number {
  const last = at + 9
  const limit = Math.min(last, end)
  let next = at
  while (next < limit) if (bytes[next++]! < 128) return next
  if (next >= end) return -TRUNCATED
  return bytes[next]! < 2 ? next + 1 : -BAD_TYPE
}

/** A varint of at most 32 bits. */
export function scanInt(bytes: Uint8Array, at: number, end: number): number {
  const last = at + 4
  const limit = Math.min(last, end)
  let next = at
  while (next < limit) if (bytes[next++]! < 128) return next
  if (next >= end) return -TRUNCATED
  return bytes[next]! < 16 ? next + 1 : -BAD_TYPE
}

/** A string or bytes: a length that is not negative, then as many bytes. UTF-8 is not judged here. */
export function scanString(bytes: Uint8Array, at: number, end: number): number {
  const start = scanLong(bytes, at, end)
  if (start < 0) return start
  if ((bytes[at]! & 1) === 1) return -BAD_TYPE
  const length = readLong(bytes, at)
  return length > end - start ? -TRUNCATED : start + length
}

/** A boolean: 0 or 1. */
export function scanBoolean(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -TRUNCATED
  return bytes[at]! < 2 ? at + 1 : -BAD_TYPE
}

/** A double: any 8 bytes. */
export function scanDouble(_bytes: Uint8Array, at: number, end: number): number {
  return at + 8 > end ? -TRUNCATED : at + 8
}

/** An enum of at most 64 symbols, so that its ordinal fills one byte. */
export function scanEnum(bytes: Uint8Array, at: number, end: number, symbols: number): number {
  if (at >= end) return -TRUNCATED
  const byte = bytes[at]!
  return (byte & 129) === 0 && byte < symbols * 2 ? at + 1 : -BAD_TYPE
}

/** An array in blocks, the end marker included; a block's stated size must be its true one. */
export function scanArray(bytes: Uint8Array, at: number, end: number, scanItem: Scan): number {
  let next = at
  for (;;) {
    const start = next
    next = scanLong(bytes, start, end)
    if (next < 0) return next
    const header = readLong(bytes, start)
    if (header === 0) return next
    let sized = -1
    if (header < 0) {
      const size = next
      next = scanLong(bytes, size, end)
      if (next < 0) return next
      sized = next + readLong(bytes, size)
    }
    for (let left = Math.abs(header); left > 0; left--) {
      next = scanItem(bytes, next, end)
      if (next < 0) return next
    }
    if (header < 0 && next !== sized) return -BAD_TYPE
  }
}
