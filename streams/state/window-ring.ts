import { type ErrorPlace, invariant, StreamsError } from '../errors.ts'
import type { TransactionalStore } from './overlay.ts'
import { RowChunk } from './row-chunk.ts'
import { SpareChunks } from './spare-chunks.ts'
import type { StateDigest } from './state-digest.ts'
import { NO_ENTRY } from './window-store.ts'

/** `doubles`, `ints`, `idBytesMax`: fields of an entry beside its time and flags. `maxEntries`, `setting`: the bound. */
export interface WindowRingOptions {
  readonly name: string
  /** Entries are held until stream time has passed their event time by more than this. */
  readonly heldMs: number
  readonly doubles: number
  readonly ints: number
  readonly idBytesMax: number
  readonly maxEntries: number
  readonly setting: string
  readonly place: ErrorPlace
}

/** Entries of one chunk, as a shift. */
const CHUNK_SHIFT = 11
const CHUNK_MASK = (1 << CHUNK_SHIFT) - 1
export const CHUNK_ENTRIES: number = 1 << CHUNK_SHIFT
/** Places of the ring: more than twice the entries it may hold, so that no link leads to a place that was filled anew. */
const RING_CHUNKS = 1 << 15
const RING_ENTRIES = RING_CHUNKS << CHUNK_SHIFT
/** Largest `maxEntries` that a ring accepts. */
const WINDOW_ENTRIES_BOUND: number = RING_ENTRIES / 2 - 2 * CHUNK_ENTRIES

// Words of an entry; then doubles, ints, id.
const OLDER = 0
const OWNER = 1
const FLAGS = 2
const TIME = 4
const FIXED_WORDS = 6

/** Is told of an entry right before it is written again, so that a snapshot can keep its own copy. */
export interface EntryWatcher {
  beforeWrite(place: number): void
}

/** The entries at one moment: places [first, first + count) of the ring. */
export interface RingExtent {
  readonly first: number
  readonly count: number
  readonly chunks: readonly RowChunk[]
}

interface Overlay {
  added: number
  /** Words of older entries that it has changed: place, word, old value. */
  readonly changes: number[]
}

/**
 * Event-time windows of many owners: each is a list that hangs on a head kept by its owner, ordered by event time,
 * newest first; among equal times the later arrival comes first. All entries stand in one ring in the order of their
 * arrival. They leave it at its old end once stream time has passed them, so nothing is unlinked: a link to what has
 * left reads as NO_ENTRY, and so does a head (`headOf`). What has not left yet may be too old for a window; callers
 * compare times.
 *
 * A call that can change the head returns the new one, and the owner stores it. Nothing is allocated per entry.
 */
export class WindowRing implements TransactionalStore {
  readonly options: WindowRingOptions
  /** 32-bit words of an entry. */
  readonly entryWords: number
  readonly #intsAt: number
  readonly #idAt: number
  readonly #chunks: (RowChunk | null)[] = new Array<RowChunk | null>(RING_CHUNKS).fill(null)
  readonly #overlays: Overlay[] = []
  readonly #spares = new SpareChunks()
  #allocated = 0
  #pins = 0
  #oldest = 0
  #count = 0
  #uncommitted = 0
  #committedTimeMs = Number.NEGATIVE_INFINITY
  #watcher: EntryWatcher | null = null

  constructor(options: WindowRingOptions) {
    if (!(options.maxEntries >= 1 && options.maxEntries <= WINDOW_ENTRIES_BOUND)) {
      const limits = `${options.setting} must be between 1 and ${WINDOW_ENTRIES_BOUND}`
      throw new StreamsError('ROWS_SETTING', 'stop', limits, options.place)
    }
    this.options = options
    this.#intsAt = FIXED_WORDS + options.doubles * 2
    this.#idAt = this.#intsAt + options.ints
    this.entryWords = Math.ceil((this.#idAt * 4 + 1 + options.idBytesMax) / 8) * 2
  }

  /** Entries held. */
  get size(): number {
    return this.#count
  }

  /** `size` as a share of the bound, 0 to 1. */
  get filled(): number {
    return this.#count / this.options.maxEntries
  }

  /** Bytes of entries as allocated. */
  get bytesUsed(): number {
    return (this.#allocated + this.#spares.count) * CHUNK_ENTRIES * this.entryWords * 4
  }

  /** True while no overlay can be taken back. */
  get committed(): boolean {
    return this.#overlays.length === 0
  }

  /** @throws StreamsError ROWS_FULL when the next `insert` might find no place. */
  requireRoom(): void {
    if (this.#count < this.options.maxEntries || this.#expireOldest()) return
    const { name, maxEntries, setting, place } = this.options
    const what = `store ${name} holds ${this.#count} entries and its bound is ${setting} = ${maxEntries}`
    throw new StreamsError('ROWS_FULL', 'stop', `${what}; nothing is lost: raise ${setting} and start again`, place)
  }

  /** The head that an owner has kept, or NO_ENTRY when that entry has left the ring. */
  headOf(owner: number, kept: number): number {
    if (kept === NO_ENTRY || !this.#holds(kept)) return NO_ENTRY
    return this.#word(kept, OWNER) === owner ? kept : NO_ENTRY
  }

  /**
   * Adds an entry with this event time and all else zero to the window of `head`. See `headAfter` for the new head.
   * @throws StreamsError ROWS_FULL at the bound, with nothing changed.
   */
  insert(owner: number, head: number, timeMs: number): number {
    this.requireRoom()
    const place = placeAfter(this.#oldest, this.#count)
    const { words, doubles } = this.#chunkFor(place)
    const at = (place & CHUNK_MASK) * this.entryWords
    for (let pair = at >> 1, end = pair + (this.entryWords >> 1); pair < end; pair++) doubles[pair] = 0
    words[at + OWNER] = owner
    doubles[(at + TIME) >> 1] = timeMs
    this.#count++
    const overlay = this.#overlays.at(-1)
    if (overlay !== undefined) {
      overlay.added++
      this.#uncommitted++
    }
    const entry = place + 1
    if (head === NO_ENTRY || timeMs >= this.timeMs(head)) words[at + OLDER] = head
    else this.#insertBehind(head, entry, timeMs)
    return entry
  }

  #insertBehind(head: number, entry: number, timeMs: number): void {
    let newer = head
    let older = this.older(head)
    while (older !== NO_ENTRY && this.timeMs(older) > timeMs) {
      newer = older
      older = this.older(older)
    }
    this.#setWord(newer, OLDER, entry)
    this.#setWord(entry, OLDER, older)
  }

  /** The head after `entry = insert(owner, head, ...)`. */
  headAfter(head: number, entry: number): number {
    return head === NO_ENTRY || this.older(entry) === head ? entry : head
  }

  /** The next older entry, or NO_ENTRY. `for (let e = head; e !== NO_ENTRY; e = ring.older(e))` is newest first. */
  older(entry: number): number {
    const older = this.#word(entry, OLDER)
    return older !== NO_ENTRY && this.#holds(older) ? older : NO_ENTRY
  }

  /** Entries with event time in [fromMs, toMs], both ends included. */
  countBetween(head: number, fromMs: number, toMs: number): number {
    let count = 0
    for (let entry = head; entry !== NO_ENTRY; entry = this.older(entry)) {
      const timeMs = this.timeMs(entry)
      if (timeMs < fromMs) break
      if (timeMs <= toMs) count++
    }
    return count
  }

  /** Event time, ms. */
  timeMs(entry: number): number {
    return this.#chunkOf(entry).doubles[(this.#base(entry) + TIME) >> 1]!
  }

  /** The caller's flags, an int32. */
  flags(entry: number): number {
    return this.#word(entry, FLAGS)
  }

  setFlags(entry: number, flags: number): void {
    this.#setWord(entry, FLAGS, flags)
  }

  /** The caller's double field number `field`. */
  double(entry: number, field: number): number {
    return this.#chunkOf(entry).doubles[((this.#base(entry) + FIXED_WORDS) >> 1) + field]!
  }

  /** Sets a field of an entry right after its `insert`; it does not change later. */
  setDouble(entry: number, field: number, value: number): void {
    this.#chunkOf(entry).doubles[((this.#base(entry) + FIXED_WORDS) >> 1) + field] = value
  }

  /** The caller's int32 field number `field`. */
  int(entry: number, field: number): number {
    return this.#word(entry, this.#intsAt + field)
  }

  /** Like `setDouble`. */
  setInt(entry: number, field: number, value: number): void {
    this.#chunkOf(entry).words[this.#base(entry) + this.#intsAt + field] = value
  }

  /** Stores an id of `length` bytes, at most `idBytesMax`, taken from `source` at `at`. Like `setDouble`. */
  setId(entry: number, source: Uint8Array, at: number, length: number): void {
    if (length > this.options.idBytesMax)
      throw new RangeError(`an id of ${length} bytes; ${this.options.idBytesMax} fit`)
    const { bytes } = this.#chunkOf(entry)
    const to = (this.#base(entry) + this.#idAt) * 4
    bytes[to] = length
    for (let byte = 0; byte < length; byte++) bytes[to + 1 + byte] = source[at + byte]!
  }

  /** The id's length; its bytes are `idSource(entry)` from `idStart(entry)` on. */
  idLength(entry: number): number {
    return this.idSource(entry)[this.idStart(entry) - 1]!
  }

  idSource(entry: number): Uint8Array {
    return this.#chunkOf(entry).bytes
  }

  idStart(entry: number): number {
    return (this.#base(entry) + this.#idAt) * 4 + 1
  }

  /** Wipes the entry's id, which stands in the ring until the entry leaves it. */
  clearId(entry: number): void {
    for (let word = this.#idAt; word < this.entryWords; word++) this.#setWord(entry, word, 0)
  }

  /**
   * Lets entries go that are past at the committed stream time, in the order of their arrival, so that one may wait for
   * an earlier arrival of a later time. By committed time only, because a dropped overlay may ask again.
   */
  expire(committedStreamTimeMs: number): void {
    this.#committedTimeMs = committedStreamTimeMs
    while (this.#expireOldest());
  }

  #expireOldest(): boolean {
    if (this.#count <= this.#uncommitted) return false
    if (this.timeMs(this.#oldest + 1) >= this.#committedTimeMs - this.options.heldMs) return false
    const number = this.#oldest >> CHUNK_SHIFT
    this.#oldest = placeAfter(this.#oldest, 1)
    this.#count--
    if (this.#oldest >> CHUNK_SHIFT !== number) this.#release(number)
    return true
  }

  #release(number: number): void {
    this.#spares.keep(this.#chunks[number]!, this.#pins > 0)
    this.#chunks[number] = null
    this.#allocated--
  }

  openOverlay(): void {
    this.#overlays.push({ added: 0, changes: [] })
  }

  mergeOldest(): void {
    const overlay = this.#overlays.shift()
    invariant(overlay !== undefined, 'no overlay to merge')
    this.#uncommitted -= overlay.added
  }

  dropYoungest(): void {
    const overlay = this.#overlays.pop()
    invariant(overlay !== undefined, 'no overlay to drop')
    const { added, changes } = overlay
    for (let at = changes.length - 3; at >= 0; at -= 3) {
      // An earlier commit may have let it go meanwhile.
      if (!this.#holds(changes[at]! + 1)) continue
      this.#chunkOf(changes[at]! + 1).words[this.#base(changes[at]! + 1) + changes[at + 1]!] = changes[at + 2]!
    }
    this.#count -= added
    this.#uncommitted -= added
  }

  /** Adds to a digest all that the window means at this stream time, newest entry first. */
  describe(head: number, streamTimeMs: number, digest: StateDigest): void {
    const fromMs = streamTimeMs - this.options.heldMs
    let count = 0
    for (let entry = head; entry !== NO_ENTRY && this.timeMs(entry) >= fromMs; entry = this.older(entry)) {
      count++
      digest.int(this.flags(entry))
      const { words } = this.#chunkOf(entry)
      const base = this.#base(entry)
      for (let word = TIME; word < this.entryWords; word++) digest.int(words[base + word]!)
    }
    digest.int(count)
  }

  /** Freezes the entries for a reader, which is told of every later write to one of them, until `unpin`. */
  pin(watcher: EntryWatcher): RingExtent {
    invariant(this.#watcher === null && this.committed, 'a snapshot begins within another or an overlay')
    this.#watcher = watcher
    this.#pins++
    const firstChunk = this.#oldest >> CHUNK_SHIFT
    const chunks = Math.ceil(((this.#oldest & CHUNK_MASK) + this.#count) / CHUNK_ENTRIES)
    return {
      first: this.#oldest,
      count: this.#count,
      chunks: Array.from({ length: this.#count === 0 ? 0 : chunks }, (_, i) => {
        return this.#chunks[(firstChunk + i) % RING_CHUNKS]!
      }),
    }
  }

  unpin(): void {
    this.#watcher = null
    this.#pins--
    if (this.#pins === 0) this.#spares.unpin()
  }

  /** Takes over a snapshot; the ring must be new. */
  adopt({ first, count, chunks }: RingExtent): void {
    invariant(this.#count === 0 && this.#allocated === 0, 'a snapshot is loaded into a store in use')
    for (const [i, chunk] of chunks.entries()) this.#chunks[((first >> CHUNK_SHIFT) + i) % RING_CHUNKS] = chunk
    this.#allocated = chunks.length
    this.#oldest = first
    this.#count = count
  }

  /** An empty chunk, to be filled from a snapshot. */
  newChunk(): RowChunk {
    return new RowChunk(CHUNK_ENTRIES, this.entryWords)
  }

  /** Whether the entry's place is one that is filled. */
  #holds(entry: number): boolean {
    return this.#distance(entry) < this.#count
  }

  /** Places from the oldest to the entry's, going with the ring. */
  #distance(entry: number): number {
    const distance = entry - 1 - this.#oldest
    return distance < 0 ? distance + RING_ENTRIES : distance
  }

  #chunkFor(place: number): RowChunk {
    const number = place >> CHUNK_SHIFT
    const present = this.#chunks[number]!
    if (present !== null) return present
    const chunk = this.#spares.take() ?? this.newChunk()
    this.#chunks[number] = chunk
    this.#allocated++
    return chunk
  }

  #chunkOf(entry: number): RowChunk {
    return this.#chunks[(entry - 1) >> CHUNK_SHIFT]!
  }

  #base(entry: number): number {
    return ((entry - 1) & CHUNK_MASK) * this.entryWords
  }

  #word(entry: number, word: number): number {
    return this.#chunkOf(entry).words[this.#base(entry) + word]!
  }

  #setWord(entry: number, word: number, value: number): void {
    const { words } = this.#chunkOf(entry)
    const at = this.#base(entry) + word
    const old = words[at]!
    if (old === value) return
    this.#watcher?.beforeWrite(entry - 1)
    const overlay = this.#overlays.at(-1)
    // An entry that the overlay has added goes with it.
    if (overlay !== undefined && this.#distance(entry) < this.#count - overlay.added) {
      overlay.changes.push(entry - 1, word, old)
    }
    words[at] = value
  }
}

/** How many chunks lie between two places, going with the ring. */
export function chunksFrom(first: number, place: number): number {
  return ((place >> CHUNK_SHIFT) - (first >> CHUNK_SHIFT) + RING_CHUNKS) % RING_CHUNKS
}

function placeAfter(place: number, count: number): number {
  const next = place + count
  return next >= RING_ENTRIES ? next - RING_ENTRIES : next
}
