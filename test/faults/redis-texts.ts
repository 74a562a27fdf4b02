import { Redis } from 'ioredis'

const READ: Readonly<Record<string, (redis: Redis, key: string) => Promise<string[]>>> = {
  string: async (redis, key) => [(await redis.get(key)) ?? ''],
  hash: async (redis, key) => Object.entries(await redis.hgetall(key)).flat(),
  set: (redis, key) => redis.smembers(key),
  zset: (redis, key) => redis.zrange(key, '0', '-1'),
  stream: async (redis, key) => (await redis.xrange(key, '-', '+')).flatMap(([, fields]) => fields),
}

/** A key of a Redis and the parts of its value. They are read one by one, since a dump compresses. */
export interface RedisValue {
  readonly kind: string
  readonly key: string
  readonly parts: readonly string[]
}

/** All that a Redis holds. */
export async function redisValues(redis: Redis): Promise<RedisValue[]> {
  const values: RedisValue[] = []
  for (const key of await redis.keys('*')) {
    const kind = await redis.type(key)
    const read = READ[kind]
    if (read === undefined) throw new Error(`${key} is a ${kind}, which this scan cannot read`)
    values.push({ kind, key, parts: await read(redis, key) })
  }
  return values
}

/** The same of the server at `url`, as texts. */
export async function redisTexts(url: string): Promise<string[]> {
  const redis = new Redis(url)
  try {
    return (await redisValues(redis)).flatMap(({ key, parts }) => [key, ...parts])
  } finally {
    redis.disconnect()
  }
}
