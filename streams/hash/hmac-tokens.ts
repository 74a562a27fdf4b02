import { StreamsError } from '../errors.ts'
import { type HashKernel, type KernelExports, refuseUnless } from './kernel.ts'

/** A loaded key's number. It says nothing of the key. */
export type HmacKey = number & { readonly [loaded]: true }
declare const loaded: unique symbol

/** Digits of a token. */
export const TOKEN_DIGITS = 64
const DOUBLES = TOKEN_DIGITS / 8

/**
 * HMAC-SHA-256 by the batch, as lowercase hexadecimal digits. A stage asks for a token and gets a ticket; `flush()`
 * computes what was asked for, four messages abreast; then the writer redeems each ticket as often as it likes, until
 * `reset()`. Messages over 55 bytes, which need more than one block, are computed one by one.
 *
 * Source: RFC 2104 over FIPS 180-4; the two padded keys are hashed once, when a key is loaded.
 */
export class HmacTokens {
  private readonly kernel: HashKernel
  private readonly exports: KernelExports
  /** The tokens' digits by ticket, eight at a time: see `writeHex`. */
  private readonly digits: Float64Array
  private readonly firstLong: number
  /** Tickets below this one are computed, and long ones below the other. */
  private computedEnd = 0
  private longEnd: number

  constructor(kernel: HashKernel) {
    kernel.takeTokens()
    this.kernel = kernel
    this.exports = kernel.exports
    this.firstLong = kernel.ticketsMax + 1
    this.longEnd = this.firstLong
    const slots = this.firstLong + kernel.ticketsMax
    this.digits = new Float64Array(kernel.memory.buffer, this.exports.lanes.value, slots * DOUBLES)
  }

  /** Takes a key of at least 1 byte and wipes the bytes. A kernel holds at most 64 keys, for as long as it lives. */
  loadKey(key: Uint8Array): HmacKey {
    refuseUnless(key.length > 0, 'an HMAC key has at least 1 byte')
    const number = this.exports.hmacLoadKey(this.kernel.bringIn(key), key.length)
    key.fill(0)
    refuseUnless(number >= 0, 'the kernel has no room for another HMAC key')
    return number as HmacKey
  }

  /** From here on tokens are made with this key. Those asked for before still get the key before. */
  useKey(key: HmacKey): void {
    refuseUnless(this.exports.hmacUseKey(key) !== 0, 'no such HMAC key is loaded in this kernel')
  }

  /** Asks for the token of `length` bytes of the arena at `at`. Returns a ticket; throws `HASH_FULL` at the bound. */
  request(at: number, length: number): number {
    const ticket = this.exports.hmacRequest(this.kernel.addressOf(at, length), length)
    if (ticket < 0) this.refuseRequest(ticket)
    return ticket
  }

  /** Asks for the token of bytes from outside the arena, which are copied first. */
  requestBytes(message: Uint8Array): number {
    const ticket = this.exports.hmacRequest(this.kernel.bringIn(message), message.length)
    if (ticket < 0) this.refuseRequest(ticket)
    return ticket
  }

  /** Computes every token that was asked for. */
  flush(): void {
    this.exports.hmacFlush()
    this.computedEnd = this.exports.hmacComputed()
    this.longEnd = this.firstLong + this.exports.hmacLong()
  }

  /**
   * Writes the ticket's 64 digits to `out` at `outAt`. They are copied as 8 doubles, which is the widest copy without
   * an allocation; text of digits is never one of the doubles that an engine may alter, the NaNs.
   */
  writeHex(ticket: number, out: DataView, outAt: number): void {
    this.refuseUnlessComputed(ticket)
    const { digits } = this
    const from = ticket * DOUBLES
    for (let i = 0; i < DOUBLES; i++) out.setFloat64(outAt + i * 8, digits[from + i] as number, true)
  }

  /** The ticket's digits as a string, for the edges. */
  hex(ticket: number): string {
    this.refuseUnlessComputed(ticket)
    return this.textAt(this.digits.byteOffset + ticket * TOKEN_DIGITS)
  }

  /** Gives every ticket back. */
  reset(): void {
    this.exports.hmacReset()
    this.computedEnd = 0
    this.longEnd = this.firstLong
  }

  /** The token of one message at once, with the key in use and without a ticket. */
  hmacHex(message: Uint8Array): string {
    const at = this.exports.hmacOnce(this.kernel.bringIn(message), message.length)
    refuseUnless(at !== 0, 'no HMAC key is in use: load one and use it')
    return this.textAt(at)
  }

  private textAt(address: number): string {
    return Buffer.from(this.kernel.memory.buffer, address, TOKEN_DIGITS).toString('latin1')
  }

  /** A lane that is not computed yet holds the message itself, which must never reach an output. */
  private refuseUnlessComputed(ticket: number): void {
    if (ticket >= 0 && ticket < this.computedEnd) return
    if (ticket >= this.firstLong && ticket < this.longEnd) return
    throw new StreamsError('HASH_TICKET', 'stop', `ticket ${ticket} is not computed; flush() before writing tokens`)
  }

  private refuseRequest(answer: number): never {
    refuseUnless(answer !== -2, 'no HMAC key is in use: load one and use it')
    const message = `more than ${this.kernel.ticketsMax} tokens between two resets; flush, write and reset earlier`
    throw new StreamsError('HASH_FULL', 'stop', message)
  }
}
