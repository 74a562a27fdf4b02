// Where everything lies in the kernel's one memory. The static areas below come first; `configure` places the areas
// whose size the caller chooses behind them, and grows the memory once, so that no view of it is ever detached.

/** Bytes of one lane: a whole SHA-256 block going in, 64 hexadecimal digits coming out. */
export const LANE_BYTES: usize = 64
/** How many HMAC keys a kernel can hold at once. */
export const HMAC_KEYS_MAX: i32 = 64
/** How many SipHash keys a kernel can hold at once. */
export const SIP_KEYS_MAX: i32 = 16
/** The longest message that comes from outside the arena, and the longest message made of ranges. */
export const SCRATCH_BYTES: usize = 1 << 20
/** Staging and hashing read and write whole words, and so touch at most this much past the end of a message. */
const SLACK_BYTES: usize = 64
const PAGE_BYTES: usize = 65536

/** Two chaining values a key, 8 words each: after the inner padded key, and after the outer one (RFC 2104 section 4). */
export const HMAC_KEY_BYTES: usize = 64
export const hmacKeys: usize = memory.data(64 * 64, 16)
/** A key's initial state, 4 double words, and behind it the 16 bytes of the key's latest hash. */
export const SIP_KEY_BYTES: usize = 48
export const sipKeys: usize = memory.data(48 * 16, 16)

/** Lanes by ticket, then one spare lane, then the tokens of messages that were too long for a lane. */
export let lanes: usize = 0
export let ticketsMax: i32 = 0
/** Bytes that the host hands over: keys, and messages from outside the arena. */
export let inbox: usize = 0
/** The message under way that is made of several ranges. */
export let composed: usize = 0
/** Fetched batches. */
export let arena: usize = 0

/** Places the areas and grows the memory; false when the engine grants no such memory. `tickets` is a multiple of 4. */
export function configure(tickets: i32, arenaBytes: i32): bool {
  ticketsMax = tickets
  lanes = (__heap_base + LANE_BYTES - 1) & ~(LANE_BYTES - 1)
  inbox = lanes + (2 * <usize>tickets + 1) * LANE_BYTES
  composed = inbox + SCRATCH_BYTES + SLACK_BYTES
  arena = composed + SCRATCH_BYTES + SLACK_BYTES
  const pages = <i32>((arena + <usize>arenaBytes + SLACK_BYTES + PAGE_BYTES - 1) / PAGE_BYTES)
  return memory.grow(pages - memory.size()) >= 0
}
