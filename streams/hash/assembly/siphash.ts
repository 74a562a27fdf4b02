import { composed, SCRATCH_BYTES, SIP_KEY_BYTES, SIP_KEYS_MAX, sipKeys } from './layout'

// SipHash-2-4 with 128 bits of output: Aumasson and Bernstein, "SipHash: a fast short-input PRF", and the authors'
// reference code for the long output.

let keysHeld: i32 = 0
let composedEnd: usize = 0

/** Takes the 16 bytes at `from` as a key and wipes them. Returns the key's address, or 0 when there is no room. */
export function sipLoadKey(from: usize): usize {
  if (keysHeld == SIP_KEYS_MAX) return 0
  const key = sipKeys + SIP_KEY_BYTES * keysHeld++
  const k0 = load<u64>(from)
  const k1 = load<u64>(from, 8)
  store<u64>(key, k0 ^ 0x736f6d6570736575)
  store<u64>(key, k1 ^ 0x646f72616e646f6d ^ 0xee, 8)
  store<u64>(key, k0 ^ 0x6c7967656e657261, 16)
  store<u64>(key, k1 ^ 0x7465646279746573, 24)
  memory.fill(from, 0, 16)
  return key
}

/** Where the 16 bytes of the key's latest hash lie. */
export function sipResult(key: usize): usize {
  return key + 32
}

/** Hashes `length` bytes at `at`; leaves the 16 bytes at `sipResult(key)` and returns the first 4 of them. */
export function sipHash(key: usize, at: usize, length: usize): i32 {
  let v0 = load<u64>(key)
  let v1 = load<u64>(key, 8)
  let v2 = load<u64>(key, 16)
  let v3 = load<u64>(key, 24)
  const lastWord = at + (length & ~7)
  // The last word: what is left of the message, and its length in the top byte.
  const restMask = (<u64>1 << (<u64>(length & 7) * 8)) - 1
  const tail = (load<u64>(lastWord) & restMask) | (<u64>length << 56)
  for (; at <= lastWord; at += 8) {
    const word = at < lastWord ? load<u64>(at) : tail
    v3 ^= word
    for (let round = 0; round < 2; round++) {
      v0 += v1
      v2 += v3
      v1 = rotl(v1, 13) ^ v0
      v3 = rotl(v3, 16) ^ v2
      v0 = rotl(v0, 32) + v3
      v2 += v1
      v3 = rotl(v3, 21) ^ v0
      v1 = rotl(v1, 17) ^ v2
      v2 = rotl(v2, 32)
    }
    v0 ^= word
  }
  v2 ^= 0xee
  for (let half: usize = 0; half < 16; half += 8) {
    for (let round = 0; round < 4; round++) {
      v0 += v1
      v2 += v3
      v1 = rotl(v1, 13) ^ v0
      v3 = rotl(v3, 16) ^ v2
      v0 = rotl(v0, 32) + v3
      v2 += v1
      v3 = rotl(v3, 21) ^ v0
      v1 = rotl(v1, 17) ^ v2
      v2 = rotl(v2, 32)
    }
    store<u64>(key + half, v0 ^ v1 ^ v2 ^ v3, 32)
    v1 ^= 0xdd
  }
  return load<i32>(key, 32)
}

/** Begins a message that is made of ranges. */
export function composeBegin(): void {
  composedEnd = composed
}

/** Appends a range behind its length, so that no two lists of ranges make the same message. False: no room. */
export function composeRange(at: usize, length: usize): bool {
  if (composedEnd + 4 + length > composed + SCRATCH_BYTES) return false
  store<u32>(composedEnd, <u32>length)
  composedEnd += 4
  // Whole words, past the end: the next range or the tail's mask covers what is copied too much.
  for (let copied: usize = 0; copied < length; copied += 8) store<u64>(composedEnd + copied, load<u64>(at + copied))
  composedEnd += length
  return true
}

/** Hashes the message made of ranges, as `sipHash` does. */
export function composeFinish(key: usize): i32 {
  return sipHash(key, composed, composedEnd - composed)
}
