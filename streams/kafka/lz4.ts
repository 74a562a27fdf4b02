import type { GrowingBuffer } from './growing-buffer.ts'

const FRAME_MAGIC = 0x184d2204
const HAS_BLOCK_CHECKSUMS = 0x10
const HAS_CONTENT_SIZE = 0x08
const HAS_DICTIONARY = 0x01
const STORED_BLOCK = 0x80000000
/** A match is at least this long. */
const MATCH_BYTES_MIN = 4

/**
 * Appends what an LZ4 frame holds to `out`. Its checksums are not looked at: the record batch has one around all.
 * Source: github.com/lz4/lz4, doc/lz4_Frame_format.md and doc/lz4_Block_format.md.
 * @throws RangeError for bytes that are no frame, or more than `out` may hold.
 */
export function readLz4Frame(frame: Uint8Array, out: GrowingBuffer): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (view.getUint32(0, true) !== FRAME_MAGIC) throw new RangeError('no LZ4 frame')
  const flags = view.getUint8(4)
  if ((flags & HAS_DICTIONARY) !== 0) throw new RangeError('an LZ4 frame with a dictionary')
  // 4 is 64 KiB, 7 is 4 MiB.
  const blockBytesMax = 1 << (8 + 2 * ((view.getUint8(5) >> 4) & 7))
  const checksumBytes = (flags & HAS_BLOCK_CHECKSUMS) === 0 ? 0 : 4
  let at = (flags & HAS_CONTENT_SIZE) === 0 ? 7 : 15
  for (let size = view.getUint32(at, true); size !== 0; size = view.getUint32(at, true)) {
    at += 4
    const length = size & ~STORED_BLOCK
    if (at + length > frame.length) throw new RangeError('an LZ4 block that ends past its frame')
    if ((size & STORED_BLOCK) !== 0) out.append(frame.subarray(at, at + length))
    else {
      const room = Math.min(blockBytesMax, out.room)
      out.reserve(room)
      out.length = readBlock(frame, at, at + length, out.bytes, out.length, out.length + room)
    }
    at += length + checksumBytes
  }
}

/** Decodes one block to `out` from `to` on, which may look back at what blocks before it wrote. Returns the end. */
function readBlock(block: Uint8Array, from: number, end: number, out: Uint8Array, to: number, limit: number): number {
  let at = from
  let filled = to
  while (at < end) {
    const token = block[at++] as number
    let literals = token >> 4
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) more = block[at++] as number
    }
    // Not `>`: a length that ran past the bytes is not a number.
    if (!(at + literals <= end && filled + literals <= limit))
      throw new RangeError('LZ4 literals past their block or the bound')
    if (literals > 32) out.set(block.subarray(at, at + literals), filled)
    else for (let i = 0; i < literals; i++) out[filled + i] = block[at + i] as number
    at += literals
    filled += literals
    if (at === end) return filled // The last sequence has literals alone.
    const distance = (block[at] as number) | ((block[at + 1] as number) << 8)
    at += 2
    let length = token & 15
    if (length === 15) {
      for (let more = 255; more === 255; length += more) more = block[at++] as number
    }
    length += MATCH_BYTES_MIN
    if (!(at <= end && distance > 0 && distance <= filled && filled + length <= limit))
      throw new RangeError('an LZ4 match from outside, or past the bound')
    copyMatch(out, filled, distance, length)
    filled += length
  }
  throw new RangeError('an LZ4 block without an end')
}

/** Repeats `length` bytes that stand `distance` before `to`; they may overlap what is written. */
export function copyMatch(out: Uint8Array, to: number, distance: number, length: number): void {
  const from = to - distance
  if (length > 32 && distance >= length) out.copyWithin(to, from, from + length)
  else for (let i = 0; i < length; i++) out[to + i] = out[from + i] as number
}
