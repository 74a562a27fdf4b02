/** Room kept behind the filled bytes, so that who decodes in place may look a few bytes past a field. */
const SLACK_BYTES = 64

/** A buffer that grows by doubling up to a bound and is filled anew again and again. `bytes` and `view` change as it grows. */
export class GrowingBuffer {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(this.bytes.buffer)
  /** How much is filled. */
  length = 0
  private readonly bytesMax: number

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** Makes room for `count` bytes behind the filled ones. @throws RangeError past the bound. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed > this.bytesMax) throw new RangeError(`${needed} bytes, and ${this.bytesMax} are the bound`)
    if (needed + SLACK_BYTES <= this.bytes.length) return
    const bytes = new Uint8Array(Math.max(needed + SLACK_BYTES, Math.min(this.bytes.length * 2, this.bytesMax)))
    bytes.set(this.bytes.subarray(0, this.length))
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
  }

  /** How many bytes may still be added. */
  get room(): number {
    return this.bytesMax - this.length
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Gives the memory back. */
  release(): void {
    this.bytes = new Uint8Array(0)
    this.view = new DataView(this.bytes.buffer)
    this.length = 0
  }
}
