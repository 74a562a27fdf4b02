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
const NO_ROWS = new Int32Array(1)
const NO_KEYS = new Uint16Array(1)

/** An index holds row numbers below this one. */
export const INDEX_ROWS_MAX = ROW_MASK

/**
 * An open-addressing index from a 128-bit hash to row numbers, for hashes that are uniform (keyed, so that nobody can
 * choose them). The owner keeps each row's full hash. A slot is 25 bits of row number + 1 and 7 bits of h0, 0 when empty,
 * and beside it the upper 16 bits of h1: its key. Two rows may have one hash.
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
  readonly #rows: Int32Array[] = new Array<Int32Array>(SEGMENTS).fill(NO_ROWS)
  readonly #keys: Uint16Array[] = new Array<Uint16Array>(SEGMENTS).fill(NO_KEYS)
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
    const at = homeOf(h1 >>> 16, this.#capacities[segment]!)
    return this.#rows[segment]![at]! ^ this.#keys[segment]![at]!
  }

  /** The first row that may have this hash, or -1. Moves the cursor. */
  first(h0: number, h1: number): number {
    const segment = h0 >>> (32 - SEGMENT_BITS)
    const rows = this.#rows[segment]!
    const keys = this.#keys[segment]!
    const key = h1 >>> 16
    let at = homeOf(key, this.#capacities[segment]!)
    while (rows[at] !== 0 && keys[at]! < key) at++
    this.#segment = segment
    this.#key = key
    this.#tag = h0 & TAG_MASK
    return this.#candidate(rows, keys, at)
  }

  /** The next row that may have the hash of the last `first`, or -1. The index must not have changed in between. */
  next(): number {
    return this.#candidate(this.#rows[this.#segment]!, this.#keys[this.#segment]!, this.#at + 1)
  }

  #candidate(rows: Int32Array, keys: Uint16Array, from: number): number {
    for (let at = from; ; at++) {
      const slot = rows[at]!
      if (slot === 0 || keys[at] !== this.#key) return -1
      if (slot >>> ROW_BITS === this.#tag) {
        this.#at = at
        return (slot & ROW_MASK) - 1
      }
    }
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
    const rows = this.#rows[segment]!
    const keys = this.#keys[segment]!
    let at = homeOf(key, this.#capacities[segment]!)
    while (rows[at] !== 0 && keys[at]! <= key) at++
    let end = at
    while (rows[end] !== 0) end++
    // The last slot stays empty: every loop ends there.
    if (end === rows.length - 1) return false
    for (; end > at; end--) {
      rows[end] = rows[end - 1]!
      keys[end] = keys[end - 1]!
    }
    rows[at] = slot
    keys[at] = key
    return true
  }

  /** Removes the row that was inserted under this hash, and closes the gap, so that no tombstone stays. */
  remove(h0: number, h1: number, row: number): void {
    const segment = h0 >>> (32 - SEGMENT_BITS)
    const rows = this.#rows[segment]!
    const keys = this.#keys[segment]!
    const capacity = this.#capacities[segment]!
    let gap = homeOf(h1 >>> 16, capacity)
    while ((rows[gap]! & ROW_MASK) - 1 !== row) {
      if (rows[gap] === 0) throw new RangeError(`row ${row} is not in the index`)
      gap++
    }
    // What stands behind its own place moves up; the first that does not ends the stretch.
    for (let at = gap + 1; rows[at] !== 0 && homeOf(keys[at]!, capacity) < at; at++) {
      rows[gap] = rows[at]!
      keys[gap] = keys[at]!
      gap = at
    }
    rows[gap] = 0
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
    this.#rebuild(segment, capacity + 2 * (this.#rows[segment]!.length - capacity))
  }

  /** Spreads a segment's slots over `length` places, or over more when a crowd at its end needs them. */
  #rebuild(segment: number, length: number): void {
    const oldRows = this.#rows[segment]!
    const oldKeys = this.#keys[segment]!
    const capacity = this.#capacities[segment]!
    const rows = new Int32Array(length)
    const keys = new Uint16Array(length)
    let free = 0
    for (let at = 0; at < oldRows.length; at++) {
      if (oldRows[at] === 0) continue
      free = Math.max(free, homeOf(oldKeys[at]!, capacity))
      rows[free] = oldRows[at]!
      keys[free++] = oldKeys[at]!
    }
    if (free >= length) {
      this.#rebuild(segment, capacity + 2 * (length - capacity))
      return
    }
    this.#rows[segment] = rows
    this.#keys[segment] = keys
    this.#bytesUsed += bytesOf(rows, keys) - (oldRows === NO_ROWS ? 0 : bytesOf(oldRows, oldKeys))
  }
}

function bytesOf(rows: Int32Array, keys: Uint16Array): number {
  return rows.byteLength + keys.byteLength
}

function capacityOf(segment: number, generation: number): number {
  const growths = generation + segment / SEGMENTS
  return Math.ceil(FIRST_CAPACITY * 2 ** Math.min(growths, DOUBLINGS) * GROWTH ** Math.max(0, growths - DOUBLINGS))
}

/** Multiply-shift: spreads a uniform key over any capacity without a division, in the keys' order. */
function homeOf(key: number, capacity: number): number {
  return (key * capacity * 2 ** -16) | 0
}
