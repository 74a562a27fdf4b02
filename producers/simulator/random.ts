/**
 * Seeded randomness: xoshiro128** over a state that splitmix32 fills from the seed's text. The same seed gives the same
 * numbers on every machine; nothing here is fit for secrets.
 * Source: Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators" (2018).
 */
export class Random {
  readonly seed: string
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: string) {
    this.seed = seed
    const mix = splitmix32(textHash(seed))
    this.#a = mix()
    this.#b = mix()
    this.#c = mix()
    // An all-zero state would stay zero for ever.
    this.#d = mix() | 1
  }

  /** Another stream, independent of how much of this one was used. */
  fork(name: string): Random {
    return new Random(`${this.seed}/${name}`)
  }

  /** An integer in [0, 2^32). */
  next(): number {
    const scrambled = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotateLeft(this.#d, 11)
    return scrambled
  }

  /** A double in [0, 1). */
  unit(): number {
    return this.next() / 4294967296
  }

  /** An integer in [0, bound); the bias below bound / 2^32 does not matter here. */
  below(bound: number): number {
    return Math.floor(this.unit() * bound)
  }

  /** An integer in [low, high], both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.unit() < probability
  }

  /** One of a non-empty list. */
  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)]
    if (picked === undefined) throw new RangeError('pick needs a non-empty list')
    return picked
  }

  /** An exponentially distributed gap with the given mean: the time between two arrivals of a Poisson process. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit())
  }

  /** A standard normal value (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit())
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** FNV-1a over UTF-16 units, 32 bits. */
function textHash(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** Steele, Lea and Flood's splitmix in 32 bits: a counter through a bijective mixer. */
function splitmix32(seed: number): () => number {
  let counter = seed
  return () => {
    counter = (counter + 0x9e3779b9) | 0
    let mixed = counter ^ (counter >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return mixed ^ (mixed >>> 15)
  }
}
