import type { ErrorPlace } from '../../streams/errors.ts'
import { RowCursor } from '../../streams/state/row-cursor.ts'
import { RowStore } from '../../streams/state/row-store.ts'
import type { StateDigest } from '../../streams/state/state-digest.ts'

/** Slots of the baseline's lists (SPEC S2), by their first word in the row; most recently used first, 0 is empty. */
export const REGIONS_KNOWN = { at: 12, slots: 4 } as const
export const DEVICES_KNOWN = { at: 16, slots: 8 } as const
export const CATEGORIES_KNOWN = { at: 30, slots: 8 } as const
export const RECEIVERS_KNOWN = { at: 42, slots: 16 } as const
/** Counts of payments by amount bucket. */
export const HISTOGRAM_AT = 122
export const HISTOGRAM_BUCKETS = 32

/** The values of the last hour (SPEC V6): slots of a double, the latest event time, and a hash word. */
export const DEVICES_RECENT = { at: 58, slots: 8 } as const
export const REGIONS_RECENT = { at: 90, slots: 8 } as const

// Words of the row. What every payment touches stands together: a row is ten cache lines, and most payments need seven.
const WINDOW = 0
const WATCH = 1
const PAYMENTS = 2
const LAST_REGION = 3
const HIGHEST_MS = 4
const LOWEST_MS = 6
const SATURATED_UNTIL_MS = 8
const REGION_MS = 10
const POSITION_MS = 24
const LATITUDE = 26
const LONGITUDE = 28
const ROW_WORDS = 154
const NEVER_AT_FIRST = [HIGHEST_MS, SATURATED_UNTIL_MS, REGION_MS, POSITION_MS, LATITUDE, LONGITUDE] as const

/**
 * What the task keeps of every sender: last times and places, the head of its window, the values of the last hour, and the
 * baseline. A cursor: `at(row)` first, then fields. Times that were never set read as `NEVER_MS`.
 */
export class Senders extends RowCursor {
  constructor(maxRows: number, place: ErrorPlace) {
    super(
      new RowStore({
        name: 'senders',
        rowBytes: ROW_WORDS * 4,
        keyed: true,
        maxRows,
        setting: 'senders.maxPerPartition',
        place,
      }),
    )
  }

  /** Adds a sender; the cursor stands on it, ready to be written. */
  add(h0: number, h1: number, h2: number, h3: number): number {
    const row = this.rows.insert(h0, h1, h2, h3)
    this.at(row)
    this.clearTimes()
    return row
  }

  private clearTimes(): void {
    for (const time of NEVER_AT_FIRST) this.setDouble(time, NEVER_MS)
    this.setDouble(LOWEST_MS, -NEVER_MS)
  }

  /** Highest event time of a decided payment. */
  get highestMs(): number {
    return this.double(HIGHEST_MS)
  }
  set highestMs(ms: number) {
    this.setDouble(HIGHEST_MS, ms)
  }
  get lowestMs(): number {
    return this.double(LOWEST_MS)
  }
  set lowestMs(ms: number) {
    this.setDouble(LOWEST_MS, ms)
  }
  /** Event time of the last known position. */
  get positionMs(): number {
    return this.double(POSITION_MS)
  }
  get latitude(): number {
    return this.double(LATITUDE)
  }
  get longitude(): number {
    return this.double(LONGITUDE)
  }
  setPosition(ms: number, latitude: number, longitude: number): void {
    this.setDouble(POSITION_MS, ms)
    this.setDouble(LATITUDE, latitude)
    this.setDouble(LONGITUDE, longitude)
  }
  /** Ordinal + 1 of the last known region, 0 for none. */
  get lastRegion(): number {
    return this.int(LAST_REGION)
  }
  get lastRegionMs(): number {
    return this.double(REGION_MS)
  }
  setLastRegion(ms: number, region: number): void {
    this.setDouble(REGION_MS, ms)
    this.setInt(LAST_REGION, region)
  }
  /** Up to this stream time the window lacks an entry that it should hold. */
  get saturatedUntilMs(): number {
    return this.double(SATURATED_UNTIL_MS)
  }
  set saturatedUntilMs(ms: number) {
    this.setDouble(SATURATED_UNTIL_MS, ms)
  }
  /** Payments in the baseline. */
  get payments(): number {
    return this.int(PAYMENTS)
  }
  set payments(count: number) {
    this.setInt(PAYMENTS, count)
  }
  /** Head of the sender's window. */
  get window(): number {
    return this.int(WINDOW)
  }
  set window(head: number) {
    this.setInt(WINDOW, head)
  }
  /** Row of the sender's watch, or -1. */
  get watch(): number {
    return this.int(WATCH) - 1
  }
  set watch(row: number) {
    this.setInt(WATCH, row + 1)
  }

  /** Adds all that the row means to a digest; its window and watch are other rows' business. */
  describe(digest: StateDigest): void {
    for (let word = PAYMENTS; word < ROW_WORDS; word++) digest.int(this.int(word))
  }

  /** Forgets all but the watch, where standings are (SPEC S2). */
  forget(): void {
    const { watch } = this
    this.editAll()
    this.words.fill(0, this.base, this.base + ROW_WORDS)
    this.clearTimes()
    this.watch = watch
  }
}

/** A time before every other. */
export const NEVER_MS = Number.NEGATIVE_INFINITY
