import { splat } from './lane'
import { HMAC_KEY_BYTES, HMAC_KEYS_MAX, hmacKeys, LANE_BYTES, lanes, ticketsMax } from './layout'
import { BLOCK_BYTES, compress, INITIAL, place, schedule, setState, state } from './sha256'
import { loadGroup, storeGroupHex } from './transpose'

// HMAC-SHA-256 (RFC 2104) by the batch. The two padded keys are hashed once, when a key is loaded; after that a message
// of up to 55 bytes costs two compressions, and four such messages take them abreast.

/** The longest message that leaves room in one block for the mark byte and the 8 bytes of the length. */
const LANE_MESSAGE_MAX: usize = 55
/** What `request` answers instead of a ticket. */
const NO_ROOM: i32 = -1
const NO_KEY: i32 = -2

/** The end of a message, padded to one block or two. */
const tail: usize = memory.data(128, 16)
/** A key, filled up to a block. */
const keyBlock: usize = memory.data(64, 16)
/** The token that belongs to no ticket. */
const once: usize = memory.data(64, 16)

let keysHeld: i32 = 0
let key: usize = 0
/** Lanes in use. */
let staged: i32 = 0
/** Lanes computed: a multiple of 4. */
let computed: i32 = 0
/** Tokens of long messages. */
let long: i32 = 0

/** Hashes the block at `at` into the one-lane chaining value. */
function takeBlock(at: usize): void {
  for (let i: usize = 0; i < 16; i++) store<i32>(place<i32>(schedule, i), bswap<i32>(load<i32>(at + i * 4)))
  compress<i32>()
}

/** Takes the rest of a message into the one-lane chaining value and pads it; `before` bytes were taken already. */
function takeMessage(at: usize, length: usize, before: usize): void {
  const bits = <u64>(before + length) * 8
  for (; length >= BLOCK_BYTES; at += BLOCK_BYTES, length -= BLOCK_BYTES) takeBlock(at)
  memory.fill(tail, 0, 128)
  memory.copy(tail, at, length)
  store<u8>(tail + length, 0x80)
  const blocks: usize = length > LANE_MESSAGE_MAX ? 2 : 1
  store<u64>(tail + blocks * BLOCK_BYTES - 8, bswap<u64>(bits))
  takeBlock(tail)
  if (blocks == 2) takeBlock(tail + BLOCK_BYTES)
}

/** The outer hash: its message is the inner digest, which stands in the chaining value. */
function takeDigest<L>(): void {
  for (let i: usize = 0; i < 8; i++) store<L>(place<L>(schedule, i), load<L>(place<L>(state, i)))
  store<L>(place<L>(schedule, 8), splat<L>(0x80000000))
  for (let i: usize = 9; i < 15; i++) store<L>(place<L>(schedule, i), splat<L>(0))
  store<L>(place<L>(schedule, 15), splat<L>((64 + 32) * 8))
  setState<L>(key + 32)
  compress<L>()
}

/** The one-lane chaining value as 64 hexadecimal digits. */
function storeHex(to: usize): void {
  for (let i: usize = 0; i < 8; i++) {
    const word = load<u32>(place<i32>(state, i))
    for (let digit: usize = 0; digit < 8; digit++) {
      const nibble = (word >> (28 - 4 * <u32>digit)) & 15
      store<u8>(to + i * 8 + digit, nibble + (nibble < 10 ? 48 : 87))
    }
  }
}

/** The token of a message of any length, written at `to`. */
function tokenOf(at: usize, length: usize, to: usize): void {
  setState<i32>(key)
  takeMessage(at, length, BLOCK_BYTES)
  takeDigest<i32>()
  storeHex(to)
}

/** The token of a staged lane, for engines without SIMD. */
function computeLane(lane: usize): void {
  setState<i32>(key)
  takeBlock(lane)
  takeDigest<i32>()
  storeHex(lane)
}

/** The tokens of four staged lanes. */
function computeGroup(group: usize): void {
  setState<v128>(key)
  loadGroup(group)
  compress<v128>()
  takeDigest<v128>()
  storeGroupHex(group)
}

/** Keeps the chaining value after the key's block, every byte of it crossed with `pad`, at `to`. */
function keepPad(pad: u8, to: usize): void {
  for (let i: usize = 0; i < BLOCK_BYTES; i++) store<u8>(tail + i, load<u8>(keyBlock + i) ^ pad)
  setState<i32>(INITIAL)
  takeBlock(tail)
  memory.copy(to, state, 32)
}

/** Takes the key at `from` and wipes every trace of it but the two chaining values. Returns its number, or NO_ROOM. */
export function hmacLoadKey(from: usize, length: usize): i32 {
  if (keysHeld == HMAC_KEYS_MAX) return NO_ROOM
  memory.fill(keyBlock, 0, BLOCK_BYTES)
  memory.copy(keyBlock, from, min(length, BLOCK_BYTES))
  if (length > BLOCK_BYTES) {
    setState<i32>(INITIAL)
    takeMessage(from, length, 0)
    memory.fill(keyBlock, 0, BLOCK_BYTES)
    for (let i: usize = 0; i < 8; i++) store<i32>(keyBlock + i * 4, bswap<i32>(load<i32>(place<i32>(state, i))))
  }
  const to = hmacKeys + <usize>keysHeld * HMAC_KEY_BYTES
  keepPad(0x36, to)
  keepPad(0x5c, to + 32)
  memory.fill(keyBlock, 0, BLOCK_BYTES)
  memory.fill(from, 0, length)
  memory.fill(tail, 0, 128)
  memory.fill(schedule, 0, 64 * 16)
  return keysHeld++
}

/** Computes what was requested under the key before, and goes on with another. False: no such key is loaded. */
export function hmacUseKey(number: i32): bool {
  if (number < 0 || number >= keysHeld) return false
  hmacFlush()
  key = hmacKeys + <usize>number * HMAC_KEY_BYTES
  return true
}

/** Stages a message; long ones are computed at once. Returns its ticket, NO_ROOM or NO_KEY. */
export function hmacRequest(at: usize, length: usize): i32 {
  if (key == 0) return NO_KEY
  if (length > LANE_MESSAGE_MAX) {
    if (long == ticketsMax) return NO_ROOM
    const ticket = ticketsMax + 1 + long++
    tokenOf(at, length, tokenAt(ticket))
    return ticket
  }
  if (staged == ticketsMax) return NO_ROOM
  const lane = lanes + <usize>staged * LANE_BYTES
  // Copy a whole block and blank it behind the message: whole words, no loop over bytes. The blanks reach into the
  // next lane, which is not in use yet; behind the last there is a spare one.
  for (let i: usize = 0; i < 64; i += 8) store<u64>(lane + i, load<u64>(at + i))
  const end = lane + length
  for (let i: usize = 0; i < 64; i += 8) store<u64>(end + i, 0)
  store<u8>(end, 0x80)
  store<u32>(lane, bswap<u32>(<u32>(BLOCK_BYTES + length) * 8), 60)
  return staged++
}

/** Computes every staged lane. Tickets that follow start a new group of four. */
export function hmacFlush(): void {
  staged = (staged + 3) & ~3
  for (; computed < staged; computed += 4) {
    const group = lanes + <usize>computed * LANE_BYTES
    if (ASC_FEATURE_SIMD) {
      computeGroup(group)
    } else {
      for (let lane = group; lane < group + 4 * LANE_BYTES; lane += LANE_BYTES) computeLane(lane)
    }
  }
}

/** How many tickets of short messages, and of long ones, may be redeemed. */
export function hmacComputed(): i32 {
  return computed
}

export function hmacLong(): i32 {
  return long
}

/** Where the 64 digits of a ticket's token lie. */
function tokenAt(ticket: i32): usize {
  return lanes + <usize>ticket * LANE_BYTES
}

/** Gives all tickets back. */
export function hmacReset(): void {
  staged = 0
  computed = 0
  long = 0
}

/** The token of one message, apart from any ticket: 64 digits at the returned place, or 0: no key. */
export function hmacOnce(at: usize, length: usize): usize {
  if (key == 0) return 0
  tokenOf(at, length, once)
  return once
}
