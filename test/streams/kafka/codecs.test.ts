import { gzipSync, zstdCompressSync } from 'node:zlib'
import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { appendInflated, compressed } from '../../../streams/kafka/compression.ts'
import { GrowingBuffer } from '../../../streams/kafka/growing-buffer.ts'
import { readLz4Frame } from '../../../streams/kafka/lz4.ts'
import { readSnappy } from '../../../streams/kafka/snappy.ts'
import * as layout from '../../../streams/record/batch-layout.ts'
import { batchOf, recordsIn } from '../log/text-records.ts'

// Goal: our decoders give back what reference encoders were given, and never more than they may, whatever the bytes are.
const BOUND = 1 << 20

function decoded(read: (bytes: Uint8Array, out: GrowingBuffer) => void, bytes: Uint8Array): Buffer {
  const out = new GrowingBuffer(BOUND)
  out.append(Buffer.from('before'))
  read(bytes, out)
  expect(Buffer.from(out.bytes.subarray(0, 6)).toString()).toBe('before')
  return Buffer.from(out.bytes.subarray(6, out.length))
}

/** xerial's framing, as Java's clients write it. */
function xerial(block: Uint8Array, parts: number): Buffer {
  const head = Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex')
  const size = Math.max(1, Math.ceil(block.length / parts))
  const blocks: Buffer[] = []
  for (let at = 0; at < block.length; at += size) {
    const bytes = snappyCompress(Buffer.from(block.subarray(at, at + size)))
    const length = Buffer.alloc(4)
    length.writeInt32BE(bytes.length)
    blocks.push(length, bytes)
  }
  return Buffer.concat([head, ...blocks])
}

/** Repetitive on every scale, so that short and long, near and overlapping matches occur. */
const contents = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 2_000 }))
        .map(([unit, times]) => {
          return Buffer.concat(Array.from({ length: Math.min(times, 20_000 / unit.length) }, () => unit))
        }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts))

const DECODERS = [
  { name: 'LZ4', read: readLz4Frame, encode: (bytes: Buffer) => lz4Compress(bytes) },
  { name: 'Snappy', read: readSnappy, encode: (bytes: Buffer) => snappyCompress(bytes) },
  { name: 'Snappy in xerial’s framing', read: readSnappy, encode: (bytes: Buffer) => xerial(bytes, 3) },
]

describe.each(DECODERS)('$name', ({ read, encode }) => {
  test('gives back what the reference encoder was given', () => {
    let bytes = 0
    fc.assert(
      fc.property(contents, (content) => {
        fc.pre(content.length > 0)
        expect(decoded(read, encode(content)).equals(content)).toBe(true)
        bytes += content.length
      }),
      { numRuns: 200 },
    )
    expect(bytes).toBeGreaterThan(100_000)
  })

  test('a large content, and one over the bound', () => {
    const content = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `payment ${i * 7919}`).join(' '))
    expect(decoded(read, encode(content)).equals(content)).toBe(true)
    expect(() => decoded(read, encode(Buffer.alloc(BOUND + 1, 'ab')))).toThrow(RangeError)
  })

  test('damaged bytes are refused or give something else, and never write or read outside', () => {
    const content = Buffer.from('payments and payments and payments of payments, and more of the same payments')
    const good = encode(Buffer.concat(Array.from({ length: 40 }, () => content)))
    let refused = 0
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(good.length), (at, flip, cut) => {
        const bad = Buffer.from(good)
        bad[at] = (bad[at] as number) ^ flip
        try {
          decoded(read, bad.subarray(0, cut))
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
          refused++
        }
      }),
      { numRuns: 500 },
    )
    expect(refused).toBeGreaterThan(100)
  })
})

const TEXTS = Array.from({ length: 50 }, (_, i) => `payment ${i}`)
const CODECS = [
  { codec: 0, name: 'none', encode: (bytes: Buffer) => bytes },
  { codec: 1, name: 'gzip', encode: (bytes: Buffer) => gzipSync(bytes) },
  { codec: 2, name: 'snappy', encode: (bytes: Buffer) => snappyCompress(bytes) },
  { codec: 3, name: 'lz4', encode: (bytes: Buffer) => lz4Compress(bytes) },
  { codec: 4, name: 'zstd', encode: (bytes: Buffer) => zstdCompressSync(bytes) },
]

function inflated(batch: Uint8Array, bytesMax = BOUND): Uint8Array {
  const out = new GrowingBuffer(bytesMax)
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
  appendInflated(batch, view, 0, batch.length, out)
  return out.bytes.subarray(0, out.length)
}

function withCodec(codec: number, encode: (bytes: Buffer) => Uint8Array): Uint8Array {
  const { bytes } = batchOf({ topic: 't', partition: 0 }, TEXTS)
  const records = encode(Buffer.from(bytes.subarray(layout.HEADER_BYTES)))
  const batch = Buffer.concat([bytes.subarray(0, layout.HEADER_BYTES), records])
  batch.writeInt16BE(codec, layout.ATTRIBUTES)
  return batch
}

describe('a batch', () => {
  test.each(CODECS)('in $name becomes one that was never compressed', ({ codec, encode }) => {
    expect(recordsIn(inflated(withCodec(codec, encode))).map(({ text }) => text)).toEqual(TEXTS)
  })

  test('with a codec that nobody knows is refused', () => {
    expect(() => inflated(withCodec(5, (bytes) => bytes))).toThrow(RangeError)
  })

  test.each(CODECS)(
    'in $name that would fill more than the bound is refused, and leaves nothing',
    ({ codec, encode }) => {
      const out = new GrowingBuffer(1_000)
      const batch = withCodec(codec, () => encode(Buffer.alloc(5_000_000)))
      const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
      expect(() => appendInflated(batch, view, 0, batch.length, out)).toThrow(/bound|larger/)
      expect(out.length).toBe(0)
    },
  )

  test('that we compress is smaller, and inflates to what it was', () => {
    const { bytes } = batchOf({ topic: 't', partition: 0 }, TEXTS)
    const small = compressed(bytes)
    expect(small.length).toBeLessThan(bytes.length)
    expect(recordsIn(inflated(small)).map(({ text }) => text)).toEqual(TEXTS)
  })
})
