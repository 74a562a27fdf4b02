import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHashKernel, HmacTokens } from '../../../streams/hash/index.ts'

// Goal: a token is HMAC-SHA-256 whatever stands beside it in the batch, and a ticket never yields anything else.
// Method: RFC 4231, then node:crypto as the oracle, on both builds.
const ARENA_BYTES = 8_192
const CAPACITY = 16
const KEY = Buffer.from('a key of the tests')

function start(lanes?: 'simd' | 'scalar', ticketsMax = CAPACITY) {
  const kernel = createHashKernel({ arenaBytes: ARENA_BYTES, ticketsMax, ...(lanes === undefined ? {} : { lanes }) })
  const tokens = new HmacTokens(kernel)
  tokens.useKey(tokens.loadKey(Uint8Array.from(KEY)))
  return { kernel, tokens }
}

function hmac(key: Uint8Array, message: Uint8Array): string {
  return createHmac('sha256', key).update(message).digest('hex')
}

/** `length` bytes that differ with `seed`. */
function bytesOf(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + 1) & 255)
}

// RFC 4231 section 4; of the fifth case the standard prints the first 16 bytes only.
// biome-ignore format: one case a line
const RFC_4231 = [
  { why: 'short key', key: Buffer.alloc(20, 0x0b), message: 'Hi There', expected: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7' },
  { why: 'key shorter than the output', key: Buffer.from('Jefe'), message: 'what do ya want for nothing?', expected: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843' },
  { why: 'key and message over 64 bytes together', key: Buffer.alloc(20, 0xaa), message: Buffer.alloc(50, 0xdd), expected: '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe' },
  { why: 'another such', key: Buffer.from(Array.from({ length: 25 }, (_, i) => i + 1)), message: Buffer.alloc(50, 0xcd), expected: '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b' },
  { why: 'truncated in the standard', key: Buffer.alloc(20, 0x0c), message: 'Test With Truncation', expected: 'a3b6167473100ee06e0c796c2955552b' },
  { why: 'key longer than a block', key: Buffer.alloc(131, 0xaa), message: 'Test Using Larger Than Block-Size Key - Hash Key First', expected: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54' },
  { why: 'key and message longer than a block', key: Buffer.alloc(131, 0xaa), message: 'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.', expected: '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2' },
] as const

describe.each(['simd', 'scalar'] as const)('HmacTokens in the %s build', (lanes) => {
  test.each(RFC_4231)('HmacTokens: RFC 4231: $why', ({ key, message, expected }) => {
    const { tokens } = start(lanes)
    tokens.useKey(tokens.loadKey(Uint8Array.from(key)))
    const ticket = tokens.requestBytes(Buffer.from(message))
    tokens.flush()
    expect(tokens.hex(ticket).slice(0, expected.length)).toBe(expected)
    expect(tokens.hmacHex(Buffer.from(message)).slice(0, expected.length)).toBe(expected)
  })

  test('HmacTokens: every length from 0 to 300, from the arena, from outside and at once', () => {
    const { kernel, tokens } = start(lanes)
    for (let length = 0; length <= 300; length++) {
      const message = bytesOf(length)
      kernel.arena.fill(0xff) // What stands around a message must not matter.
      kernel.arena.set(message, length)
      const tickets = [tokens.request(length, length), tokens.requestBytes(message)]
      tokens.flush()
      const answers = [...tickets.map((ticket) => tokens.hex(ticket)), tokens.hmacHex(message)]
      expect(answers, `length ${length}`).toEqual(Array(3).fill(hmac(KEY, message)))
      tokens.reset()
    }
  })

  test('HmacTokens: every length of key from 1 to 140', () => {
    for (let from = 1; from <= 140; from += 60) {
      const { tokens } = start(lanes)
      for (let length = from; length < from + 60; length++) {
        tokens.useKey(tokens.loadKey(bytesOf(length)))
        expect(tokens.hmacHex(KEY), `key of ${length} bytes`).toBe(hmac(bytesOf(length), KEY))
      }
    }
  })

  test('HmacTokens: every size of batch up to the capacity, all lanes at the longest message', () => {
    const { tokens } = start(lanes)
    for (let size = 1; size <= CAPACITY; size++) {
      const messages = Array.from({ length: size }, (_, i) => bytesOf(55, size * CAPACITY + i))
      const tickets = messages.map((message) => tokens.requestBytes(message))
      tokens.flush()
      expect(tickets.map((ticket) => tokens.hex(ticket))).toEqual(messages.map((message) => hmac(KEY, message)))
      tokens.reset()
    }
  })

  test('HmacTokens: property: any mix of lengths, keys, flushes and resets', () => {
    const { tokens } = start(lanes, 256)
    const keys = [bytesOf(16, 1), bytesOf(32, 2), bytesOf(100, 3)]
    const loaded = keys.map((key) => tokens.loadKey(key.slice()))
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.uint8Array({ maxLength: 140 }).map((message) => ({ kind: 'request', message }) as const),
      },
      { weight: 1, arbitrary: fc.constant({ kind: 'flush' } as const) },
      { weight: 1, arbitrary: fc.nat(keys.length - 1).map((key) => ({ kind: 'key', key }) as const) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        tokens.reset()
        tokens.useKey(loaded[0]!)
        let key = keys[0]!
        const expected = new Map<number, string>()
        for (const next of steps) {
          if (next.kind === 'request') expected.set(tokens.requestBytes(next.message), hmac(key, next.message))
          if (next.kind === 'flush') tokens.flush()
          if (next.kind === 'key') {
            tokens.useKey(loaded[next.key]!)
            key = keys[next.key]!
          }
        }
        tokens.flush()
        expect(expected.size).toBe(steps.filter(({ kind }) => kind === 'request').length)
        for (const [ticket, token] of expected) expect(tokens.hex(ticket)).toBe(token)
      }),
    )
  })

  test('HmacTokens: tokens asked for before a change of key keep the key before', () => {
    const { tokens } = start(lanes)
    const second = tokens.loadKey(bytesOf(32))
    const before = tokens.requestBytes(bytesOf(20))
    tokens.useKey(second)
    const after = tokens.requestBytes(bytesOf(20))
    tokens.flush()
    expect([tokens.hex(before), tokens.hex(after)]).toEqual([hmac(KEY, bytesOf(20)), hmac(bytesOf(32), bytesOf(20))])
  })

  test('HmacTokens: writes 64 lowercase digits to any place of a view and not one byte beside', () => {
    const { tokens } = start(lanes)
    const ticket = tokens.requestBytes(bytesOf(16))
    tokens.flush()
    for (let outAt = 1; outAt <= 8; outAt++) {
      const out = Buffer.alloc(80, '.')
      tokens.writeHex(ticket, new DataView(out.buffer, out.byteOffset, out.length), outAt)
      expect(out.toString()).toBe(
        hmac(KEY, bytesOf(16))
          .padStart(64 + outAt, '.')
          .padEnd(80, '.'),
      )
    }
    expect(() => tokens.writeHex(ticket, new DataView(new ArrayBuffer(64)), 1)).toThrow(RangeError)
  })

  test('HmacTokens: at the capacity one more is refused, short and long, and what was asked for is kept', () => {
    const { tokens } = start(lanes)
    const full = expect.objectContaining({ code: 'HASH_FULL', next: 'stop' })
    const short = Array.from({ length: CAPACITY }, (_, i) => tokens.requestBytes(bytesOf(16, i)))
    const long = Array.from({ length: CAPACITY }, (_, i) => tokens.requestBytes(bytesOf(56, i)))
    expect(() => tokens.requestBytes(bytesOf(16))).toThrow(full)
    expect(() => tokens.requestBytes(bytesOf(56))).toThrow(full)
    tokens.flush()
    expect(short.map((ticket) => tokens.hex(ticket))).toEqual(short.map((_, i) => hmac(KEY, bytesOf(16, i))))
    expect(long.map((ticket) => tokens.hex(ticket))).toEqual(long.map((_, i) => hmac(KEY, bytesOf(56, i))))
    tokens.reset()
    expect(tokens.requestBytes(bytesOf(16))).toBe(short[0])
  })
})

test('HmacTokens: this engine has SIMD, so that both builds are tested and the default is the fast one', () => {
  expect(start().kernel.lanes).toBe('simd')
})

test('HmacTokens: a ticket yields nothing before its flush and nothing after reset, for its lane may hold a message', () => {
  const { tokens } = start()
  const refused = expect.objectContaining({ code: 'HASH_TICKET', next: 'stop' })
  const out = new DataView(new ArrayBuffer(64))
  const tickets = [tokens.requestBytes(Buffer.from('4111111111111111')), tokens.requestBytes(bytesOf(60))]
  for (const ticket of tickets) expect(() => tokens.writeHex(ticket, out, 0)).toThrow(refused)
  tokens.flush()
  for (const ticket of tickets) tokens.writeHex(ticket, out, 0)
  for (const ticket of [-1, CAPACITY, CAPACITY + 2, Number.NaN]) expect(() => tokens.hex(ticket)).toThrow(refused)
  tokens.reset()
  for (const ticket of tickets) expect(() => tokens.hex(ticket)).toThrow(refused)
})

test('HmacTokens: without a key there is no token, never an unkeyed one', () => {
  const kernel = createHashKernel({ arenaBytes: ARENA_BYTES, ticketsMax: 4 })
  const tokens = new HmacTokens(kernel)
  const refused = expect.objectContaining({ code: 'HASH_USE', next: 'stop' })
  expect(() => tokens.request(0, 16)).toThrow(refused)
  expect(() => tokens.hmacHex(KEY)).toThrow(refused)
  expect(() => tokens.loadKey(new Uint8Array())).toThrow(refused)
  expect(() => tokens.useKey(0 as never)).toThrow(refused)
  const key = tokens.loadKey(Uint8Array.from(KEY))
  expect(() => tokens.request(0, 16)).toThrow(refused) // Loaded is not yet in use.
  expect(() => tokens.useKey((key + 1) as never)).toThrow(refused)
  tokens.useKey(key)
  expect(tokens.hmacHex(KEY)).toBe(hmac(KEY, KEY))
})

test('HmacTokens: the sixty-fifth key is refused and the first still serves', () => {
  const kernel = createHashKernel({ arenaBytes: ARENA_BYTES, ticketsMax: 4 })
  const tokens = new HmacTokens(kernel)
  const keys = Array.from({ length: 64 }, (_, i) => tokens.loadKey(bytesOf(32, i)))
  expect(() => tokens.loadKey(bytesOf(32))).toThrow(expect.objectContaining({ code: 'HASH_USE' }))
  for (const [i, key] of keys.entries()) {
    tokens.useKey(key)
    expect(tokens.hmacHex(KEY)).toBe(hmac(bytesOf(32, i), KEY))
  }
})

test.each([
  { why: 'shorter than a block', key: 'the secret of the short key' },
  {
    why: 'longer than a block',
    key: 'the secret of the long key, which is hashed before it is used, as it exceeds a block',
  },
])('HmacTokens: a key $why leaves no trace in the buffers, the object or an error', ({ key }) => {
  const { kernel, tokens } = start()
  const bytes = Uint8Array.from(Buffer.from(key))
  tokens.loadKey(bytes)
  expect(bytes.every((byte) => byte === 0)).toBe(true)
  const memory = Buffer.from(kernel.memory.buffer)
  const crossed = (pad: number) => Buffer.from(Buffer.from(key.slice(0, 8)).map((byte) => byte ^ pad))
  for (const trace of [Buffer.from(key.slice(0, 8)), crossed(0x36), crossed(0x5c)]) {
    expect(memory.includes(trace)).toBe(false)
    expect(memory.includes(Buffer.from(trace).swap32())).toBe(false)
  }
  expect(JSON.stringify(tokens)).not.toContain('secret')
})

test('HmacTokens: a range outside the arena is refused, and a kernel serves one HmacTokens', () => {
  const { kernel, tokens } = start()
  const range = expect.objectContaining({ code: 'HASH_RANGE', next: 'stop' })
  expect(() => tokens.request(ARENA_BYTES - 10, 11)).toThrow(range)
  tokens.request(ARENA_BYTES - 10, 10)
  expect(() => new HmacTokens(kernel)).toThrow(expect.objectContaining({ code: 'HASH_USE' }))
})
