import type { HashKernel, HmacKey, HmacTokens } from '../../streams/hash/index.ts'
import type { KeyRing } from './key-ring.ts'

/** Asks for tokens while a run is prepared, and writes them when it is encoded. */
export interface TokenSource {
  /** Asks for the token of `[at, at + length)` under the key of that ordinal; returns a ticket. */
  request(key: number, bytes: Uint8Array, at: number, length: number): number
  /** Writes the ticket's 64 hexadecimal digits, once the batch of tokens has been computed. */
  writeHex(ticket: number, out: DataView, at: number): void
}

/** What admission and mask need from outside; each task has its own, for the key in force is part of its state. */
export interface MaskContext {
  /** Partitions of `payments.submitted`. */
  readonly partitionCount: number
  /** The bytes that a draft's `keyAt` points into. */
  readonly input: Uint8Array
  readonly keys: KeyRing
  readonly tokens: TokenSource
  /** Ordinal in `keys` of the key in force. */
  activeKey: number
}

/** The part of a task's stores that admission and mask look at. */
export interface MaskStores {
  readonly masking: MaskContext
}

/** The tokens of one thread's hash kernel under the keys of a ring. */
export class KernelTokens implements TokenSource {
  readonly #tokens: HmacTokens
  readonly #arena: Uint8Array
  readonly #keys: readonly HmacKey[]
  #used = -1

  /** `secrets` are the ring's keys in its order; their bytes are wiped. */
  constructor(kernel: HashKernel, tokens: HmacTokens, secrets: readonly Uint8Array[]) {
    this.#tokens = tokens
    this.#arena = kernel.arena
    this.#keys = secrets.map((secret) => tokens.loadKey(secret))
  }

  request(key: number, bytes: Uint8Array, at: number, length: number): number {
    if (key !== this.#used) {
      this.#tokens.useKey(this.#keys[key]!)
      this.#used = key
    }
    if (bytes === this.#arena) return this.#tokens.request(at, length)
    return this.#tokens.requestBytes(bytes.subarray(at, at + length))
  }

  writeHex(ticket: number, out: DataView, at: number): void {
    this.#tokens.writeHex(ticket, out, at)
  }
}
