/**
 * Zigzag varints as Kafka and Avro write them, as pure functions: a position goes in, a position or a value comes out.
 * Exact for |n| <= 2^53. Nothing allocates.
 */

/** No varint of a 64-bit number is longer; a longer run of continuation bits is malformed and stops here. */
const VARINT_BYTES_MAX = 10

/** The position after the varint at `at`; at most ten bytes further, whatever the bytes hold. */
export function afterVarint(bytes: Uint8Array, at: number): number {
  const stop = at + VARINT_BYTES_MAX
  while ((bytes[at++] as number) > 127 && at < stop);
  return at
}

/** The number at `at`. The halves stay int32 until the end, so short numbers never become doubles. */
export function readVarint(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number
  return first < 128 ? (first >>> 1) ^ -(first & 1) : readLongVarint(bytes, at)
}

function readLongVarint(bytes: Uint8Array, at: number): number {
  const stop = at + VARINT_BYTES_MAX
  let byte = bytes[at++] as number
  let low = byte & 127
  for (let shift = 7; byte > 127 && shift < 28; shift += 7) {
    byte = bytes[at++] as number
    low |= (byte & 127) << shift
  }
  if (byte < 128) return (low >>> 1) ^ -(low & 1)
  let high = 0
  for (let scale = 1; byte > 127 && at < stop; scale *= 128) {
    byte = bytes[at++] as number
    high += (byte & 127) * scale
  }
  const magnitude = high * 0x8000000 + (low >>> 1)
  return low & 1 ? -magnitude - 1 : magnitude
}

/** Writes `n` at `at` in as few bytes as it takes (at most eight) and returns the position after it. */
export function putVarint(out: Uint8Array, at: number, n: number): number {
  if (n >= 0 && n < 64) {
    out[at] = n << 1
    return at + 1
  }
  let rest = n >= 0 ? n * 2 : -n * 2 - 1
  while (rest > 0x7fffffff) {
    const high = Math.floor(rest / 128)
    out[at++] = (rest - high * 128) | 128
    rest = high
  }
  let low = rest | 0
  while (low > 127) {
    out[at++] = (low & 127) | 128
    low >>>= 7
  }
  out[at] = low
  return at + 1
}

/** How many bytes `putVarint` takes for `n`. */
export function varintBytes(n: number): number {
  let size = 1
  for (let rest = n >= 0 ? n * 2 : -n * 2 - 1; rest > 127; rest = Math.floor(rest / 128)) size++
  return size
}
