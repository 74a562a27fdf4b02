/**
 * Avro primitives as pure functions: a position goes in, a value or the next position comes out. Nothing here checks
 * bounds: readers are given what `scan.ts` has accepted, writers a buffer with room. Buffers carry `SLACK_BYTES` past
 * their end, because copies go in strides of 8.
 * Source: Avro 1.12 specification, "Binary Encoding".
 */

/** Bytes that every record buffer, read or written, must have past its last used one. */
export const SLACK_BYTES = 64

/** How wide copies go. */
const STRIDE_BYTES = 8

/** 2^27: a zigzag varint's first four bytes carry the sign and the low 27 bits of the magnitude. */
const LOW_RANGE = 0x8000000

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/** The position after the varint at `at`. */
export function afterLong(bytes: Uint8Array, at: number): number {
  let next = at
  while (bytes[next++]! > 127);
  return next
}

/** The long at `at`: exact within ±(2^53 - 1), past that the nearest double, which `Number.isSafeInteger` refuses. */
export function readLong(bytes: Uint8Array, at: number): number {
  let next = at + 1
  let byte = bytes[at]!
  let low = byte & 127
  for (let shift = 7; byte > 127 && shift < 28; shift += 7) {
    byte = bytes[next++]!
    low |= (byte & 127) << shift
  }
  let high = 0
  for (let scale = 1; byte > 127; scale *= 128) {
    byte = bytes[next++]!
    high += (byte & 127) * scale
  }
  const magnitude = high * LOW_RANGE + (low >>> 1)
  return (low & 1) === 0 ? magnitude : -magnitude - 1
}

/** The long at `at`, exact over all 64 bits; allocates, so for slow paths. */
export function readLongExact(bytes: Uint8Array, at: number): bigint {
  let zigzag = 0n
  let next = at
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[next++]!
    zigzag |= BigInt(byte & 127) << shift
    if (byte < 128) break
  }
  return BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n))
}

/** A long as a plain number; throws a RangeError, naming the field, when a double cannot hold it exactly. */
export function safeLong(value: number, field: string): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${field}: about ${value}, which a number cannot hold exactly`)
  return value
}

/** The int at `at`, in 32-bit arithmetic. */
export function readInt(bytes: Uint8Array, at: number): number {
  let next = at + 1
  let byte = bytes[at]!
  let zigzag = byte & 127
  for (let shift = 7; byte > 127; shift += 7) {
    byte = bytes[next++]!
    zigzag |= (byte & 127) << shift
  }
  return (zigzag >>> 1) ^ -(zigzag & 1)
}

/** The UTF-8 text in `[at, end)`; what is not UTF-8 becomes U+FFFD. */
export function readText(bytes: Uint8Array, at: number, end: number): string {
  return decoder.decode(bytes.subarray(at, end))
}

/**
 * Copies `[from, to)` of `source` to `out` at `at`; overshoots both by up to 7 bytes, which the next field overwrites.
 * A bigint that is only moved is never made: the engine moves the 8 bytes.
 */
export function copyBytes(source: DataView, from: number, to: number, out: DataView, at: number): number {
  const end = at + to - from
  for (let next = at, read = from; next < end; next += STRIDE_BYTES, read += STRIDE_BYTES) {
    out.setBigInt64(next, source.getBigInt64(read))
  }
  return end
}

/** Writes a long (also an int, an enum's ordinal or an array's count); `value` is a safe integer. */
export function putLong(out: Uint8Array, at: number, value: number): number {
  if (value >= 0 && value < 64) {
    out[at] = value << 1
    return at + 1
  }
  return putWideLong(out, at, value)
}

function putWideLong(out: Uint8Array, at: number, value: number): number {
  const magnitude = value < 0 ? -1 - value : value
  const high = Math.floor(magnitude / LOW_RANGE)
  let rest = ((magnitude - high * LOW_RANGE) << 1) | (value < 0 ? 1 : 0)
  let next = at
  if (high > 0) {
    out[next] = (rest & 127) | 128
    out[next + 1] = ((rest >>> 7) & 127) | 128
    out[next + 2] = ((rest >>> 14) & 127) | 128
    out[next + 3] = (rest >>> 21) | 128
    next += 4
    rest = high
  }
  while (rest > 127) {
    out[next++] = (rest & 127) | 128
    rest >>>= 7
  }
  out[next] = rest
  return next + 1
}

/** Writes a double. */
export function putDouble(out: DataView, at: number, value: number): number {
  out.setFloat64(at, value, true)
  return at + 8
}

/** An encoding that is made once and put many times; behind it stands enough to be read in whole strides of 8. */
export interface Encoded {
  readonly length: number
  readonly view: DataView
}

/** Makes bytes ready for `putEncoded`. */
export function encoded(bytes: Uint8Array): Encoded {
  const padded = new Uint8Array(bytes.length + STRIDE_BYTES - 1)
  padded.set(bytes)
  return { length: bytes.length, view: new DataView(padded.buffer) }
}

/** Puts an encoding; overshoots by up to 7 bytes, as `copyBytes` does. A dozen of them stand in a decision, and byte by byte they cost the chain 2 %. */
export function putEncoded(out: DataView, at: number, { length, view }: Encoded): number {
  for (let i = 0; i < length; i += STRIDE_BYTES) out.setBigInt64(at + i, view.getBigInt64(i))
  return at + length
}

/** Writes bytes as they stand, without a length: the body of a string. */
export function putRaw(out: Uint8Array, at: number, bytes: Uint8Array): number {
  if (bytes.length > 64) out.set(bytes, at)
  else for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i]!
  return at + bytes.length
}

/** Writes an Avro `bytes`: the length, then the bytes. */
export function putBytes(out: Uint8Array, at: number, bytes: Uint8Array): number {
  return putRaw(out, putLong(out, at, bytes.length), bytes)
}

/** Writes an Avro `string`; ASCII takes the short way. */
export function putString(out: Uint8Array, at: number, text: string): number {
  const start = putLong(out, at, text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127) return putBytes(out, at, encoder.encode(text))
    out[start + i] = unit
  }
  return start + text.length
}

/** The Avro encoding of a string, to be kept and written with `putRaw`. */
export function encodeString(text: string): Uint8Array {
  const out = new Uint8Array(3 * text.length + 10)
  return out.slice(0, putString(out, 0, text))
}
