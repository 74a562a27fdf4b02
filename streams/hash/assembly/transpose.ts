import { LANE_BYTES } from './layout'
import { place, schedule, state } from './sha256'

// Four messages lie one behind the other; the compression wants word i of all four side by side. These two turn the
// one into the other, four words of four lanes at a time, and only the SIMD build has them.

/** The words of a vector, each with its bytes in the other order: SHA-256 reads and writes big-endian numbers. */
function swapBytes(words: v128): v128 {
  return i8x16.shuffle(words, words, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
}

/** A 16-byte vector's 32 hexadecimal digits, stored at `at`. */
function storeHex(at: usize, bytes: v128): void {
  const digits = i8x16(48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102)
  const high = i8x16.swizzle(digits, i8x16.shr_u(bytes, 4))
  const low = i8x16.swizzle(digits, v128.and(bytes, i8x16.splat(15)))
  v128.store(at, i8x16.shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23))
  v128.store(at, i8x16.shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), 16)
}

/** Fills the first 16 words of the schedule from the four lanes that begin at `group`. */
export function loadGroup(group: usize): void {
  for (let word: usize = 0; word < 16; word += 4) {
    const from = group + word * 4
    const m0 = v128.load(from)
    const m1 = v128.load(from + LANE_BYTES)
    const m2 = v128.load(from + 2 * LANE_BYTES)
    const m3 = v128.load(from + 3 * LANE_BYTES)
    const low01 = v128.shuffle<i32>(m0, m1, 0, 4, 1, 5)
    const low23 = v128.shuffle<i32>(m2, m3, 0, 4, 1, 5)
    const high01 = v128.shuffle<i32>(m0, m1, 2, 6, 3, 7)
    const high23 = v128.shuffle<i32>(m2, m3, 2, 6, 3, 7)
    v128.store(place<v128>(schedule, word), swapBytes(v128.shuffle<i64>(low01, low23, 0, 2)))
    v128.store(place<v128>(schedule, word + 1), swapBytes(v128.shuffle<i64>(low01, low23, 1, 3)))
    v128.store(place<v128>(schedule, word + 2), swapBytes(v128.shuffle<i64>(high01, high23, 0, 2)))
    v128.store(place<v128>(schedule, word + 3), swapBytes(v128.shuffle<i64>(high01, high23, 1, 3)))
  }
}

/** Writes the chaining value of each lane as 64 hexadecimal digits over the four lanes that begin at `group`. */
export function storeGroupHex(group: usize): void {
  for (let word: usize = 0; word < 8; word += 4) {
    const to = group + word * 8
    const w0 = v128.load(place<v128>(state, word))
    const w1 = v128.load(place<v128>(state, word + 1))
    const w2 = v128.load(place<v128>(state, word + 2))
    const w3 = v128.load(place<v128>(state, word + 3))
    const low01 = v128.shuffle<i32>(w0, w1, 0, 4, 1, 5)
    const low23 = v128.shuffle<i32>(w2, w3, 0, 4, 1, 5)
    const high01 = v128.shuffle<i32>(w0, w1, 2, 6, 3, 7)
    const high23 = v128.shuffle<i32>(w2, w3, 2, 6, 3, 7)
    storeHex(to, swapBytes(v128.shuffle<i64>(low01, low23, 0, 2)))
    storeHex(to + LANE_BYTES, swapBytes(v128.shuffle<i64>(low01, low23, 1, 3)))
    storeHex(to + 2 * LANE_BYTES, swapBytes(v128.shuffle<i64>(high01, high23, 0, 2)))
    storeHex(to + 3 * LANE_BYTES, swapBytes(v128.shuffle<i64>(high01, high23, 1, 3)))
  }
}
