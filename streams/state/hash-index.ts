const SEGMENT_BITS = 8
const SEGMENTS = 1 << SEGMENT_BITS
const ROW_BITS = 25
const ROW_MASK = (1 << ROW_BITS) - 1
const TAG_MASK = (1 << (32 - ROW_BITS)) - 1
const LOAD_MAX = 0.9
const GROWTH = 1.2
const FIRST_CAPACITY = 8
/** Growths that double a segment first: while it is small, work counts and its bytes do not. */
const DOUBLINGS = 4
/** Slots behind a segment's last place, for keys that were pushed back; the last of them stays empty. */
const SLACK_MAX = 32
const SEGMENTS_PER_STEP = 8

// Halfwords of a slot.
const KEY = 0
const LOW = 1
const HIGH = 2
const SLOT_HALFWORDS = 3
const NO_SLOTS = new Uint16Array(SLOT_HALFWORDS)

/** An index holds row numbers below this one. */
export const INDEX_ROWS_MAX = ROW_MASK

/**
 * An open-addressing index from a 128-bit hash to row numbers, for hashes that are uniform (keyed, so that nobody can
 * choose them). The owner keeps each row's full hash. A slot is the upper 16 bits of h1, its key, and 32 bits that are 0
 * when it is empty: 25 bits of row number + 1 and 7 bits of h0. It stands in 6 bytes, so that most look-ups read one line
 * of the cache. Two rows may have one hash.
 *
 * It is cut into 256 segments by the top bits of h0, each growing by itself. A segment is kept in the order of its keys
 * with gaps between them, a key standing at or a little behind its own place (linear probing in order). So a look-up of
 * what is not there ends early, removal closes the gap, and growth is one pass from front to back; none of them looks
 * at a row. The segments' capacities are staggered over one growth factor, so growth is spread evenly over the inserts
 * and no step moves more than a 256th of the index. It never shrinks.
 *
 * Looking up is a loop at the owner, which compares the full hash:
 * `let row = index.first(h0, h1); while (row >= 0 && !same(row)) row = index.next()`.
 */
export class HashIndex {
  readonly #slots: Uint16Array[] = new Array<Uint16Array>(SEGMENTS).fill(NO_SLOTS)
  readonly #capacities = new Int32Array(SEGMENTS)
  readonly #counts = new Int32Array(SEGMENTS)
  readonly #limits = new Int32Array(SEGMENTS)
  readonly #generations = new Uint8Array(SEGMENTS)
  #bytesUsed = 0
  // The cursor of first and next.
  #segment = 0
  #key = 0
  #tag = 0
  #at = 0

  /** Bytes of all segments. */
  get bytesUsed(): number {
    return this.#bytesUsed
  }

  /** Reads where a look-up of this hash begins, so that it is near by then; the answer means nothing (ADR 0058). */
  touch(h0: number, h1: number): number {
    const segment = h0 >>> (32 - SEGMENT_BITS)
    return this.#slots[segment]![homeOf(h1 >>> 16, this.#capacities[segment]!) * SLOT_HALFWORDS]!
  }

  /** The first row that may have this hash, or -1. Moves the cursor. */
  first(h0: number, h1: number): number {
    const segment = h0 >>> (32 - SEGMENT_BITS)
    const slots = this.#slots[segment]!
    const key = h1 >>> 16
    let at = homeOf(key, this.#capacities[segment]!) * SLOT_HALFWORDS
    while (slots[at + KEY]! < key && isFilled(slots, at)) at += SLOT_HALFWORDS
    this.#segment = segment
    this.#key = key
    this.#tag = h0 & TAG_MASK
    return this.#candidate(slots, at)
  }

  /** The next row that may have the hash of the last `first`, or -1. The index must not have changed in between. */
  next(): number {
    return this.#candidate(this.#slots[this.#segment]!, this.#at + SLOT_HALFWORDS)
  }

  #candidate(slots: Uint16Array, from: number): number {
    for (let at = from; slots[at + KEY] === this.#key && isFilled(slots, at); at += SLOT_HALFWORDS) {
      if (slots[at + HIGH]! >>> (ROW_BITS - 16) === this.#tag) {
        this.#at = at
        return rowAt(slots, at)
      }
    }
    return -1
  }

  /** Adds a row under its hash. The caller keeps the pair (hash, row) unique. */
  insert(h0: number, h1: number, row: number): void {
    const segment = h0 >>> (32 - SEGMENT_BITS)
    if (this.#counts[segment]! >= this.#limits[segment]!) this.#grow(segment, this.#generations[segment]! + 1)
    const slot = ((h0 & TAG_MASK) << ROW_BITS) | (row + 1)
    while (!this.#place(segment, h1 >>> 16, slot)) this.#lengthen(segment)
    this.#counts[segment]!++
  }

  #place(segment: number, key: number, slot: number): boolean {
    const slots = this.#slots[segment]!
    let at = homeOf(key, this.#capacities[segment]!) * SLOT_HALFWORDS
    while (slots[at + KEY]! <= key && isFilled(slots, at)) at += SLOT_HALFWORDS
    let end = at
    while (isFilled(slots, end)) end += SLOT_HALFWORDS
    // The last slot stays empty: every loop ends there.
    if (end === slots.length - SLOT_HALFWORDS) return false
    for (let to = end + SLOT_HALFWORDS - 1; to >= at + SLOT_HALFWORDS; to--) slots[to] = slots[to - SLOT_HALFWORDS]!
    slots[at + KEY] = key
    slots[at + LOW] = slot
    slots[at + HIGH] = slot >>> 16
    return true
  }

  /** Removes the row that was inserted under this hash, and closes the gap, so that no tombstone stays. */
  remove(h0: number, h1: number, row: number): void {
    const segment = h0 >>> (32 - SEGMENT_BITS)
    const slots = this.#slots[segment]!
    const capacity = this.#capacities[segment]!
    let gap = homeOf(h1 >>> 16, capacity) * SLOT_HALFWORDS
    while (rowAt(slots, gap) !== row) {
      if (!isFilled(slots, gap)) throw new RangeError(`row ${row} is not in the index`)
      gap += SLOT_HALFWORDS
    }
    // What stands behind its own place moves up; the first that does not ends the stretch.
    let at = gap + SLOT_HALFWORDS
    for (; isFilled(slots, at) && homeOf(slots[at + KEY]!, capacity) * SLOT_HALFWORDS < at; at += SLOT_HALFWORDS) {
      copySlot(slots, at, slots, gap)
      gap = at
    }
    slots[gap + LOW] = 0
    slots[gap + HIGH] = 0
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
    const capacity = capacityOf(segment, generation)
    this.#generations[segment] = generation
    this.#capacities[segment] = capacity
    this.#limits[segment] = Math.floor(capacity * LOAD_MAX)
    this.#rebuild(segment, capacity + Math.min(SLACK_MAX, FIRST_CAPACITY + (capacity >>> 3)))
  }

  /** A crowd at the segment's end has filled the slack behind its last place, which one in many thousands does. */
  #lengthen(segment: number): void {
    const capacity = this.#capacities[segment]!
    this.#rebuild(segment, capacity + 2 * (this.#slots[segment]!.length / SLOT_HALFWORDS - capacity))
  }

  /** Spreads a segment's slots over `length` places, or over more when a crowd at its end needs them. */
  #rebuild(segment: number, length: number): void {
    const old = this.#slots[segment]!
    const capacity = this.#capacities[segment]!
    const slots = new Uint16Array(length * SLOT_HALFWORDS)
    let free = 0
    for (let at = 0; at < old.length; at += SLOT_HALFWORDS) {
      if (!isFilled(old, at)) continue
      free = Math.max(free, homeOf(old[at + KEY]!, capacity))
      if (free < length) copySlot(old, at, slots, free * SLOT_HALFWORDS)
      free++
    }
    if (free >= length) {
      this.#rebuild(segment, capacity + 2 * (length - capacity))
      return
    }
    this.#slots[segment] = slots
    this.#bytesUsed += slots.byteLength - (old === NO_SLOTS ? 0 : old.byteLength)
  }
}

function isFilled(slots: Uint16Array, at: number): boolean {
  return (slots[at + LOW]! | slots[at + HIGH]!) !== 0
}

/** The row number in the slot at `at`, -1 in an empty one. */
function rowAt(slots: Uint16Array, at: number): number {
  return ((slots[at + LOW]! | (slots[at + HIGH]! << 16)) & ROW_MASK) - 1
}

function copySlot(from: Uint16Array, at: number, to: Uint16Array, place: number): void {
  to[place + KEY] = from[at + KEY]!
  to[place + LOW] = from[at + LOW]!
  to[place + HIGH] = from[at + HIGH]!
}

function capacityOf(segment: number, generation: number): number {
  const growths = generation + segment / SEGMENTS
  return Math.ceil(FIRST_CAPACITY * 2 ** Math.min(growths, DOUBLINGS) * GROWTH ** Math.max(0, growths - DOUBLINGS))
}

/** Multiply-shift: spreads a uniform key over any capacity without a division, in the keys' order. */
function homeOf(key: number, capacity: number): number {
  return (key * capacity * 2 ** -16) | 0
}
