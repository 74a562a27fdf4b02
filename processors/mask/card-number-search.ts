import { CARD_DIGITS_MAX, CARD_DIGITS_MIN, isCardNumber } from './card-number.ts'
import { IGNORED, OTHER, SEPARATOR } from './digit-classes.ts'
import type { TextPoints } from './text-points.ts'

/** Digits that stay in sight. */
const SHOWN_DIGITS = 4
/** More separators than this between two digits, and they belong to two numbers. */
const GAP_MAX = 4
/** A number longer than any card's, with expiry and code: the first this many digits are judged alone. */
const HEAD_DIGITS = [16, 15] as const

/**
 * Finds the card numbers in a text's digits. A *run* is digits with at most 4 separators and any number of ignored
 * points between neighbours; a *group* is a run's digits between separators. A card number is either whole groups that
 * follow each other, leading zeros of the first left out, or the first 16 or 15 digits of a longer group when what
 * follows there can be its code (3 digits), its expiry (4) or both (7).
 */
export class CardNumberSearch {
  #found = 0
  #digits = new Uint8Array(64)
  #points = new Int32Array(64)
  /** Index of each group's first digit, and one past the last group's last. */
  #groups = new Int32Array(65)
  #digitCount = 0
  #groupCount = 0

  /**
   * Marks every digit of a card number but its last four as `OTHER` and spells it `X`; returns how many numbers it
   * found. What is left in sight may hold another one.
   */
  mark(points: TextPoints): number {
    this.#found = 0
    this.#clear()
    let gap = 0
    for (let i = 0; i < points.length; i++) {
      const kind = points.kinds[i]!
      if (kind < SEPARATOR) {
        this.#addDigit(kind, i, gap > 0)
        gap = 0
      } else if (kind === SEPARATOR && gap < GAP_MAX) gap++
      else if (kind !== IGNORED) {
        this.#endRun(points)
        gap = 0
      }
    }
    this.#endRun(points)
    return this.#found
  }

  #clear(): void {
    this.#digitCount = 0
    this.#groupCount = 0
  }

  #addDigit(value: number, point: number, newGroup: boolean): void {
    const count = this.#digitCount
    if (count === this.#digits.length) this.#grow()
    if (newGroup || count === 0) this.#groups[this.#groupCount++] = count
    this.#digits[count] = value
    this.#points[count] = point
    this.#digitCount = count + 1
  }

  #endRun(points: TextPoints): void {
    if (this.#digitCount >= CARD_DIGITS_MIN) {
      this.#groups[this.#groupCount] = this.#digitCount
      for (let group = 0; group < this.#groupCount; group++) this.#markFrom(points, group)
    }
    this.#clear()
  }

  /** Judges every number that begins with this group. */
  #markFrom(points: TextPoints, group: number): void {
    const groupEnd = this.#groups[group + 1]!
    let from = this.#groups[group]!
    while (from < groupEnd && this.#digits[from] === 0) from++
    if (from === groupEnd) return
    for (let next = group + 1; next <= this.#groupCount; next++) {
      const count = this.#groups[next]! - from
      if (count > CARD_DIGITS_MAX) break
      this.#judge(points, from, count)
    }
    for (const count of HEAD_DIGITS) if (this.#isCodeOrExpiry(from + count, groupEnd)) this.#judge(points, from, count)
  }

  #judge(points: TextPoints, from: number, count: number): void {
    if (!isCardNumber(this.#digits, from, count)) return
    this.#found++
    for (let i = from; i < from + count - SHOWN_DIGITS; i++) {
      points.kinds[this.#points[i]!] = OTHER
      points.codes[this.#points[i]!] = X
    }
  }

  #isCodeOrExpiry(from: number, end: number): boolean {
    const count = end - from
    if (count === 3) return true
    if (count !== 4 && count !== 7) return false
    return this.#isMonth(from) || this.#isMonth(from + 2)
  }

  #isMonth(at: number): boolean {
    const month = this.#digits[at]! * 10 + this.#digits[at + 1]!
    return month >= 1 && month <= 12
  }

  #grow(): void {
    const size = this.#digits.length * 2
    const digits = new Uint8Array(size)
    digits.set(this.#digits)
    const points = new Int32Array(size)
    points.set(this.#points)
    const groups = new Int32Array(size + 1)
    groups.set(this.#groups)
    this.#digits = digits
    this.#points = points
    this.#groups = groups
  }
}

/** What a redacted digit becomes. */
export const X = 0x58
