import type { ErrorPlace } from '../../streams/errors.ts'
import { RowStore } from '../../streams/state/row-store.ts'
import type { StateDigest } from '../../streams/state/state-digest.ts'

/** Slots of the baseline's lists (SPEC S2), by their first word in the row; most recently used first, 0 is empty. */
export const REGIONS_KNOWN = { at: 52, slots: 4 } as const
export const DEVICES_KNOWN = { at: 56, slots: 8 } as const
export const CATEGORIES_KNOWN = { at: 64, slots: 8 } as const
export const RECEIVERS_KNOWN = { at: 72, slots: 16 } as const
/** Counts of payments by amount bucket. */
export const HISTOGRAM_AT = 88
export const HISTOGRAM_BUCKETS = 32

/** The values of the last hour (SPEC V6): hash words, and beside them the latest event time of each. */
export const DEVICES_RECENT = { at: 120, timesAt: 8, slots: 8 } as const
export const REGIONS_RECENT = { at: 128, timesAt: 16, slots: 8 } as const

const ROW_WORDS = 136
// Doubles.
const HIGHEST_MS = 0
const LOWEST_MS = 1
const POSITION_MS = 2
const LATITUDE = 3
const LONGITUDE = 4
const REGION_MS = 5
const SATURATED_UNTIL_MS = 6
// Words, behind 24 doubles.
const PAYMENTS = 48
const WINDOW = 49
const LAST_REGION = 50
const WATCH = 51

/**
 * What the task keeps of every sender, 544 bytes: last times and places, the head of its window, the values of the last hour, and the
 * baseline. A cursor: `at(row)` first, then fields. Times that were never set read as `NEVER_MS`.
 *
 * `edit()` must come before the first write.
 */
export class Senders {
  readonly rows: RowStore
  words: Int32Array = new Int32Array(0)
  doubles: Float64Array = new Float64Array(0)
  /** First word of the row in `words`, first double in `doubles`. */
  word = 0
  double = 0
  private row = 0

  constructor(maxRows: number, place: ErrorPlace) {
    this.rows = new RowStore({
      name: 'senders',
      rowBytes: ROW_WORDS * 4,
      keyed: true,
      maxRows,
      setting: 'senders.maxPerPartition',
      place,
    })
  }

  at(row: number): void {
    const { rows } = this
    this.row = row
    this.words = rows.words(row)
    this.doubles = rows.doubles(row)
    this.word = rows.base(row)
    this.double = this.word >> 1
  }

  edit(): void {
    this.rows.writable(this.row)
  }

  /** Adds a sender; the cursor stands on it. */
  add(h0: number, h1: number, h2: number, h3: number): number {
    const row = this.rows.insert(h0, h1, h2, h3)
    this.at(row)
    for (let i = HIGHEST_MS; i <= SATURATED_UNTIL_MS; i++) this.doubles[this.double + i] = NEVER_MS
    this.lowestMs = -NEVER_MS
    return row
  }

  /** Highest event time of a decided payment. */
  get highestMs(): number {
    return this.doubles[this.double + HIGHEST_MS]!
  }
  set highestMs(ms: number) {
    this.doubles[this.double + HIGHEST_MS] = ms
  }
  get lowestMs(): number {
    return this.doubles[this.double + LOWEST_MS]!
  }
  set lowestMs(ms: number) {
    this.doubles[this.double + LOWEST_MS] = ms
  }
  /** Event time of the last known position. */
  get positionMs(): number {
    return this.doubles[this.double + POSITION_MS]!
  }
  get latitude(): number {
    return this.doubles[this.double + LATITUDE]!
  }
  get longitude(): number {
    return this.doubles[this.double + LONGITUDE]!
  }
  setPosition(ms: number, latitude: number, longitude: number): void {
    this.doubles[this.double + POSITION_MS] = ms
    this.doubles[this.double + LATITUDE] = latitude
    this.doubles[this.double + LONGITUDE] = longitude
  }
  /** Ordinal + 1 of the last known region, 0 for none. */
  get lastRegion(): number {
    return this.words[this.word + LAST_REGION]!
  }
  get lastRegionMs(): number {
    return this.doubles[this.double + REGION_MS]!
  }
  setLastRegion(ms: number, region: number): void {
    this.doubles[this.double + REGION_MS] = ms
    this.words[this.word + LAST_REGION] = region
  }
  /** Up to this stream time the window lacks an entry that it should hold. */
  get saturatedUntilMs(): number {
    return this.doubles[this.double + SATURATED_UNTIL_MS]!
  }
  set saturatedUntilMs(ms: number) {
    this.doubles[this.double + SATURATED_UNTIL_MS] = ms
  }
  /** Payments in the baseline. */
  get payments(): number {
    return this.words[this.word + PAYMENTS]!
  }
  set payments(count: number) {
    this.words[this.word + PAYMENTS] = count
  }
  /** Head of the sender's window. */
  get window(): number {
    return this.words[this.word + WINDOW]!
  }
  set window(head: number) {
    this.words[this.word + WINDOW] = head
  }
  /** Row of the sender's watch, or -1. */
  get watch(): number {
    return this.words[this.word + WATCH]! - 1
  }
  set watch(row: number) {
    this.words[this.word + WATCH] = row + 1
  }

  /** Adds all that the row means to a digest; its window and watch are other rows' business. */
  describe(digest: StateDigest): void {
    for (let i = 0; i < ROW_WORDS; i++) if (i !== WINDOW && i !== WATCH) digest.int(this.words[this.word + i]!)
  }

  /** Forgets all but the watch, where standings are (SPEC S2). The window must have been cleared. */
  forget(): void {
    const { watch } = this
    this.words.fill(0, this.word, this.word + ROW_WORDS)
    for (let i = HIGHEST_MS; i <= SATURATED_UNTIL_MS; i++) this.doubles[this.double + i] = NEVER_MS
    this.lowestMs = -NEVER_MS
    this.watch = watch
  }
}

/** A time before every other. */
export const NEVER_MS = Number.NEGATIVE_INFINITY
