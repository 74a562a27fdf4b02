import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHashKernel, KeyedHash } from '../../../streams/hash/index.ts'
import { sipHash128 } from './siphash-reference.ts'

// Goal: the kernel's SipHash is SipHash, wherever the message lies and however it came there.
// Method: the authors' vectors, then an independent BigInt implementation as the oracle, on both builds.
const ARENA_BYTES = 4_096
const KEY = Uint8Array.from({ length: 16 }, (_, i) => i)

function start(lanes: 'simd' | 'scalar') {
  const kernel = createHashKernel({ arenaBytes: ARENA_BYTES, ticketsMax: 4, lanes })
  return { kernel, hash: new KeyedHash(kernel, KEY.slice()) }
}

/** The 16 bytes of the latest hash in hexadecimal. */
function hexOf({ words }: KeyedHash): string {
  return Buffer.from(words.buffer, words.byteOffset, 16).toString('hex')
}

/** One message of the ranges' bytes, each behind its length as 4 little-endian bytes. */
function compose(ranges: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    ranges.flatMap((bytes) => [Buffer.from(Uint32Array.of(bytes.length).buffer), Buffer.from(bytes)]),
  )
}

describe.each(['simd', 'scalar'] as const)('KeyedHash in the %s build', (lanes) => {
  // The first rows of vectors_sip128 in the authors' repository: key 00 to 0f, message 00 to n-1.
  test.each([
    { length: 0, expected: 'a3817f04ba25a8e66df67214c7550293', why: 'nothing but the length' },
    { length: 1, expected: 'da87c1d86b99af44347659119b22fc45', why: 'one byte in the last word' },
  ])('KeyedHash: official vector of $length bytes: $why', ({ length, expected }) => {
    const { kernel, hash } = start(lanes)
    kernel.arena.set(KEY)
    hash.hash(0, length)
    expect(hexOf(hash)).toBe(expected)
  })

  test('KeyedHash: every length from 0 to 300 agrees with the oracle, in the arena and from outside', () => {
    const { kernel, hash } = start(lanes)
    for (let length = 0; length <= 300; length++) {
      const message = Uint8Array.from({ length }, (_, i) => i)
      const expected = sipHash128(KEY, message)
      kernel.arena.fill(0xff) // What stands around a message must not matter.
      kernel.arena.set(message, length + 1)
      hash.hash(length + 1, length)
      expect(hexOf(hash), `length ${length}`).toBe(expected)
      hash.hashBytes(message)
      expect(hexOf(hash), `length ${length}, from outside`).toBe(expected)
    }
  })

  test('KeyedHash: property: any key, bytes and place agree with the oracle', () => {
    const key = fc.uint8Array({ minLength: 16, maxLength: 16 })
    const place = fc.nat(ARENA_BYTES - 100)
    fc.assert(
      fc.property(key, fc.uint8Array({ maxLength: 100 }), place, (bytes, message, at) => {
        const kernel = createHashKernel({ arenaBytes: ARENA_BYTES, ticketsMax: 4, lanes })
        const hash = new KeyedHash(kernel, bytes.slice())
        kernel.arena.set(message, at)
        expect(hash.hash32(at, message.length)).toBe(hash.words[0])
        expect(hexOf(hash)).toBe(sipHash128(bytes, message))
      }),
      { numRuns: 50 },
    )
  })

  test('KeyedHash: property: ranges hash as one message in which each stands behind its length', () => {
    const { kernel, hash } = start(lanes)
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (ranges) => {
        hash.begin()
        let at = 0
        for (const bytes of ranges) {
          kernel.arena.set(bytes, at)
          hash.range(at, bytes.length)
          at += bytes.length + 1
        }
        expect(hash.finish()).toBe(hash.words[0])
        expect(hexOf(hash)).toBe(sipHash128(KEY, compose(ranges)))
      }),
    )
  })
})

// Where a message ends in two fields must show in the hash: else two payments could pass for one.
test('KeyedHash: the same bytes cut differently are different messages', () => {
  const { kernel, hash } = start('simd')
  kernel.arena.set(Buffer.from('abc'))
  const fingerprints = [[3], [1, 2], [2, 1], [1, 1, 1], [0, 3], [3, 0], []].map((lengths) => {
    let at = 0
    hash.begin()
    for (const length of lengths) {
      hash.range(at, length)
      at += length
    }
    hash.finish()
    return hexOf(hash)
  })
  expect(new Set(fingerprints).size).toBe(7)
})

test('KeyedHash: the last bytes of the arena are hashed, and one byte further is refused', () => {
  const { kernel, hash } = start('simd')
  kernel.arena.set([1, 2, 3], ARENA_BYTES - 3)
  hash.hash(ARENA_BYTES - 3, 3)
  expect(hexOf(hash)).toBe(sipHash128(KEY, Uint8Array.of(1, 2, 3)))
  for (const [at, length] of [
    [ARENA_BYTES - 3, 4],
    [-1, 4],
    [0, -1],
    [Number.NaN, 4],
  ] as const) {
    expect(() => hash.hash(at, length)).toThrow(expect.objectContaining({ code: 'HASH_RANGE', next: 'stop' }))
    expect(() => hash.range(at, length)).toThrow(expect.objectContaining({ code: 'HASH_RANGE', next: 'stop' }))
  }
})

test('KeyedHash: keys of one kernel keep apart, each with its own words, up to the sixteenth', () => {
  const kernel = createHashKernel({ arenaBytes: ARENA_BYTES, ticketsMax: 4 })
  const keys = Array.from({ length: 16 }, (_, i) => new Uint8Array(16).fill(i))
  const hashes = keys.map((key) => new KeyedHash(kernel, key.slice()))
  for (const hash of hashes) hash.hashBytes(KEY)
  expect(hashes.map(hexOf)).toEqual(keys.map((key) => sipHash128(key, KEY)))
  expect(() => new KeyedHash(kernel, KEY.slice())).toThrow(expect.objectContaining({ code: 'HASH_USE' }))
})

test('KeyedHash: a key is wiped, and a key of another length is refused without being shown', () => {
  const kernel = createHashKernel({ arenaBytes: ARENA_BYTES, ticketsMax: 4 })
  const key = Uint8Array.from(Buffer.from('sixteen secrets!'))
  const hash = new KeyedHash(kernel, key)
  expect(key).toEqual(new Uint8Array(16))
  expect(Buffer.from(kernel.memory.buffer).includes('sixteen secrets!')).toBe(false)
  expect(JSON.stringify(hash)).not.toContain('secret')
  expect(() => new KeyedHash(kernel, Buffer.from('short secret'))).toThrow(/^a SipHash key has 16 bytes, this one 12$/)
})

test('KeyedHash: what exceeds the scratch is refused, and what just fits is hashed', () => {
  const kernel = createHashKernel({ arenaBytes: 2 << 20, ticketsMax: 4 })
  const hash = new KeyedHash(kernel, KEY.slice())
  const tooLong = expect.objectContaining({ code: 'HASH_TOO_LONG', next: 'stop' })
  hash.hashBytes(new Uint8Array(kernel.scratchBytes))
  expect(() => hash.hashBytes(new Uint8Array(kernel.scratchBytes + 1))).toThrow(tooLong)
  hash.begin()
  hash.range(0, kernel.scratchBytes - 4)
  expect(() => hash.range(0, 0)).toThrow(tooLong)
})
