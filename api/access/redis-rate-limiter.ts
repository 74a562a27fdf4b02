import { hash } from 'node:crypto'
import type { Rate, RateLimiter, RateState } from './rate-limiter.ts'

/** Redis's own clock counts, so that instances with other clocks count alike. Answers: allowed, left, ms until one leaves. */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local count = redis.call('ZCARD', KEYS[1])
local allowed = 0
if count < limit then
  redis.call('ZADD', KEYS[1], now, ARGV[3])
  redis.call('PEXPIRE', KEYS[1], window)
  count = count + 1
  allowed = 1
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return { allowed, limit - count, (tonumber(oldest[2]) or now) + window - now }
`

/** What of a Redis client is used. */
export interface ScriptRunner {
  eval(script: string, keys: number, ...rest: readonly string[]): Promise<unknown>
}

export interface RedisRateLimiterOptions {
  readonly redis: ScriptRunner
  readonly rate: Rate
  /** Counts here, and more strictly, while Redis does not answer: nobody is let in uncounted. */
  readonly withoutRedis: RateLimiter
  /** Unique among all calls. */
  readonly newId: () => string
  /** Redis does not answer; told of every call that it was not there for. */
  readonly onUnanswered: (error: Error) => void
}

/** Counts the calls of all instances in one place, exactly: one script a call. */
export class RedisRateLimiter implements RateLimiter {
  private readonly options: RedisRateLimiterOptions

  constructor(options: RedisRateLimiterOptions) {
    this.options = options
  }

  async take(caller: string): Promise<RateState> {
    const { redis, rate, withoutRedis, newId, onUnanswered } = this.options
    const { limit, windowMs } = rate
    // A subject may be anything; Redis and its logs see a digest.
    const key = `api:rate:${hash('sha256', caller, 'base64url')}`
    try {
      const answer = await redis.eval(TAKE, 1, key, String(windowMs), String(limit), newId())
      const [allowed = 0, remaining = 0, resetMs = windowMs] = answer as number[]
      return { allowed: allowed === 1, limit, windowMs, remaining, resetMs }
    } catch (error) {
      onUnanswered(error as Error)
      return withoutRedis.take(caller)
    }
  }
}
