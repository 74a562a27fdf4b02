import type { ErrorPlace } from '../errors.ts'
import { RowStore } from './row-store.ts'
import type { StateDigest } from './state-digest.ts'

/** `doubles`, `ints`, `idBytesMax`: fields of an entry beside its time and flags. `maxRows`, `setting`: the bound. */
export interface WindowStoreOptions {
  readonly name: string
  readonly doubles: number
  readonly ints: number
  readonly idBytesMax: number
  readonly maxRows: number
  readonly setting: string
  readonly place: ErrorPlace
}

/** The head of an empty window, and what follows the last entry. A zeroed row holds empty windows. */
export const NO_ENTRY = 0

// Words of an entry: two links, the window's length (kept in its head), flags; then time, doubles, ints, id.
const OLDER = 0
const NEWER = 1
const LENGTH = 2
const FLAGS = 3
const TIME = 2
const FIXED_DOUBLES = 3

/**
 * Event-time windows: each is a list of entries that hangs on a head kept by its owner, ordered by event time, newest
 * first; among equal times the later arrival comes first. Every call that can change the head returns the new one, and
 * the owner stores it. Nothing is allocated.
 *
 * Entries are rows of an unkeyed store in a doubly linked list: `older` ends at NO_ENTRY, `newer` of the head leads to
 * the oldest entry, so both ends are one step away however long the window is.
 */
export class WindowStore {
  /** The entries' rows; overlays and snapshots go through it. */
  readonly rows: RowStore
  readonly #intsAt: number
  readonly #idAt: number
  readonly #idBytesMax: number

  constructor(options: WindowStoreOptions) {
    const { name, maxRows, setting, place } = options
    this.#intsAt = (FIXED_DOUBLES + options.doubles) * 2
    this.#idAt = (this.#intsAt + options.ints) * 4
    this.#idBytesMax = options.idBytesMax
    const rowBytes = this.#idAt + 1 + options.idBytesMax
    this.rows = new RowStore({ name, rowBytes, keyed: false, maxRows, setting, place })
  }

  /** Adds an entry with this event time and all else zero to the window of `head`. See `headAfter` for the new head. */
  insert(head: number, timeMs: number): number {
    const rows = this.rows
    const entry = rows.insert() + 1
    this.#doubles(entry)[(this.#base(entry) >> 1) + TIME] = timeMs
    if (head === NO_ENTRY) {
      this.#setLink(entry, NEWER, entry)
      this.#setLink(entry, LENGTH, 1)
      return entry
    }
    rows.writable(head - 1)
    const length = this.#link(head, LENGTH) + 1
    if (timeMs >= this.timeMs(head)) {
      this.#setLink(entry, OLDER, head)
      this.#setLink(entry, NEWER, this.#link(head, NEWER))
      this.#setLink(head, NEWER, entry)
      this.#setLink(entry, LENGTH, length)
    } else {
      this.#insertBehind(head, entry, timeMs)
      this.#setLink(head, LENGTH, length)
    }
    return entry
  }

  #insertBehind(head: number, entry: number, timeMs: number): void {
    let newer = head
    let older = this.older(head)
    while (older !== NO_ENTRY && this.timeMs(older) > timeMs) {
      newer = older
      older = this.older(older)
    }
    this.rows.writable(newer - 1)
    this.#setLink(newer, OLDER, entry)
    this.#setLink(entry, NEWER, newer)
    this.#setLink(entry, OLDER, older)
    // The head, which leads to the oldest entry, is writable already.
    const after = older === NO_ENTRY ? head : older
    this.rows.writable(after - 1)
    this.#setLink(after, NEWER, entry)
  }

  /** The head after `entry = insert(head, ...)`. */
  headAfter(head: number, entry: number): number {
    return head === NO_ENTRY || this.older(entry) === head ? entry : head
  }

  /** Entries in the window. */
  length(head: number): number {
    return head === NO_ENTRY ? 0 : this.#link(head, LENGTH)
  }

  /** The next older entry, or NO_ENTRY. `for (let e = head; e !== NO_ENTRY; e = window.older(e))` is newest first. */
  older(entry: number): number {
    return this.#link(entry, OLDER)
  }

  /** The oldest entry, or NO_ENTRY. `for (let e = window.oldest(head); e !== NO_ENTRY; e = window.newer(head, e))`. */
  oldest(head: number): number {
    return head === NO_ENTRY ? NO_ENTRY : this.#link(head, NEWER)
  }

  /** The next newer entry, or NO_ENTRY. */
  newer(head: number, entry: number): number {
    return entry === head ? NO_ENTRY : this.#link(entry, NEWER)
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

  /** Frees entries with event time before `olderThanMs` (an equal one stays). Returns the new head. */
  trim(head: number, olderThanMs: number): number {
    let kept = head
    while (kept !== NO_ENTRY && this.timeMs(this.oldest(kept)) < olderThanMs) kept = this.dropOldest(kept)
    return kept
  }

  /** Frees the entry of the lowest event time, the earliest arrival among equals. Returns the new head. */
  dropOldest(head: number): number {
    const rows = this.rows
    const gone = this.oldest(head)
    if (gone === head) {
      rows.remove(gone - 1)
      return NO_ENTRY
    }
    const last = this.#link(gone, NEWER)
    rows.writable(head - 1)
    rows.writable(last - 1)
    this.#setLink(last, OLDER, NO_ENTRY)
    this.#setLink(head, NEWER, last)
    this.#setLink(head, LENGTH, this.#link(head, LENGTH) - 1)
    rows.remove(gone - 1)
    return head
  }

  /** Frees all entries; the owner's head becomes NO_ENTRY. */
  clear(head: number): number {
    for (let entry = head; entry !== NO_ENTRY; ) {
      const older = this.older(entry)
      this.rows.remove(entry - 1)
      entry = older
    }
    return NO_ENTRY
  }

  /** Event time, ms. */
  timeMs(entry: number): number {
    return this.#doubles(entry)[(this.#base(entry) >> 1) + TIME]!
  }

  /** The caller's flags, an int32. */
  flags(entry: number): number {
    return this.#link(entry, FLAGS)
  }

  setFlags(entry: number, flags: number): void {
    this.rows.writable(entry - 1)
    this.#setLink(entry, FLAGS, flags)
  }

  /** The caller's double field number `field`. */
  double(entry: number, field: number): number {
    return this.#doubles(entry)[(this.#base(entry) >> 1) + FIXED_DOUBLES + field]!
  }

  setDouble(entry: number, field: number, value: number): void {
    this.rows.writable(entry - 1)
    this.#doubles(entry)[(this.#base(entry) >> 1) + FIXED_DOUBLES + field] = value
  }

  /** The caller's int32 field number `field`. */
  int(entry: number, field: number): number {
    return this.rows.words(entry - 1)[this.#base(entry) + this.#intsAt + field]!
  }

  setInt(entry: number, field: number, value: number): void {
    this.rows.writable(entry - 1)
    this.rows.words(entry - 1)[this.#base(entry) + this.#intsAt + field] = value
  }

  /** Stores an id of `length` bytes, at most `idBytesMax`, taken from `source` at `at`. */
  setId(entry: number, source: Uint8Array, at: number, length: number): void {
    if (length > this.#idBytesMax) throw new RangeError(`an id of ${length} bytes; ${this.#idBytesMax} fit`)
    this.rows.writable(entry - 1)
    const bytes = this.rows.bytes(entry - 1)
    const to = this.#base(entry) * 4 + this.#idAt
    bytes[to] = length
    for (let byte = 0; byte < length; byte++) bytes[to + 1 + byte] = source[at + byte]!
  }

  /** The id's length; its bytes are `idSource(entry)` from `idStart(entry)` on. */
  idLength(entry: number): number {
    return this.rows.bytes(entry - 1)[this.#base(entry) * 4 + this.#idAt]!
  }

  idSource(entry: number): Uint8Array {
    return this.rows.bytes(entry - 1)
  }

  idStart(entry: number): number {
    return this.#base(entry) * 4 + this.#idAt + 1
  }

  /** Adds all that the window means to a digest, newest entry first. */
  describe(head: number, digest: StateDigest): void {
    digest.int(this.length(head))
    for (let entry = head; entry !== NO_ENTRY; entry = this.older(entry)) {
      digest.int(this.flags(entry))
      const words = this.rows.words(entry - 1)
      const from = this.#base(entry) + TIME * 2
      for (let word = from; word < this.#base(entry) + this.rows.payloadWords; word++) digest.int(words[word]!)
    }
  }

  #base(entry: number): number {
    return this.rows.base(entry - 1)
  }

  #doubles(entry: number): Float64Array {
    return this.rows.doubles(entry - 1)
  }

  #link(entry: number, word: number): number {
    return this.rows.words(entry - 1)[this.#base(entry) + word]!
  }

  #setLink(entry: number, word: number, value: number): void {
    this.rows.words(entry - 1)[this.#base(entry) + word] = value
  }
}
