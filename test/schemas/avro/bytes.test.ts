import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteSink } from '../../../schemas/avro/byte-sink.ts'
import {
  afterLong,
  copyBytes,
  encoded,
  encodeString,
  putBytes,
  putDouble,
  putEncoded,
  putLong,
  putString,
  readInt,
  readLong,
  readLongExact,
  readText,
  SLACK_BYTES,
} from '../../../schemas/avro/bytes.ts'
import {
  BAD_TYPE,
  type Scan,
  scanArray,
  scanBoolean,
  scanDouble,
  scanEnum,
  scanInt,
  scanLong,
  scanString,
  TRUNCATED,
} from '../../../schemas/avro/scan.ts'

// Goal: the primitives against a second, plain implementation in BigInt, over the whole range and at every edge.
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** A zigzag varint, as the Avro specification describes it. */
function varint(value: bigint): Uint8Array {
  let rest = value < 0n ? -2n * value - 1n : 2n * value
  const bytes: number[] = []
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return Uint8Array.from([...bytes, Number(rest)])
}

const EDGES = Array.from({ length: 64 }, (_, power) => 2n ** BigInt(power))
  .flatMap((n) => [n - 2n, n - 1n, n, n + 1n, -n - 1n, -n, -n + 1n])
  .filter((n) => n >= INT64_MIN && n <= INT64_MAX)

const int64 = fc.oneof(fc.constantFrom(...EDGES), fc.bigInt({ min: INT64_MIN, max: INT64_MAX }))
const safe = fc.oneof(
  fc.constantFrom(...EDGES.map(Number).filter(Number.isSafeInteger), 2 ** 53 - 1, -(2 ** 53) + 1),
  fc.maxSafeInteger(),
)

test('avro bytes: a long of 64 bits reads exactly, and as a number up to 2^53', () => {
  const property = fc.property(int64, (value) => {
    const bytes = varint(value)
    expect(readLongExact(bytes, 0)).toBe(value)
    expect(afterLong(bytes, 0)).toBe(bytes.length)
    expect(scanLong(bytes, 0, bytes.length)).toBe(bytes.length)
    const number = readLong(bytes, 0)
    expect(Number.isSafeInteger(number)).toBe(value > -(2n ** 53n) && value < 2n ** 53n)
    if (Number.isSafeInteger(number)) expect(BigInt(number)).toBe(value)
  })
  fc.assert(property, { numRuns: 2_000 })
})

test('avro bytes: a safe integer is written as the specification says', () => {
  const property = fc.property(safe, fc.nat(5), (value, start) => {
    const out = new Uint8Array(80)
    const end = putLong(out, start, value)
    expect(out.subarray(start, end)).toEqual(varint(BigInt(value)))
    expect(out.subarray(end).every((byte) => byte === 0)).toBe(true)
  })
  fc.assert(property, { numRuns: 2_000 })
})

test('avro bytes: an int of 32 bits reads exactly', () => {
  const property = fc.property(fc.oneof(fc.integer(), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1)), (value) => {
    const bytes = varint(BigInt(value))
    expect(readInt(bytes, 0)).toBe(value)
    expect(scanInt(bytes, 0, bytes.length)).toBe(bytes.length)
  })
  fc.assert(property, { numRuns: 1_000 })
})

const VARINTS = [
  { why: 'no byte at all', scan: scanLong, bytes: [], expected: -TRUNCATED },
  { why: 'the last byte asks for one more', scan: scanLong, bytes: [0x80, 0x80], expected: -TRUNCATED },
  { why: 'the ninth byte asks for one more', scan: scanLong, bytes: Array(9).fill(0x80), expected: -TRUNCATED },
  { why: 'ten bytes hold 64 bits', scan: scanLong, bytes: [...Array(9).fill(0xff), 1], expected: 10 },
  { why: 'ten bytes hold no 65th bit', scan: scanLong, bytes: [...Array(9).fill(0xff), 2], expected: -BAD_TYPE },
  { why: 'eleven bytes are too many', scan: scanLong, bytes: [...Array(10).fill(0x80), 0], expected: -BAD_TYPE },
  { why: 'an int ends within its bytes', scan: scanInt, bytes: Array(4).fill(0x80), expected: -TRUNCATED },
  { why: 'five bytes hold 32 bits', scan: scanInt, bytes: [0xff, 0xff, 0xff, 0xff, 15], expected: 5 },
  { why: 'five bytes hold no 33rd bit', scan: scanInt, bytes: [0xff, 0xff, 0xff, 0xff, 16], expected: -BAD_TYPE },
  { why: 'six bytes are too many for an int', scan: scanInt, bytes: [...Array(5).fill(0x80), 0], expected: -BAD_TYPE },
]

const ofThree: Scan = (bytes, at, end) => scanEnum(bytes, at, end, 3)
const booleans: Scan = (bytes, at, end) => scanArray(bytes, at, end, scanBoolean)

const OTHERS = [
  { why: 'the last of three symbols', scan: ofThree, bytes: [4], expected: 1 },
  { why: 'a symbol past the last', scan: ofThree, bytes: [6], expected: -BAD_TYPE },
  { why: 'a negative symbol', scan: ofThree, bytes: [1], expected: -BAD_TYPE },
  { why: 'a symbol in more bytes than it needs', scan: ofThree, bytes: [0x80, 0], expected: -BAD_TYPE },
  { why: 'no symbol', scan: ofThree, bytes: [], expected: -TRUNCATED },
  { why: 'true is one', scan: scanBoolean, bytes: [1], expected: 1 },
  { why: 'a boolean of two', scan: scanBoolean, bytes: [2], expected: -BAD_TYPE },
  { why: 'no boolean', scan: scanBoolean, bytes: [], expected: -TRUNCATED },
  { why: 'a double has eight bytes', scan: scanDouble, bytes: Array(8).fill(0), expected: 8 },
  { why: 'a double of seven', scan: scanDouble, bytes: Array(7).fill(0), expected: -TRUNCATED },
  { why: 'a string to the last byte', scan: scanString, bytes: [4, 65, 66], expected: 3 },
  { why: 'a string past the last byte', scan: scanString, bytes: [4, 65], expected: -TRUNCATED },
  { why: 'a string of negative length', scan: scanString, bytes: [1], expected: -BAD_TYPE },
  { why: 'a string of 2^62 bytes', scan: scanString, bytes: [...Array(9).fill(0x80), 1], expected: -TRUNCATED },
  { why: 'an empty array', scan: booleans, bytes: [0], expected: 1 },
  { why: 'an array without its end', scan: booleans, bytes: [2, 1], expected: -TRUNCATED },
  { why: 'an array in two blocks', scan: booleans, bytes: [2, 1, 4, 0, 1, 0], expected: 6 },
  { why: 'a block of its stated size', scan: booleans, bytes: [3, 4, 0, 1, 0], expected: 5 },
  { why: 'a block smaller than stated', scan: booleans, bytes: [3, 6, 0, 1, 0], expected: -BAD_TYPE },
  { why: 'a block larger than stated', scan: booleans, bytes: [3, 2, 0, 1, 0], expected: -BAD_TYPE },
  { why: 'a bad item', scan: booleans, bytes: [2, 7, 0], expected: -BAD_TYPE },
  { why: '2^62 items in three bytes', scan: booleans, bytes: [...Array(9).fill(0x80), 1, 0, 0], expected: -TRUNCATED },
]

test.each([...VARINTS, ...OTHERS])('avro scan: $why', ({ scan, bytes, expected }) => {
  expect(scan(Uint8Array.from(bytes), 0, bytes.length)).toBe(expected)
})

test('avro bytes: text is its length in bytes and its UTF-8', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constant('x'.repeat(9_000)))
  const property = fc.property(text, (value) => {
    const body = Buffer.from(value)
    const expected = Buffer.concat([varint(BigInt(body.length)), body])
    expect(Buffer.from(encodeString(value)).equals(expected)).toBe(true)
    const out = new Uint8Array(3 * value.length + 10)
    expect(putString(out, 0, value)).toBe(expected.length)
    expect(readText(out, afterLong(out, 0), expected.length)).toBe(value)
  })
  fc.assert(property)
})

test('avro bytes: an encoding is put as it stands, wherever, and overshoots by 7 bytes at most', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), (bytes, at) => {
    const out = new Uint8Array(at + bytes.length + SLACK_BYTES).fill(0xee)
    const end = putEncoded(new DataView(out.buffer), at, encoded(bytes))
    expect(end).toBe(at + bytes.length)
    expect(out.subarray(at, end)).toEqual(bytes)
    expect(out.subarray(0, at).every((byte) => byte === 0xee)).toBe(true)
    expect(out.subarray(end + 7).every((byte) => byte === 0xee)).toBe(true)
  })
  fc.assert(property)
})

test('avro bytes: half a surrogate pair is written as the replacement character', () => {
  expect(Buffer.from(encodeString('a\uD800')).toString('hex')).toBe('0861efbfbd')
})

test('avro bytes: bytes and doubles', () => {
  const out = new Uint8Array(100)
  const bytes = Uint8Array.from({ length: 70 }, (_, i) => i)
  expect(putBytes(out, 0, bytes)).toBe(72)
  expect(out.subarray(2, 72)).toEqual(bytes)
  expect(putDouble(new DataView(out.buffer), 0, 1.5)).toBe(8)
  expect(Buffer.from(out.buffer).readDoubleLE(0)).toBe(1.5)
})

test('avro bytes: a copy is exact up to its end, and overshoots by at most 7 bytes', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(9), fc.nat(9), (bytes, from, at) => {
    const source = new Uint8Array(from + bytes.length + 64)
    source.set(bytes, from)
    const out = new Uint8Array(at + bytes.length + 64).fill(0xee)
    const end = copyBytes(new DataView(source.buffer), from, from + bytes.length, new DataView(out.buffer), at)
    expect(end).toBe(at + bytes.length)
    expect(out.subarray(at, end)).toEqual(bytes)
    expect(out.subarray(0, at).every((byte) => byte === 0xee)).toBe(true)
    expect(out.subarray(end + 7).every((byte) => byte === 0xee)).toBe(true)
  })
  fc.assert(property)
})

describe('byte sink', () => {
  const REFUSED = [
    { why: 'a fraction is no long', put: (out: ByteSink) => out.long(1.5) },
    { why: 'past 2^53 a number is not exact', put: (out: ByteSink) => out.long(2 ** 53) },
    { why: 'NaN is no long', put: (out: ByteSink) => out.long(Number.NaN) },
    { why: 'an int has 32 bits', put: (out: ByteSink) => out.int(2 ** 31) },
    { why: 'an enum has its symbols only', put: (out: ByteSink) => out.symbol(['a', 'b'], 'c') },
  ]

  test.each(REFUSED)('byte sink: $why', ({ put }) => {
    const out = new ByteSink()
    expect(() => put(out)).toThrow(RangeError)
    expect(out.length).toBe(0)
  })

  test('byte sink: grows, and leaves the buffer that others look at as it was', () => {
    const out = new ByteSink(4)
    out.string('abc')
    const before = out.bytes
    out.raw(new Uint8Array(1_000).fill(7))
    out.clear()
    out.byte(9)
    expect(Buffer.from(before.subarray(0, 4)).toString('hex')).toBe('06616263')
    expect(out.toBytes()).toEqual(Uint8Array.of(9))
  })
})
