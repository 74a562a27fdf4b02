import type { Redis } from 'ioredis'
import type { RedisTarget } from '../platform/redis-options.ts'
import type {
  ActionEntry,
  AlertEntry,
  AlertStore,
  ErasureEntry,
  LiveEntry,
  PassedEntry,
  StreamEntry,
  Subscription,
} from './alert-store.ts'
import { accountMark } from './entry-json.ts'
import { ALERTS_CHANNEL, actionsKey, alertKey, countKey, SHARED_KEYS } from './keys.ts'
import { ALERT_LIFE_MS, COUNT_LIFE_MS, STREAM_ENTRIES_MAX } from './lives.ts'
import { connectRedis } from './redis-connection.ts'
import { redisError } from './redis-errors.ts'
import { scriptsOf } from './scripts.ts'

type Digests = Readonly<Record<keyof ReturnType<typeof scriptsOf>, string>>

/**
 * The store in Redis, over one connection. It never reconnects by itself: after any error the owner closes it, waits, and
 * opens another, so that there is one place which decides when Redis is asked again.
 */
export class RedisAlertStore implements AlertStore {
  private readonly redis: Redis
  private readonly digests: Digests
  private readonly subscribers = new Set<Redis>()

  private constructor(redis: Redis, digests: Digests) {
    this.redis = redis
    this.digests = digests
  }

  /** Connects, logs in and loads the scripts. @throws StreamsError as `redisError` has it. */
  static async open(target: RedisTarget, streamEntriesMax = STREAM_ENTRIES_MAX): Promise<RedisAlertStore> {
    const redis = await connectRedis(target)
    try {
      const scripts = Object.entries(scriptsOf(streamEntriesMax))
      const digests = scripts.map(async ([name, lua]) => [name, await redis.script('LOAD', lua)])
      return new RedisAlertStore(redis, Object.fromEntries(await Promise.all(digests)))
    } catch (error) {
      redis.disconnect()
      throw redisError(error)
    }
  }

  async positions(): Promise<ReadonlyMap<string, number>> {
    const held = await this.ask((redis) => redis.hgetall(SHARED_KEYS.offsets))
    return new Map(Object.entries(held).map(([source, offset]) => [source, Number(offset)]))
  }

  async write(entries: readonly LiveEntry[]): Promise<void> {
    const pipeline = this.redis.pipeline()
    for (const entry of entries) {
      const { keys, args } = callOf(entry)
      const { source, offset, previousOffset } = entry
      pipeline.evalsha(this.digests[entry.kind], keys.length, ...keys, source, offset, previousOffset, ...args)
    }
    const replies = (await this.ask(() => pipeline.exec())) ?? []
    const failed = replies.find(([error]) => error !== null)
    if (failed !== undefined) throw redisError(failed[0])
  }

  async sweep(): Promise<void> {
    const { accounts, expiry } = SHARED_KEYS
    await this.ask((redis) => redis.evalsha(this.digests.sweep, 2, accounts, expiry))
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

  /** Over a connection of its own, as Redis asks for. */
  async subscribe(listener: (json: string) => void): Promise<Subscription> {
    const subscriber = this.redis.duplicate()
    // What ends it shows in the commands beside it.
    subscriber.on('error', () => {})
    this.subscribers.add(subscriber)
    subscriber.on('message', (_channel, json: string) => listener(json))
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

  private async ask<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await command(this.redis)
    } catch (error) {
      throw redisError(error)
    }
  }
}

/** What a script is given besides the entry's source. */
function callOf(entry: LiveEntry): { readonly keys: readonly string[]; readonly args: readonly (string | number)[] } {
  switch (entry.kind) {
    case 'alert':
      return alertCall(entry)
    case 'action':
      return actionCall(entry)
    case 'erasure':
      return erasureCall(entry)
    case 'passed':
      return passCall(entry)
  }
}

function alertCall({ account, eventTimeMs, fraudCount, json }: AlertEntry) {
  const { offsets, stream, accounts, expiry } = SHARED_KEYS
  const name = account ?? ''
  return {
    keys: [offsets, stream, accounts, expiry, alertKey(name), countKey(name)],
    args: [json, name, eventTimeMs + ALERT_LIFE_MS, eventTimeMs + COUNT_LIFE_MS, fraudCount, ALERTS_CHANNEL],
  }
}

function actionCall({ account, field, endsMs, json }: ActionEntry) {
  const { offsets, stream } = SHARED_KEYS
  return { keys: [offsets, stream, actionsKey(account)], args: [json, field, endsMs] }
}

function erasureCall({ account }: ErasureEntry) {
  const { offsets, stream, accounts, expiry } = SHARED_KEYS
  const own = [alertKey(account), countKey(account), actionsKey(account)]
  return { keys: [offsets, stream, accounts, expiry, ...own], args: [account, accountMark(account)] }
}

function passCall(_entry: PassedEntry) {
  return { keys: [SHARED_KEYS.offsets], args: [] }
}
