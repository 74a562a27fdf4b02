import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { LocalRateLimiter, type RateLimiter, rateHeaders } from '../../api/access/rate-limiter.ts'
import { RedisRateLimiter } from '../../api/access/redis-rate-limiter.ts'
import { startRedis } from '../../stack/redis/redis.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'

// Goal: so many calls in any window of that length, to the millisecond; over all instances by Redis, and more strictly without it.
const RATE = { limit: 10, windowMs: 60_000 }

test('SPEC C1: a window slides: the eleventh call is refused until the first has left, to the ms', async () => {
  const clock = { ms: 1_000_000, nowMs: () => clock.ms }
  const limiter = new LocalRateLimiter(RATE, clock)
  for (let i = 0; i < 10; i++) {
    expect(await limiter.take('a')).toMatchObject({ allowed: true, remaining: 9 - i })
    clock.ms += 100
  }
  expect(await limiter.take('a')).toMatchObject({ allowed: false, remaining: 0, resetMs: 59_000 })
  expect((await limiter.take('b')).allowed).toBe(true)
  clock.ms += 58_999
  expect((await limiter.take('a')).allowed).toBe(false)
  clock.ms += 1
  expect(await limiter.take('a')).toMatchObject({ allowed: true, remaining: 0, resetMs: 100 })
  expect((await limiter.take('a')).allowed).toBe(false)
})

test('SPEC C1: a refused call does not count, and callers beyond the bound are refused until windows have passed', async () => {
  const clock = { ms: 0, nowMs: () => clock.ms }
  const limiter = new LocalRateLimiter({ limit: 1, windowMs: 1_000 }, clock, 2)
  const allowed = async (caller: string) => (await limiter.take(caller)).allowed
  expect([await allowed('a'), await allowed('b'), await allowed('c')]).toEqual([true, true, false])
  clock.ms = 500
  expect(await allowed('a')).toBe(false)
  clock.ms = 1_000
  expect([await allowed('c'), await allowed('a'), await allowed('b')]).toEqual([true, true, false])
})

test('SPEC C1: the header fields of the rate', () => {
  const state = { allowed: true, limit: 10, windowMs: 60_000, remaining: 7, resetMs: 29_001 }
  expect(rateHeaders(state)).toEqual({ 'ratelimit-policy': '"confirm";q=10;w=60', ratelimit: '"confirm";r=7;t=30' })
})

await onRealParts(['redis'], 'the rate over several instances', () => {
  test(
    'SPEC C1: exactly ten over three instances at once; without Redis each counts more strictly',
    async () => {
      const part = await startRedis()
      const clients = [1, 2, 3].map(() => new Redis(part.url, { enableOfflineQueue: false, retryStrategy: () => 50 }))
      let unanswered = 0
      let ids = 0
      const instances: RateLimiter[] = clients.map((client) => {
        client.on('error', () => {})
        return new RedisRateLimiter({
          redis: { eval: (script, keys, ...rest) => client.eval(script, keys, ...rest) },
          rate: RATE,
          withoutRedis: new LocalRateLimiter({ ...RATE, limit: 3 }, { nowMs: () => Date.now() }),
          newId: () => String(ids++),
          onUnanswered: () => unanswered++,
        })
      })
      await Promise.all(clients.map((client) => client.ping().catch(() => new Promise((r) => client.once('ready', r)))))
      const takes = Array.from({ length: 60 }, (_, i) => (instances[i % 3] as RateLimiter).take('usr-1'))
      const states = await Promise.all(takes)
      expect(unanswered).toBe(0)
      expect(states.filter(({ allowed }) => allowed)).toHaveLength(10)
      expect(
        states.filter(({ allowed }) => !allowed).every(({ remaining, resetMs }) => remaining === 0 && resetMs > 0),
      ).toBe(true)
      expect((await (instances[0] as RateLimiter).take('usr-2')).allowed).toBe(true)
      await part.stop()
      const alone = []
      for (let i = 0; i < 5; i++) alone.push((await (instances[0] as RateLimiter).take('usr-3')).allowed)
      expect(alone).toEqual([true, true, true, false, false])
      expect(unanswered).toBe(5)
      for (const client of clients) client.disconnect()
    },
    START_MS,
  )
})
