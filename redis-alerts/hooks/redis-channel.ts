import type { Cluster, Redis } from 'ioredis'
import type { RedisTarget } from '../../platform/redis-options.ts'
import { connectRedis } from '../redis-connection.ts'
import { redisError } from '../redis-errors.ts'
import type { HookAction } from './hook-action.ts'
import { failed, type HookTarget, type TryResult } from './hook-target.ts'

/**
 * Publishes actions on a Redis channel. It is delivered once Redis has taken it: who is not subscribed then misses it, and
 * who is knows a repeat by its `action_id`.
 */
export class RedisChannel implements HookTarget {
  private readonly target: RedisTarget
  private readonly channel: string
  private connecting: Promise<Redis | Cluster> | null = null

  constructor(target: RedisTarget, channel: string) {
    this.target = target
    this.channel = channel
  }

  async deliver({ json }: HookAction): Promise<TryResult> {
    try {
      this.connecting ??= connectRedis(this.target)
      await (await this.connecting).publish(this.channel, json)
      return { delivered: true, status: null, detail: 'OK', retryAfterMs: null }
    } catch (error) {
      this.close()
      return failed(redisError(error).code)
    }
  }

  /** The next try connects anew. */
  close(): void {
    this.connecting?.then(
      (redis) => redis.disconnect(),
      () => {},
    )
    this.connecting = null
  }
}
