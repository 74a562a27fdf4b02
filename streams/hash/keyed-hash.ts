import { StreamsError } from '../errors.ts'
import { type HashKernel, type KernelExports, refuseUnless } from './kernel.ts'

const KEY_BYTES = 16

/**
 * SipHash-2-4 with 128 bits of output: short keyed hashes of ids and contents. Without the key nobody can choose ids
 * that collide. Each call leaves the hash in `words`, where it stands until the next call.
 *
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", and the authors' reference code for 128 bits.
 */
export class KeyedHash {
  /** The latest hash: its 16 bytes as 4 little-endian words. */
  readonly words: Int32Array
  private readonly kernel: HashKernel
  private readonly exports: KernelExports
  private readonly key: number

  /** `key` is 16 bytes, and is wiped. A kernel holds at most 16 keys. */
  constructor(kernel: HashKernel, key: Uint8Array) {
    refuseUnless(key.length === KEY_BYTES, `a SipHash key has ${KEY_BYTES} bytes, this one ${key.length}`)
    this.kernel = kernel
    this.exports = kernel.exports
    this.key = this.exports.sipLoadKey(kernel.bringIn(key))
    key.fill(0)
    refuseUnless(this.key !== 0, 'the kernel has no room for another SipHash key')
    this.words = new Int32Array(kernel.memory.buffer, this.exports.sipResult(this.key), 4)
  }

  /** Hashes `length` bytes of the arena at `at`. */
  hash(at: number, length: number): void {
    this.exports.sipHash(this.key, this.kernel.addressOf(at, length), length)
  }

  /** The same, and returns the first word: enough where a rare collision does no harm. */
  hash32(at: number, length: number): number {
    return this.exports.sipHash(this.key, this.kernel.addressOf(at, length), length)
  }

  /** Hashes bytes from outside the arena, which are copied first. */
  hashBytes(bytes: Uint8Array): void {
    this.exports.sipHash(this.key, this.kernel.bringIn(bytes), bytes.length)
  }

  /** Begins a message made of several ranges. A kernel has one such message under way at a time. */
  begin(): void {
    this.exports.composeBegin()
  }

  /** Appends a range of the arena behind its length: `ab, c` and `a, bc` and `abc` are three different messages. */
  range(at: number, length: number): void {
    if (this.exports.composeRange(this.kernel.addressOf(at, length), length) === 0) this.refuseLength()
  }

  /** Hashes the ranges since `begin()` and returns the first word. No range at all is a message too. */
  finish(): number {
    return this.exports.composeFinish(this.key)
  }

  private refuseLength(): never {
    const message = `the ranges of one message exceed ${this.kernel.scratchBytes} bytes; refuse such records earlier`
    throw new StreamsError('HASH_TOO_LONG', 'stop', message)
  }
}
