import type { ErrorPlace } from '../../streams/errors.ts'
import { RowStore } from '../../streams/state/row-store.ts'
import type { StateDigest } from '../../streams/state/state-digest.ts'
import { NEVER_MS } from './senders.ts'

/** Counted event times of a sender at most (SPEC S3); one more pushes out the lowest. */
const COUNTED_MAX = 32
/** Failed-code records of a sender at most (SPEC S1, OTP_FAILED). */
const FAILED_MAX = 8

// Doubles.
const HARD_BLOCK_UNTIL = 0
const ALLOWED_UNTIL = 1
const BLOCK_UNTIL = 2
const EPISODE_OFFSET = 3
const EPISODE_LAST = 4
const COUNTED_AT = 5
const FAILED_AT = COUNTED_AT + COUNTED_MAX
const DOUBLES = FAILED_AT + FAILED_MAX
// Words.
const COUNTED = DOUBLES * 2
const FAILED_NEXT = COUNTED + 1
const EPISODE_OPEN = COUNTED + 2
const FIRED = COUNTED + 3
const FAILED_CODES_AT = COUNTED + 4
const ROW_WORDS = FAILED_CODES_AT + FAILED_MAX

/**
 * What is kept only of senders that something was held against: standings, the counted payments of the last hour, the episode, failed
 * codes. A cursor like `Senders`.
 */
export class Watches {
  readonly rows: RowStore
  private words: Int32Array = new Int32Array(0)
  private doubles: Float64Array = new Float64Array(0)
  private word = 0
  private double = 0
  private row = 0

  constructor(maxRows: number, place: ErrorPlace) {
    this.rows = new RowStore({
      name: 'watches',
      rowBytes: ROW_WORDS * 4,
      keyed: false,
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

  add(): number {
    const row = this.rows.insert()
    this.at(row)
    for (let i = HARD_BLOCK_UNTIL; i <= EPISODE_LAST; i++) this.doubles[this.double + i] = NEVER_MS
    return row
  }

  get hardBlockUntilMs(): number {
    return this.doubles[this.double + HARD_BLOCK_UNTIL]!
  }
  set hardBlockUntilMs(ms: number) {
    this.doubles[this.double + HARD_BLOCK_UNTIL] = ms
  }
  get allowedUntilMs(): number {
    return this.doubles[this.double + ALLOWED_UNTIL]!
  }
  set allowedUntilMs(ms: number) {
    this.doubles[this.double + ALLOWED_UNTIL] = ms
  }
  /** End of the automatic block. */
  get blockUntilMs(): number {
    return this.doubles[this.double + BLOCK_UNTIL]!
  }
  set blockUntilMs(ms: number) {
    this.doubles[this.double + BLOCK_UNTIL] = ms
  }

  get episodeOpen(): boolean {
    return this.words[this.word + EPISODE_OPEN] === 1
  }
  get episodeOffset(): number {
    return this.doubles[this.double + EPISODE_OFFSET]!
  }
  get episodeLastMs(): number {
    return this.doubles[this.double + EPISODE_LAST]!
  }
  set episodeLastMs(ms: number) {
    this.doubles[this.double + EPISODE_LAST] = ms
  }
  /** Actions that the open episode has fired, by bit. */
  get fired(): number {
    return this.words[this.word + FIRED]!
  }
  set fired(actions: number) {
    this.words[this.word + FIRED] = actions
  }
  openEpisode(offset: number, eventTimeMs: number): void {
    this.words[this.word + EPISODE_OPEN] = 1
    this.doubles[this.double + EPISODE_OFFSET] = offset
    this.episodeLastMs = eventTimeMs
    this.fired = 0
  }
  closeEpisode(): void {
    this.words[this.word + EPISODE_OPEN] = 0
    this.fired = 0
  }

  /** Counts a payment; at the bound the lowest event time goes, which may be the new one. */
  addCounted(eventTimeMs: number): void {
    const { words, word, doubles, double } = this
    const count = words[word + COUNTED]!
    if (count < COUNTED_MAX) {
      doubles[double + COUNTED_AT + count] = eventTimeMs
      words[word + COUNTED] = count + 1
      return
    }
    let lowest = double + COUNTED_AT
    for (let i = lowest + 1; i < double + COUNTED_AT + COUNTED_MAX; i++) if (doubles[i]! < doubles[lowest]!) lowest = i
    if (doubles[lowest]! < eventTimeMs) doubles[lowest] = eventTimeMs
  }

  /** Counted payments with event time in [fromMs, toMs]. */
  countedBetween(fromMs: number, toMs: number): number {
    const { doubles, double } = this
    const end = double + COUNTED_AT + this.words[this.word + COUNTED]!
    let count = 0
    for (let i = double + COUNTED_AT; i < end; i++) if (doubles[i]! >= fromMs && doubles[i]! <= toMs) count++
    return count
  }

  /** Remembers one record of failed codes; the oldest record goes. */
  addFailed(eventTimeMs: number, codes: number): void {
    const slot = this.words[this.word + FAILED_NEXT]!
    this.doubles[this.double + FAILED_AT + slot] = eventTimeMs
    this.words[this.word + FAILED_CODES_AT + slot] = codes
    this.words[this.word + FAILED_NEXT] = (slot + 1) % FAILED_MAX
  }

  /** Failed codes with event time in [fromMs, toMs]. */
  failedBetween(fromMs: number, toMs: number): number {
    let codes = 0
    for (let slot = 0; slot < FAILED_MAX; slot++) {
      const ms = this.doubles[this.double + FAILED_AT + slot]!
      if (ms >= fromMs && ms <= toMs) codes += this.words[this.word + FAILED_CODES_AT + slot]!
    }
    return codes
  }

  /** Nothing in the row under the cursor can have an effect: it is as good as no watch. */
  get isBlank(): boolean {
    const { words, word } = this
    if (this.episodeOpen || words[word + COUNTED] !== 0) return false
    for (let slot = 0; slot < FAILED_MAX; slot++) if (words[word + FAILED_CODES_AT + slot] !== 0) return false
    return Math.max(this.hardBlockUntilMs, this.allowedUntilMs, this.blockUntilMs) === NEVER_MS
  }

  /** Adds all that the row under the cursor means to a digest. */
  describe(digest: StateDigest): void {
    for (let i = 0; i < ROW_WORDS; i++) digest.int(this.words[this.word + i]!)
  }

  /** Every standing ended before this time. */
  isSpent(ms: number): boolean {
    return Math.max(this.hardBlockUntilMs, this.allowedUntilMs, this.blockUntilMs) < ms
  }

  /** Forgets what came of payments, and the standings that ended before `ms`. */
  forget(ms: number): void {
    this.words[this.word + COUNTED] = 0
    for (let slot = 0; slot < FAILED_MAX; slot++) this.words[this.word + FAILED_CODES_AT + slot] = 0
    this.closeEpisode()
    for (let standing = HARD_BLOCK_UNTIL; standing <= BLOCK_UNTIL; standing++) {
      if (this.doubles[this.double + standing]! < ms) this.doubles[this.double + standing] = NEVER_MS
    }
  }
}
