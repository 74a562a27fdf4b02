import { putBytes, putDouble, putLong, putRaw, putString, SLACK_BYTES } from './bytes.ts'

/** What a sink that waits for its next use may keep. */
const SPARE_BYTES_MAX = 64 * 1024
let spare: ByteSink | null = null

/** The Avro encoding of `value` as `append` writes it, in bytes of its own. */
export function encoded<T>(append: (out: ByteSink, value: T) => void, value: T): Uint8Array {
  const out = spare ?? new ByteSink()
  spare = null
  out.clear()
  append(out, value)
  const bytes = out.toBytes()
  if (out.bytes.length <= SPARE_BYTES_MAX) spare = out
  return bytes
}

/** A growing buffer for the paths where speed is not the point; refuses what the Avro type cannot hold. */
export class ByteSink {
  bytes: Uint8Array
  view: DataView
  /** Bytes written so far. */
  length = 0

  constructor(capacityBytes = 1024) {
    this.bytes = new Uint8Array(capacityBytes + SLACK_BYTES)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Forgets the content and keeps the room. */
  clear(): void {
    this.length = 0
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    return this.bytes.slice(0, this.length)
  }

  /** A safe integer; throws a RangeError on any other number. */
  long(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an integer within 2^53`)
    this.#reserve(10)
    this.length = putLong(this.bytes, this.length, value)
  }

  /** An integer of 32 bits; throws a RangeError on any other number. */
  int(value: number): void {
    if ((value | 0) !== value) throw new RangeError(`${value} is not an integer of 32 bits`)
    this.long(value)
  }

  double(value: number): void {
    this.#reserve(8)
    this.length = putDouble(this.view, this.length, value)
  }

  boolean(value: boolean): void {
    this.byte(value ? 1 : 0)
  }

  string(text: string): void {
    this.#reserve(3 * text.length + 10)
    this.length = putString(this.bytes, this.length, text)
  }

  /** An Avro `bytes`: the length, then the bytes. */
  sized(bytes: Uint8Array): void {
    this.#reserve(bytes.length + 10)
    this.length = putBytes(this.bytes, this.length, bytes)
  }

  /** Bytes as they stand. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.length = putRaw(this.bytes, this.length, bytes)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.bytes[this.length++] = value
  }

  /** The ordinal of a symbol; throws a RangeError when the enum lacks it. */
  symbol(symbols: readonly string[], symbol: string): void {
    const ordinal = symbols.indexOf(symbol)
    if (ordinal < 0) throw new RangeError(`${JSON.stringify(symbol)} is none of ${symbols.join(', ')}`)
    this.long(ordinal)
  }

  /** Writes a nullable's branch; true when the value comes next. */
  present<T>(value: T | null): value is T {
    this.byte(value === null ? 0 : 2)
    return value !== null
  }

  /** An array in one block. */
  array<T>(items: readonly T[], put: (item: T) => void): void {
    if (items.length > 0) {
      this.long(items.length)
      for (const item of items) put(item)
    }
    this.byte(0)
  }

  #reserve(more: number): void {
    if (this.length + more + SLACK_BYTES <= this.bytes.length) return
    // Readers may still look at the old buffer, so it is left as it is.
    const grown = new Uint8Array(2 * (this.length + more) + SLACK_BYTES)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }
}
