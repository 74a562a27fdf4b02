import { Redis } from 'ioredis'
import { type RedisTarget, redisOptions } from '../platform/redis-options.ts'
import { redisError } from './redis-errors.ts'

/** Connects and logs in; the owner closes it. @throws StreamsError as `redisError` has it. */
export async function connectRedis(target: RedisTarget): Promise<Redis> {
  const redis = new Redis({ ...redisOptions(target), retryStrategy: () => null })
  // The connection's own end says less than what led to it.
  let cause: unknown = null
  redis.on('error', (error: unknown) => {
    cause ??= error
  })
  try {
    await redis.connect()
    return redis
  } catch (error) {
    redis.disconnect()
    throw redisError(cause ?? error)
  }
}
