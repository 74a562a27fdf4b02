import { Redis } from 'ioredis'

/** Every key of a Redis with all that it holds, as text: what a reader of any type is told. */
export async function redisTexts(url: string): Promise<string[]> {
  const redis = new Redis(url)
  try {
    const texts: string[] = []
    for (const key of await redis.keys('*')) texts.push(`${key} ${JSON.stringify(await held(redis, key))}`)
    return texts
  } finally {
    redis.disconnect()
  }
}

async function held(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key)
  switch (type) {
    case 'string':
      return redis.get(key)
    case 'hash':
      return redis.hgetall(key)
    case 'set':
      return redis.smembers(key)
    case 'zset':
      return redis.zrange(key, '0', '-1')
    case 'stream':
      return redis.xrange(key, '-', '+')
    default:
      // Another type would be passed over in silence.
      throw new Error(`${key} is a ${type}`)
  }
}
