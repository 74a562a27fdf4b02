import { add, loadSplat, rotateRight, select, shiftRight, xor } from './lane'

// SHA-256's compression function, FIPS 180-4 sections 4.1.2, 4.2.2 and 6.2.2, over one or four lanes.

/** Bytes of a block. */
export const BLOCK_BYTES: usize = 64

// biome-ignore format: the table as the standard prints it
const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
])

/** The initial chaining value, 8 words. */
export const INITIAL: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
])

/** The message schedule, 64 words a lane: the caller puts the block into the first 16, as numbers. */
export const schedule: usize = memory.data(64 * 16, 16)
/** The chaining value, 8 words a lane. */
export const state: usize = memory.data(8 * 16, 16)

/** The place of word `index` of the schedule or the state at `base`. */
export function place<L>(base: usize, index: usize): usize {
  return base + index * sizeof<L>()
}

/** Sets the chaining value of every lane to the 8 words at `from`. */
export function setState<L>(from: usize): void {
  for (let i: usize = 0; i < 8; i++) store<L>(place<L>(state, i), loadSplat<L>(from + i * 4))
}

/** The schedule's words 16 to 63 from its first 16. */
function expand<L>(): void {
  const end = place<L>(schedule, 48)
  for (let w = schedule; w < end; w = place<L>(w, 1)) {
    const w1 = load<L>(place<L>(w, 1))
    const w14 = load<L>(place<L>(w, 14))
    const sigma0 = xor<L>(xor<L>(rotateRight<L>(w1, 7), rotateRight<L>(w1, 18)), shiftRight<L>(w1, 3))
    const sigma1 = xor<L>(xor<L>(rotateRight<L>(w14, 17), rotateRight<L>(w14, 19)), shiftRight<L>(w14, 10))
    const sum = add<L>(load<L>(w), load<L>(place<L>(w, 9)))
    store<L>(place<L>(w, 16), add<L>(sum, add<L>(sigma0, sigma1)))
  }
}

/** T1 of the round with constant `k` and schedule word `w`: it reads e, f, g and h. */
function t1<L>(k: usize, w: usize, e: L, f: L, g: L, h: L): L {
  const sigma = xor<L>(xor<L>(rotateRight<L>(e, 6), rotateRight<L>(e, 11)), rotateRight<L>(e, 25))
  const input = add<L>(loadSplat<L>(k), load<L>(w))
  return add<L>(add<L>(add<L>(h, input), select<L>(f, g, e)), sigma)
}

/** T2: it reads a, b and c. The majority of the three is c where a and b differ, and either elsewhere. */
function t2<L>(a: L, b: L, c: L): L {
  const sigma = xor<L>(xor<L>(rotateRight<L>(a, 2), rotateRight<L>(a, 13)), rotateRight<L>(a, 22))
  return add<L>(sigma, select<L>(c, a, xor<L>(a, b)))
}

/** Adds the word `value` to word `index` of the chaining value. */
function chain<L>(index: usize, value: L): void {
  store<L>(place<L>(state, index), add<L>(load<L>(place<L>(state, index)), value))
}

/**
 * Takes the block in the schedule into the chaining value. Eight rounds are written out, because then no variable
 * moves: where the standard shifts a to b, b to c and so on, the next line names them one further.
 */
export function compress<L>(): void {
  expand<L>()
  let a = load<L>(place<L>(state, 0))
  let b = load<L>(place<L>(state, 1))
  let c = load<L>(place<L>(state, 2))
  let d = load<L>(place<L>(state, 3))
  let e = load<L>(place<L>(state, 4))
  let f = load<L>(place<L>(state, 5))
  let g = load<L>(place<L>(state, 6))
  let h = load<L>(place<L>(state, 7))
  let w = schedule
  for (let k = K; k < K + 64 * 4; k += 8 * 4) {
    h = t1<L>(k, w, e, f, g, h)
    d = add<L>(d, h)
    h = add<L>(h, t2<L>(a, b, c))
    g = t1<L>(k + 4, place<L>(w, 1), d, e, f, g)
    c = add<L>(c, g)
    g = add<L>(g, t2<L>(h, a, b))
    f = t1<L>(k + 8, place<L>(w, 2), c, d, e, f)
    b = add<L>(b, f)
    f = add<L>(f, t2<L>(g, h, a))
    e = t1<L>(k + 12, place<L>(w, 3), b, c, d, e)
    a = add<L>(a, e)
    e = add<L>(e, t2<L>(f, g, h))
    d = t1<L>(k + 16, place<L>(w, 4), a, b, c, d)
    h = add<L>(h, d)
    d = add<L>(d, t2<L>(e, f, g))
    c = t1<L>(k + 20, place<L>(w, 5), h, a, b, c)
    g = add<L>(g, c)
    c = add<L>(c, t2<L>(d, e, f))
    b = t1<L>(k + 24, place<L>(w, 6), g, h, a, b)
    f = add<L>(f, b)
    b = add<L>(b, t2<L>(c, d, e))
    a = t1<L>(k + 28, place<L>(w, 7), f, g, h, a)
    e = add<L>(e, a)
    a = add<L>(a, t2<L>(b, c, d))
    w = place<L>(w, 8)
  }
  chain<L>(0, a)
  chain<L>(1, b)
  chain<L>(2, c)
  chain<L>(3, d)
  chain<L>(4, e)
  chain<L>(5, f)
  chain<L>(6, g)
  chain<L>(7, h)
}
