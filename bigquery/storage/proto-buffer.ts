const FIRST_BYTES = 4_096
const UTF8 = new TextEncoder()
/** Up to here a loop is quicker than a call of native code. */
const SHORT_TEXT = 48
/** UTF-8 needs at most so many bytes for a code unit. */
const BYTES_A_UNIT = 3
const VARINT_BYTES_MAX = 10

/** Protobuf's wire format (protobuf.dev/programming-guides/encoding) in a buffer that grows and is used again. */
export class ProtoBuffer {
  private bytes = new Uint8Array(FIRST_BYTES)
  private view = new DataView(this.bytes.buffer)
  private at = 0

  /** A copy of what was written; the buffer is empty again. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.at)
    this.at = 0
    return taken
  }

  clear(): void {
    this.at = 0
  }

  /** A field's tag, or any number from 0 to 2^53. */
  varint(value: number): void {
    this.reserve(VARINT_BYTES_MAX)
    let rest = value
    while (rest > 0x7f) {
      this.bytes[this.at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.bytes[this.at++] = rest
  }

  /** An int64; negative ones take ten bytes. */
  int64(value: number): void {
    if (value >= 0) this.varint(value)
    else this.bigint64(BigInt(value))
  }

  bigint64(value: bigint): void {
    this.reserve(VARINT_BYTES_MAX)
    let rest = BigInt.asUintN(64, value)
    while (rest > 0x7fn) {
      this.bytes[this.at++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.bytes[this.at++] = Number(rest)
  }

  bool(value: boolean): void {
    this.reserve(1)
    this.bytes[this.at++] = value ? 1 : 0
  }

  double(value: number): void {
    this.reserve(8)
    this.view.setFloat64(this.at, value, true)
    this.at += 8
  }

  /** Text with its length before it. */
  text(value: string): void {
    if (value.length > SHORT_TEXT || !this.shortAscii(value)) this.longText(value)
  }

  /** What `write` writes, with its length before it. */
  delimited(write: () => void): void {
    this.reserve(1)
    const start = this.at++
    write()
    this.closeLength(start)
  }

  private shortAscii(value: string): boolean {
    const { length } = value
    this.reserve(length + 1)
    const { bytes } = this
    const start = this.at + 1
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i)
      if (unit > 0x7f) return false
      bytes[start + i] = unit
    }
    bytes[this.at] = length
    this.at = start + length
    return true
  }

  private longText(value: string): void {
    this.reserve(1 + value.length * BYTES_A_UNIT)
    const start = this.at++
    this.at += UTF8.encodeInto(value, this.bytes.subarray(this.at)).written
    this.closeLength(start)
  }

  /** One byte was left for the length; a longer one moves what stands behind it. */
  private closeLength(start: number): void {
    const length = this.at - start - 1
    if (length < 0x80) {
      this.bytes[start] = length
      return
    }
    const extra = Math.floor(Math.log2(length) / 7)
    this.reserve(extra)
    this.bytes.copyWithin(start + 1 + extra, start + 1, this.at)
    this.at = start
    this.varint(length)
    this.at += length
  }

  private reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count))
    larger.set(this.bytes)
    this.bytes = larger
    this.view = new DataView(larger.buffer)
  }
}
