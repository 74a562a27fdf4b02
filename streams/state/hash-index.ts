/** The rows that an index points at. The owner keeps each row's full hash; the index keeps none of it. */
export interface HashedRows {
  /** The second 32-bit word of the row's hash: it names the row's place within its segment. */
  placeHash(row: number): number
}

const SEGMENT_BITS = 10
const SEGMENTS = 1 << SEGMENT_BITS
const ROW_BITS = 25
const ROW_MASK = (1 << ROW_BITS) - 1
const TAG_MASK = (1 << (32 - ROW_BITS)) - 1
const LOAD_MAX = 0.8
const GROWTH = 1.5
const FIRST_CAPACITY = 8
const SEGMENTS_PER_STEP = 32
const UNUSED = new Int32Array(1)

/** An index holds row numbers below this one. */
export const INDEX_ROWS_MAX = ROW_MASK

/**
 * An open-addressing index from a 128-bit hash to row numbers, for hashes that are uniform (keyed, so that nobody can
 * choose them). A slot is 25 bits of row number + 1 and 7 bits of hash; 0 is an empty slot. Two rows may have one hash.
 *
 * It is cut into 1,024 segments, each with linear probing at a load of 0.53 to 0.8 and each growing by itself. Their
 * capacities are staggered over one growth factor, so growth is spread evenly over the inserts: no step moves more than
 * a thousandth of the index, and old and new slots are never held twice. It never shrinks.
 *
 * Looking up is a loop at the owner, which compares the full hash:
 * `let row = index.first(h0, h1); while (row >= 0 && !same(row)) row = index.next()`.
 * Hash words: the top bits of h0 choose the segment, its low bits are the tag, h1 is the place in the segment.
 */
export class HashIndex {
  readonly #rows: HashedRows
  readonly #segments: Int32Array[] = new Array<Int32Array>(SEGMENTS).fill(UNUSED)
  readonly #counts = new Int32Array(SEGMENTS)
  readonly #limits = new Int32Array(SEGMENTS)
  readonly #generations = new Uint8Array(SEGMENTS)
  #bytesUsed = 0
  // The cursor of first and next.
  #slots: Int32Array = UNUSED
  #tag = 0
  #at = 0

  constructor(rows: HashedRows) {
    this.#rows = rows
  }

  /** Bytes of all segments. */
  get bytesUsed(): number {
    return this.#bytesUsed
  }

  /** The first row that may have this hash, or -1. Moves the cursor. */
  first(h0: number, h1: number): number {
    const slots = this.#segments[h0 >>> (32 - SEGMENT_BITS)]!
    this.#slots = slots
    this.#tag = h0 & TAG_MASK
    return this.#scan(placeOf(h1, slots.length))
  }

  /** The next row that may have the hash of the last `first`, or -1. The index must not have changed in between. */
  next(): number {
    const at = this.#at + 1
    return this.#scan(at === this.#slots.length ? 0 : at)
  }

  #scan(from: number): number {
    const slots = this.#slots
    const tag = this.#tag
    for (let at = from; ; ) {
      const slot = slots[at]!
      if (slot === 0) return -1
      if (slot >>> ROW_BITS === tag) {
        this.#at = at
        return (slot & ROW_MASK) - 1
      }
      if (++at === slots.length) at = 0
    }
  }

  /** Adds a row under its hash. The caller keeps the pair (hash, row) unique. */
  insert(h0: number, h1: number, row: number): void {
    const segment = h0 >>> (32 - SEGMENT_BITS)
    if (this.#counts[segment]! >= this.#limits[segment]!) this.#grow(segment, this.#generations[segment]! + 1)
    this.#counts[segment]!++
    place(this.#segments[segment]!, h1, ((h0 & TAG_MASK) << ROW_BITS) | (row + 1))
  }

  /** Removes the row that was inserted under this hash, and closes the gap, so that no tombstone stays. */
  remove(h0: number, h1: number, row: number): void {
    const segment = h0 >>> (32 - SEGMENT_BITS)
    const slots = this.#segments[segment]!
    const capacity = slots.length
    let hole = placeOf(h1, capacity)
    while ((slots[hole]! & ROW_MASK) - 1 !== row) {
      if (slots[hole] === 0) throw new RangeError(`row ${row} is not in the index`)
      if (++hole === capacity) hole = 0
    }
    for (let at = hole; ; ) {
      if (++at === capacity) at = 0
      const slot = slots[at]!
      if (slot === 0) break
      // A slot may move back into the hole unless that would put it before its own place.
      const home = placeOf(this.#rows.placeHash((slot & ROW_MASK) - 1), capacity)
      const travelled = at >= home ? at - home : at - home + capacity
      const gap = at >= hole ? at - hole : at - hole + capacity
      if (travelled >= gap) {
        slots[hole] = slot
        hole = at
      }
    }
    slots[hole] = 0
    this.#counts[segment]!--
  }

  /**
   * Makes room for this many rows before a bulk load. The work is done while the caller takes the steps, so that the
   * event loop can have a turn between two of them.
   */
  *reserve(rows: number): Generator<void> {
    const mean = rows / SEGMENTS
    const needed = mean + 4 * Math.sqrt(mean)
    for (let segment = 0; segment < SEGMENTS; segment++) {
      let generation = this.#generations[segment]!
      while (capacityOf(segment, generation) * LOAD_MAX < needed) generation++
      if (generation > this.#generations[segment]!) this.#grow(segment, generation)
      if (segment % SEGMENTS_PER_STEP === 0) yield
    }
  }

  #grow(segment: number, generation: number): void {
    const old = this.#segments[segment]!
    const slots = new Int32Array(capacityOf(segment, generation))
    for (let at = 0; at < old.length; at++) {
      const slot = old[at]!
      if (slot !== 0) place(slots, this.#rows.placeHash((slot & ROW_MASK) - 1), slot)
    }
    this.#segments[segment] = slots
    this.#generations[segment] = generation
    this.#limits[segment] = Math.floor(slots.length * LOAD_MAX)
    this.#bytesUsed += slots.byteLength - (old === UNUSED ? 0 : old.byteLength)
  }
}

function capacityOf(segment: number, generation: number): number {
  return Math.ceil(FIRST_CAPACITY * GROWTH ** (generation + segment / SEGMENTS))
}

/** Multiply-shift: spreads a uniform word over any capacity without a division. */
function placeOf(h1: number, capacity: number): number {
  return ((h1 >>> 0) * capacity * 2 ** -32) | 0
}

function place(slots: Int32Array, h1: number, slot: number): void {
  const capacity = slots.length
  let at = placeOf(h1, capacity)
  while (slots[at] !== 0) if (++at === capacity) at = 0
  slots[at] = slot
}
