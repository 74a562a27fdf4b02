import type { Redis } from 'ioredis'
import { expect } from 'vitest'
import { CANARIES } from './canaries.ts'
import { CanaryScan } from './canary-scan.ts'

const READ: Readonly<Record<string, (redis: Redis, key: string) => Promise<string[]>>> = {
  string: async (redis, key) => [(await redis.get(key)) ?? ''],
  hash: async (redis, key) => Object.entries(await redis.hgetall(key)).flat(),
  set: (redis, key) => redis.smembers(key),
  zset: (redis, key) => redis.zrange(key, '0', '-1'),
  stream: async (redis, key) => (await redis.xrange(key, '-', '+')).flatMap(([, fields]) => fields),
}

/** Values by their kind. They are read one by one, since a dump compresses. */
export async function scanRedis(redis: Redis, scan: CanaryScan): Promise<ReadonlyMap<string, number>> {
  const kinds = new Map<string, number>()
  for (const key of await redis.keys('*')) {
    const kind = await redis.type(key)
    const read = READ[kind]
    if (read === undefined) throw new Error(`${key} is a ${kind}, which this scan cannot read`)
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    scan.raw(`${kind} key`, Buffer.from(key))
    for (const part of await read(redis, key)) scan.text(kind, part)
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
