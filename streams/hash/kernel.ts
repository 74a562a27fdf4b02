import { StreamsError } from '../errors.ts'
import { SCALAR_KERNEL, SIMD_KERNEL } from './kernel.wasm.ts'
import { instantiate, runnable } from './wasm-engine.ts'

/** What `assembly/index.ts` exports. An address is a byte's place in the kernel's memory. */
export interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly SCRATCH_BYTES: { readonly value: number }
  readonly lanes: { readonly value: number }
  readonly inbox: { readonly value: number }
  readonly arena: { readonly value: number }
  configure(tickets: number, arenaBytes: number): number
  sipLoadKey(from: number): number
  sipResult(key: number): number
  sipHash(key: number, at: number, length: number): number
  composeBegin(): void
  composeRange(at: number, length: number): number
  composeFinish(key: number): number
  hmacLoadKey(from: number, length: number): number
  hmacUseKey(key: number): number
  hmacRequest(at: number, length: number): number
  hmacFlush(): void
  hmacComputed(): number
  hmacLong(): number
  hmacReset(): void
  hmacOnce(at: number, length: number): number
}

export interface HashKernelOptions {
  /** Room for fetched batches, in bytes. */
  readonly arenaBytes: number
  /** Tokens that can be asked for between two resets, of short messages and of long ones each; a multiple of 4. */
  readonly ticketsMax?: number
  /** SIMD takes four messages abreast; scalar runs where SIMD is missing. Left out: the best that the engine runs. */
  readonly lanes?: 'simd' | 'scalar'
}

const TICKETS_MAX = 8_192
/** Bounds of the two sizes, far above use: addresses have 32 bits, and these leave no sum that could wrap. */
const ARENA_BYTES_BOUND = 2 ** 30
const TICKETS_BOUND = 2 ** 20

/**
 * One thread's hash kernel: a WebAssembly instance whose one memory holds the arena of fetched batches, the key states
 * and the tokens. A batch is copied into the arena once; from then on a hash takes two numbers, a place in the arena
 * and a length, and copies nothing. The memory never grows later, so every view of it stays valid.
 */
export class HashKernel {
  /** The engine's memory; its buffer begins with areas that are the kernel's own. */
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly arena: Uint8Array
  readonly arenaView: DataView
  readonly arenaBytes: number
  readonly ticketsMax: number
  readonly lanes: 'simd' | 'scalar'
  /** The longest message that can come from outside the arena, in bytes. */
  readonly scratchBytes: number
  /** The module's functions, for the classes of this folder. */
  readonly exports: KernelExports
  private readonly inbox: Uint8Array
  private readonly arenaAt: number
  private tokensTaken = false

  constructor(options: HashKernelOptions) {
    const { arenaBytes, ticketsMax = TICKETS_MAX } = options
    refuseUnless(isWithin(arenaBytes, ARENA_BYTES_BOUND), `arenaBytes must be from 1 to ${ARENA_BYTES_BOUND}`)
    const ticketsFit = isWithin(ticketsMax, TICKETS_BOUND) && ticketsMax % 4 === 0
    refuseUnless(ticketsFit, `ticketsMax must be a multiple of 4 from 4 to ${TICKETS_BOUND}`)
    const simd = decodeBase64(SIMD_KERNEL)
    this.lanes = options.lanes ?? (runnable(simd) ? 'simd' : 'scalar')
    this.exports = instantiate<KernelExports>(this.lanes === 'simd' ? simd : decodeBase64(SCALAR_KERNEL))
    if (this.exports.configure(ticketsMax, arenaBytes) === 0) {
      throw new StreamsError('HASH_MEMORY', 'stop', `no memory for an arena of ${arenaBytes} bytes; make it smaller`)
    }
    this.arenaBytes = arenaBytes
    this.ticketsMax = ticketsMax
    this.scratchBytes = this.exports.SCRATCH_BYTES.value
    this.memory = this.exports.memory
    const { buffer } = this.memory
    this.arenaAt = this.exports.arena.value
    this.arena = new Uint8Array(buffer, this.arenaAt, arenaBytes)
    this.arenaView = new DataView(buffer, this.arenaAt, arenaBytes)
    this.inbox = new Uint8Array(buffer, this.exports.inbox.value, this.scratchBytes)
  }

  /** The address of a range of the arena. Throws when the range leaves the arena. */
  addressOf(at: number, length: number): number {
    if (!(at >= 0 && length >= 0 && at + length <= this.arenaBytes)) this.refuseRange(at, length)
    return this.arenaAt + at
  }

  /** Copies bytes from outside the arena to where a hash can read them, until the next call. Returns their address. */
  bringIn(bytes: Uint8Array): number {
    if (bytes.length > this.scratchBytes) {
      throw new StreamsError('HASH_TOO_LONG', 'stop', `${bytes.length} bytes to hash; the most is ${this.scratchBytes}`)
    }
    this.inbox.set(bytes)
    return this.inbox.byteOffset
  }

  /** Tickets are numbers of this memory, so only one `HmacTokens` can give them out. */
  takeTokens(): void {
    refuseUnless(!this.tokensTaken, 'a kernel serves one HmacTokens')
    this.tokensTaken = true
  }

  private refuseRange(at: number, length: number): never {
    const message = `bytes ${at} to ${at + length} are not in the arena of ${this.arenaBytes}; this is a bug in Sluice`
    throw new StreamsError('HASH_RANGE', 'stop', message)
  }
}

/** Starts a kernel. Compiling takes a few milliseconds, so a thread starts one and keeps it. */
export function createHashKernel(options: HashKernelOptions): HashKernel {
  return new HashKernel(options)
}

/** Throws what the caller of this folder has done wrong. */
export function refuseUnless(allowed: boolean, what: string): void {
  if (!allowed) throw new StreamsError('HASH_USE', 'stop', what)
}

function isWithin(size: number, bound: number): boolean {
  return Number.isInteger(size) && size > 0 && size <= bound
}

function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
