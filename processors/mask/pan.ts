import { CARD_DIGITS_MAX, isCardNumber } from './card-number.ts'
import { IGNORED, SEPARATOR } from './digit-classes.ts'
import { PLAIN, TextPoints } from './text-points.ts'

const SHOWN_DIGITS = 4

/** Reads the raw card number field: separators and unseen characters removed, digits of any script folded. */
export class Pan {
  /** The digits of the number last read, as values 0 to 9; its first `length` are meant. */
  readonly digits = new Uint8Array(CARD_DIGITS_MAX)
  length = 0
  /** Whether the field holds the digits and nothing else, so that its own bytes can be hashed. */
  isBare = false
  readonly #points = new TextPoints()

  /** Reads `[from, to)`; false when it is no card number. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    this.isBare = this.#readBare(bytes, from, to)
    return (this.isBare || this.#fold(bytes, from, to)) && isCardNumber(this.digits, 0, this.length)
  }

  /** The last four digits as a number from 0 to 9999. */
  lastFour(): number {
    let value = 0
    for (let i = this.length - SHOWN_DIGITS; i < this.length; i++) value = value * 10 + this.digits[i]!
    return value
  }

  /** The digits as ASCII, a copy: what is hashed when the field is not bare. */
  ascii(): Uint8Array {
    return this.digits.slice(0, this.length).map((digit) => digit + 0x30)
  }

  #readBare(bytes: Uint8Array, from: number, to: number): boolean {
    this.length = to - from
    if (this.length > CARD_DIGITS_MAX) return false
    for (let i = from; i < to; i++) {
      const digit = bytes[i]! - 0x30
      if (digit < 0 || digit > 9) return false
      this.digits[i - from] = digit
    }
    return true
  }

  #fold(bytes: Uint8Array, from: number, to: number): boolean {
    const points = this.#points
    points.read(bytes, from, to, PLAIN)
    this.length = 0
    for (let i = 0; i < points.length; i++) {
      const kind = points.kinds[i]!
      if (kind === SEPARATOR || kind === IGNORED) continue
      if (kind > 9 || this.length === CARD_DIGITS_MAX) return false
      this.digits[this.length++] = kind
    }
    return true
  }
}
