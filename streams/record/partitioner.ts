const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995

/**
 * Kafka's murmur2 over `[at, end)`, as a signed 32-bit integer.
 * Source: `org.apache.kafka.common.utils.Utils.murmur2`.
 */
export function murmur2(bytes: Uint8Array, at = 0, end: number = bytes.length): number {
  let hash = SEED ^ (end - at)
  let next = at
  for (; next + 4 <= end; next += 4) {
    const word = bytes[next]! | (bytes[next + 1]! << 8) | (bytes[next + 2]! << 16) | (bytes[next + 3]! << 24)
    let mixed = Math.imul(word, MULTIPLIER)
    mixed ^= mixed >>> 24
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(mixed, MULTIPLIER)
  }
  if (next < end) {
    for (let i = end - 1; i >= next; i--) hash ^= bytes[i]! << (8 * (i - next))
    hash = Math.imul(hash, MULTIPLIER)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, MULTIPLIER)
  return hash ^ (hash >>> 15)
}

/**
 * The partition of a record by the bytes `[at, end)` of its key: the default of Kafka's own producers, so that a
 * client in any language agrees (SPEC R3).
 */
export function partitionOf(bytes: Uint8Array, at: number, end: number, partitionCount: number): number {
  return (murmur2(bytes, at, end) & 0x7fffffff) % partitionCount
}
