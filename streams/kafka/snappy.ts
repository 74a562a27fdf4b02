import type { GrowingBuffer } from './growing-buffer.ts'
import { copyMatch } from './lz4.ts'

/** What Java's clients put before their blocks (xerial/snappy-java); other clients write a block alone. */
const XERIAL_MAGIC = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]
/** The magic, and two version numbers. */
const XERIAL_HEADER_BYTES = 16

/**
 * Appends what Snappy bytes hold to `out`, in xerial's framing or plain.
 * Source: github.com/google/snappy, format_description.txt; snappy-java's SnappyOutputStream.
 * @throws RangeError for bytes that are no Snappy, or more than `out` may hold.
 */
export function readSnappy(bytes: Uint8Array, out: GrowingBuffer): void {
  if (!XERIAL_MAGIC.every((byte, i) => bytes[i] === byte)) {
    readBlock(bytes, 0, bytes.length, out)
    return
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const from = at + 4
    at = from + view.getUint32(at)
    if (at > bytes.length) throw new RangeError('a Snappy block that ends past the bytes')
    readBlock(bytes, from, at, out)
  }
}

function readBlock(block: Uint8Array, from: number, end: number, out: GrowingBuffer): void {
  let at = from
  let size = 0
  for (let shift = 0, byte = 0x80; (byte & 0x80) !== 0; shift += 7) {
    if (at >= end || shift > 28) throw new RangeError('no Snappy length')
    byte = block[at++] as number
    size += (byte & 0x7f) * 2 ** shift
  }
  out.reserve(size)
  const limit = out.length + size
  out.length = readElements(block, at, end, out.bytes, out.length, limit)
  if (out.length !== limit) throw new RangeError('a Snappy block of another length than it says')
}

function readElements(
  block: Uint8Array,
  from: number,
  end: number,
  out: Uint8Array,
  to: number,
  limit: number,
): number {
  let at = from
  let filled = to
  while (at < end) {
    const tag = block[at++] as number
    if ((tag & 3) === 0) {
      let length = tag >> 2
      if (length >= 60) {
        const lengthBytes = length - 59
        length = littleEndian(block, at, lengthBytes)
        at += lengthBytes
      }
      length++
      if (!(at + length <= end && filled + length <= limit)) throw new RangeError('a Snappy literal that ends outside')
      out.set(block.subarray(at, at + length), filled)
      at += length
      filled += length
      continue
    }
    const short = (tag & 3) === 1
    const distanceBytes = short ? 1 : (tag & 3) === 2 ? 2 : 4
    const length = short ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2)
    const distance = littleEndian(block, at, distanceBytes) + (short ? (tag >> 5) * 256 : 0)
    at += distanceBytes
    if (!(at <= end && distance > 0 && distance <= filled && filled + length <= limit))
      throw new RangeError('a Snappy copy from outside')
    copyMatch(out, filled, distance, length)
    filled += length
  }
  return filled
}

/** The unsigned number in `count` bytes at `at`; not a number past the end. */
function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let n = 0
  for (let i = 0; i < count; i++) n += (bytes[at + i] ?? Number.NaN) * 2 ** (8 * i)
  return n
}
