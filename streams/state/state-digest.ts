const scratch = new DataView(new ArrayBuffer(8))

/**
 * A 64-bit digest of state for determinism checks: equal states give equal digests, whatever their layout in memory.
 * Two multiply-rotate lanes in the manner of MurmurHash3; good against accidents, not against an adversary.
 */
export class StateDigest {
  #low = 0x9e3779b9 | 0
  #high = 0x7f4a7c15 | 0

  /** Adds an int32; order counts. */
  int(value: number): void {
    this.#low = turn(this.#low, value, 0xcc9e2d51)
    this.#high = turn(this.#high, value, 0x85ebca6b)
  }

  /** Adds the 64 bits of a double. */
  double(value: number): void {
    scratch.setFloat64(0, value)
    this.int(scratch.getInt32(0))
    this.int(scratch.getInt32(4))
  }

  /** Adds a run of bytes and its length. */
  bytes(bytes: Uint8Array): void {
    this.int(bytes.length)
    for (const byte of bytes) this.int(byte)
  }

  /** Adds the digest of a part so that the order of such parts does not count. */
  unordered(part: StateDigest): void {
    this.#low = (this.#low + finish(part.#low)) | 0
    this.#high = (this.#high + finish(part.#high)) | 0
  }

  /** 16 hexadecimal digits. */
  hex(): string {
    return [this.#low, this.#high].map((lane) => (finish(lane) >>> 0).toString(16).padStart(8, '0')).join('')
  }
}

function turn(lane: number, value: number, factor: number): number {
  const mixed = Math.imul(value, factor)
  const turned = lane ^ Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0
}

function finish(lane: number): number {
  const once = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}
