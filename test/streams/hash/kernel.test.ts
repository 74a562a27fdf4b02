import { expect, test } from 'vitest'
import { createHashKernel, HmacTokens, KeyedHash } from '../../../streams/hash/index.ts'

// Goal: the arena is the caller's alone, whatever the kernel does beside it; and senseless sizes are refused.

test('HashKernel: the arena has the size asked for, one memory, and stays as it was through every kind of work', () => {
  const kernel = createHashKernel({ arenaBytes: 100_001, ticketsMax: 8 })
  expect([kernel.arena.length, kernel.arenaView.byteLength]).toEqual([100_001, 100_001])
  expect(kernel.arenaView.buffer).toBe(kernel.memory.buffer)
  kernel.arena.forEach((_, i) => {
    kernel.arena[i] = i * 7
  })
  const before = kernel.arena.slice()
  const hash = new KeyedHash(kernel, new Uint8Array(16))
  const tokens = new HmacTokens(kernel)
  tokens.useKey(tokens.loadKey(new Uint8Array(100).fill(1)))
  hash.hash(0, 100_001)
  hash.begin()
  hash.range(0, 100_001)
  hash.finish()
  hash.hashBytes(new Uint8Array(kernel.scratchBytes).fill(9))
  for (let i = 0; i < 8; i++) tokens.request(i, 55)
  for (let i = 0; i < 8; i++) tokens.request(i, 99_000)
  tokens.flush()
  expect(Buffer.compare(kernel.arena, before)).toBe(0)
  expect(kernel.memory.buffer).toBe(kernel.arena.buffer) // It never grew, so no view was detached.
})

test.each([
  { why: 'no arena', options: { arenaBytes: 0 } },
  { why: 'part of a byte', options: { arenaBytes: 1.5 } },
  { why: 'an arena past 1 GiB, whose addresses could wrap', options: { arenaBytes: 2 ** 30 + 1 } },
  { why: 'no ticket', options: { arenaBytes: 1, ticketsMax: 0 } },
  { why: 'a broken group of lanes', options: { arenaBytes: 1, ticketsMax: 6 } },
  { why: 'more tickets than a million', options: { arenaBytes: 1, ticketsMax: 2 ** 20 + 4 } },
])('HashKernel: refuses $why', ({ options }) => {
  expect(() => createHashKernel(options)).toThrow(expect.objectContaining({ code: 'HASH_USE', next: 'stop' }))
})
