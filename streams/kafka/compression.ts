import { gunzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { crc32c } from '@node-rs/crc32'
import * as layout from '../record/batch-layout.ts'
import type { GrowingBuffer } from './growing-buffer.ts'
import { readLz4Frame } from './lz4.ts'
import { readSnappy } from './snappy.ts'

/** What we write; every codec is read. zstd takes about 8 ms of the thread for a megabyte. */
export type Compression = 'none' | 'zstd'

/** The codecs of record batches, by their number in a batch's attributes. */
const CODECS: readonly ((bytes: Uint8Array, out: GrowingBuffer) => void)[] = [
  (bytes, out) => out.append(bytes),
  (bytes, out) => out.append(gunzipSync(bytes, { maxOutputLength: INFLATED_BYTES_MAX })),
  readSnappy,
  readLz4Frame,
  (bytes, out) => out.append(zstdDecompressSync(bytes, { maxOutputLength: INFLATED_BYTES_MAX })),
]
const ZSTD = 4

/** A batch that is larger than this once decompressed is refused: a few kilobytes could ask for any amount of memory. */
export const INFLATED_BYTES_MAX: number = 64 << 20

/**
 * Appends the batch at `at` to `out` as its writer would have sealed it without compression.
 * @throws RangeError or an error of zlib for bytes that the codec cannot read, or more than the bound.
 */
export function appendInflated(bytes: Uint8Array, view: DataView, at: number, end: number, out: GrowingBuffer): void {
  const attributes = view.getInt16(at + layout.ATTRIBUTES)
  const read = CODECS[attributes & layout.COMPRESSION_MASK]
  if (read === undefined) throw new RangeError(`unknown codec ${attributes & layout.COMPRESSION_MASK}`)
  const start = out.length
  try {
    out.append(bytes.subarray(at, at + layout.HEADER_BYTES))
    read(bytes.subarray(at + layout.HEADER_BYTES, end), out)
  } catch (error) {
    out.length = start
    throw error
  }
  out.view.setInt32(start + layout.BATCH_LENGTH, out.length - start - layout.LENGTH_OVERHEAD_BYTES)
  out.view.setInt16(start + layout.ATTRIBUTES, attributes & ~layout.COMPRESSION_MASK)
  out.view.setUint32(start + layout.CRC, crc32c(out.bytes.subarray(start + layout.CRC_FROM, out.length)))
}

/** A copy of an unsealed batch with its records compressed by zstd; the seal comes after, as for any batch. */
export function compressed(batch: Uint8Array): Uint8Array {
  const records = zstdCompressSync(batch.subarray(layout.HEADER_BYTES))
  const out = new Uint8Array(layout.HEADER_BYTES + records.length)
  out.set(batch.subarray(0, layout.HEADER_BYTES))
  out.set(records, layout.HEADER_BYTES)
  const view = new DataView(out.buffer)
  view.setInt32(layout.BATCH_LENGTH, out.length - layout.LENGTH_OVERHEAD_BYTES)
  view.setInt16(layout.ATTRIBUTES, (view.getInt16(layout.ATTRIBUTES) & ~layout.COMPRESSION_MASK) | ZSTD)
  return out
}
