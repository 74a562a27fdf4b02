const LENGTH_BYTES = 4
/** Room behind a frame, so that who decodes in place may look a few bytes past a field. */
const SLACK_BYTES = 64

/**
 * Cuts a byte stream into frames: a 4-byte length and that many bytes. Each frame is handed over once it is whole.
 * With `reuse` every frame comes in the same buffer, which grows with the largest: a frame is valid only until the call
 * returns. Without, each has a buffer of its own.
 */
export class FrameReader {
  private readonly reuse: boolean
  private readonly bytesMax: number
  private readonly onFrame: (frame: Buffer) => void
  private readonly head: Buffer = Buffer.alloc(LENGTH_BYTES)
  private buffer: Buffer = Buffer.alloc(0)
  /** Bytes of the frame under way, or -1 while its length is read. */
  private frameBytes = -1
  private filled = 0

  constructor(reuse: boolean, bytesMax: number, onFrame: (frame: Buffer) => void) {
    this.reuse = reuse
    this.bytesMax = bytesMax
    this.onFrame = onFrame
  }

  /** Takes the next bytes of the stream. @throws RangeError for a length that no frame has. */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.frameBytes < 0) at += this.readLength(chunk, at)
      else at += this.readFrame(chunk, at)
    }
  }

  private readLength(chunk: Uint8Array, at: number): number {
    const taken = Math.min(LENGTH_BYTES - this.filled, chunk.length - at)
    this.head.set(chunk.subarray(at, at + taken), this.filled)
    this.filled += taken
    if (this.filled < LENGTH_BYTES) return taken
    const length = this.head.readInt32BE()
    if (length < LENGTH_BYTES || length > this.bytesMax) throw new RangeError(`a frame of ${length} bytes`)
    this.frameBytes = length
    this.filled = 0
    if (!this.reuse) this.buffer = Buffer.allocUnsafe(length)
    else if (this.buffer.length < length + SLACK_BYTES) {
      this.buffer = Buffer.allocUnsafeSlow(Math.max(length + SLACK_BYTES, this.buffer.length * 2))
    }
    return taken
  }

  private readFrame(chunk: Uint8Array, at: number): number {
    const length = this.frameBytes
    const taken = Math.min(length - this.filled, chunk.length - at)
    this.buffer.set(at === 0 && taken === chunk.length ? chunk : chunk.subarray(at, at + taken), this.filled)
    this.filled += taken
    if (this.filled === length) {
      this.frameBytes = -1
      this.filled = 0
      this.onFrame(this.buffer.subarray(0, length))
    }
    return taken
  }
}
