import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { LocalRateLimiter, type RateLimiter } from '../../../api/access/rate-limiter.ts'
import { RedisRateLimiter } from '../../../api/access/redis-rate-limiter.ts'
import type { ApiMetrics } from '../../../platform/api-metrics.ts'
import type { Config } from '../../../platform/config.ts'
import type { Logger } from '../../../platform/logger.ts'
import { redisOptions } from '../../../platform/redis-options.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { redisServer } from '../redis-target.ts'

const MINUTE_MS = 60_000
/** A call does not wait longer for its place in the rate; the local count takes over. */
const ANSWER_MS = 250
const SAID_AGAIN_MS = 60_000

/** The limiter that all instances share by the Redis of the settings; null when they name none, and each counts for itself. */
export async function openSharedLimiter(
  config: Config,
  logger: Pick<Logger, 'warn'>,
  metrics: Pick<ApiMetrics, 'limitedLocally'>,
): Promise<{ readonly limiter: RateLimiter; close(): void } | null> {
  if (config.redisUrl === '') return null
  const target = { ...redisServer(config, 'the counts of the rate limit'), commandTimeoutMs: ANSWER_MS }
  // What Redis does not take at once is counted here.
  const redis = new Redis({ ...redisOptions(target), lazyConnect: false, retryStrategy: () => ANSWER_MS })
  redis.on('error', () => {}) // Told at each call that it fails.
  let saidMs = Number.NEGATIVE_INFINITY
  const limiter = new RedisRateLimiter({
    redis: { eval: (script, keys, ...rest) => redis.eval(script, keys, ...rest) },
    rate: { limit: config.apiRate, windowMs: MINUTE_MS },
    withoutRedis: new LocalRateLimiter({ limit: config.apiRateWithoutRedis, windowMs: MINUTE_MS }, machineTime),
    newId: randomUUID,
    onUnanswered: (error) => {
      metrics.limitedLocally()
      if (machineTime.nowMs() - saidMs < SAID_AGAIN_MS) return
      saidMs = machineTime.nowMs()
      logger.warn({ error: error.message }, 'Redis does not answer; each instance counts for itself, more strictly')
    },
  })
  return { limiter, close: () => redis.disconnect() }
}
