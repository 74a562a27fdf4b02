import { Cluster, type Redis } from 'ioredis'
import type { RedisTarget } from '../platform/redis-options.ts'
import type { AlertStore, LiveEntry, StreamEntry, Subscription } from './alert-store.ts'
import { ClusterWriter } from './cluster-writer.ts'
import type { EntryWriter } from './entry-writer.ts'
import { ALERTS_CHANNEL, actionsKey, alertKey, countKey, SHARED_KEYS } from './keys.ts'
import { STREAM_ENTRIES_MAX } from './lives.ts'
import { connectRedis } from './redis-connection.ts'
import { redisError } from './redis-errors.ts'
import { ServerWriter } from './server-writer.ts'

const GATHER_MS = 15

/**
 * The store in Redis, one server or a cluster. It never reconnects by itself: after any error the owner closes it, waits, and
 * opens another, so that there is one place which decides when Redis is asked again.
 */
export class RedisAlertStore implements AlertStore {
  readonly gatherMs = GATHER_MS
  private readonly redis: Redis | Cluster
  private readonly writer: EntryWriter
  private readonly subscribers = new Set<Redis | Cluster>()

  private constructor(redis: Redis | Cluster, writer: EntryWriter) {
    this.redis = redis
    this.writer = writer
  }

  /** Connects, logs in and loads the scripts. @throws StreamsError as `redisError` has it. */
  static async open(target: RedisTarget, streamEntriesMax = STREAM_ENTRIES_MAX): Promise<RedisAlertStore> {
    const redis = await connectRedis(target)
    try {
      const writer =
        redis instanceof Cluster
          ? ClusterWriter.open(redis, streamEntriesMax)
          : ServerWriter.open(redis, streamEntriesMax)
      return new RedisAlertStore(redis, await writer)
    } catch (error) {
      redis.disconnect()
      throw redisError(error)
    }
  }

  positions(): Promise<ReadonlyMap<string, number>> {
    return this.ask(() => this.writer.positions())
  }

  write(entries: readonly LiveEntry[]): Promise<void> {
    return this.ask(() => this.writer.write(entries))
  }

  sweep(): Promise<void> {
    return this.ask(() => this.writer.sweep())
  }

  accounts(): Promise<readonly string[]> {
    return this.ask((redis) => redis.smembers(SHARED_KEYS.accounts))
  }

  alertOf(account: string): Promise<string | null> {
    return this.ask((redis) => redis.get(alertKey(account)))
  }

  async countOf(account: string): Promise<number | null> {
    const count = await this.ask((redis) => redis.get(countKey(account)))
    return count === null ? null : Number(count)
  }

  actionsOf(account: string): Promise<Readonly<Record<string, string>>> {
    return this.ask((redis) => redis.hgetall(actionsKey(account)))
  }

  async entriesAfter(id: string, limit: number): Promise<readonly StreamEntry[]> {
    const found = await this.ask((redis) => redis.xrange(SHARED_KEYS.stream, `(${id}`, '+', 'COUNT', limit))
    return found.map(([own, [kind, json]]) => ({ id: own, kind: kind as StreamEntry['kind'], json: json as string }))
  }

  lastErasure(): Promise<string | null> {
    return this.ask(() => this.writer.lastErasure())
  }

  /** Over a connection of its own, as Redis asks for. */
  async subscribe(listener: (json: string) => void): Promise<Subscription> {
    const subscriber = this.redis instanceof Cluster ? this.redis.duplicate() : this.redis.duplicate()
    // What ends it shows in the commands beside it.
    subscriber.on('error', () => {})
    this.subscribers.add(subscriber)
    subscriber.on('message', (_channel: string, json: string) => listener(json))
    try {
      await subscriber.connect()
      await subscriber.subscribe(ALERTS_CHANNEL)
    } catch (error) {
      subscriber.disconnect()
      throw redisError(error)
    }
    return {
      close: () => {
        this.subscribers.delete(subscriber)
        // What is still on its way is nobody's any more.
        subscriber.removeAllListeners('message')
        subscriber.disconnect()
      },
    }
  }

  close(): void {
    for (const connection of [this.redis, ...this.subscribers]) connection.disconnect()
  }

  private async ask<T>(command: (redis: Redis | Cluster) => Promise<T>): Promise<T> {
    try {
      return await command(this.redis)
    } catch (error) {
      throw redisError(error)
    }
  }
}
