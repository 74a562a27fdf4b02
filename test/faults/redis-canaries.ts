import type { Redis } from 'ioredis'
import { expect } from 'vitest'
import { CANARIES } from './canaries.ts'
import { CanaryScan } from './canary-scan.ts'
import { redisValues } from './redis-texts.ts'

/** Values by their kind. */
export async function scanRedis(redis: Redis, scan: CanaryScan): Promise<ReadonlyMap<string, number>> {
  const kinds = new Map<string, number>()
  for (const { kind, key, parts } of await redisValues(redis)) {
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    scan.raw(`${kind} key`, Buffer.from(key))
    for (const part of parts) scan.text(kind, part)
  }
  return kinds
}

/** Each canary in a value of each kind, and in a key. */
export async function expectPlantedInRedisAreFound(redis: Redis): Promise<void> {
  const planted = `a ${Object.values(CANARIES).join(' ')} b`
  await redis.set(planted, planted)
  await redis.hset('planted hash', planted, '1')
  await redis.sadd('planted set', planted)
  await redis.zadd('planted zset', 1, planted)
  await redis.xadd('planted stream', '*', 'alert', planted)
  const scan = new CanaryScan()
  await scanRedis(redis, scan)
  for (const where of ['string key', 'string', 'hash', 'set', 'zset', 'stream']) {
    for (const canary of Object.keys(CANARIES)) {
      expect(scan.findings).toContainEqual({ where, canary, form: 'text' })
    }
  }
}
