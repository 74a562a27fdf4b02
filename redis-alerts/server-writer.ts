import type { Redis } from 'ioredis'
import type { LiveEntry } from './alert-store.ts'
import { accountMark } from './entry-json.ts'
import { type EntryWriter, offsetsOf } from './entry-writer.ts'
import { ALERTS_CHANNEL, actionsKey, alertKey, countKey, SHARED_KEYS } from './keys.ts'
import { ALERT_LIFE_MS, COUNT_LIFE_MS } from './lives.ts'
import { PRUNED_MAX, scriptsOf } from './scripts.ts'

type Digests = Readonly<Record<keyof ReturnType<typeof scriptsOf>, string>>

/** A script holds up whoever else asks that Redis, so one call writes at most so many: about a millisecond. */
const CALL_ENTRIES_MAX = 100

/** Writes to one server: one script for a stretch of entries, each of which is whole or not there (ADR 0053). */
export class ServerWriter implements EntryWriter {
  private readonly redis: Redis
  private readonly digests: Digests

  private constructor(redis: Redis, digests: Digests) {
    this.redis = redis
    this.digests = digests
  }

  /** Loads the scripts. */
  static async open(redis: Redis, streamEntriesMax: number): Promise<ServerWriter> {
    const scripts = Object.entries(scriptsOf(streamEntriesMax))
    const digests = scripts.map(async ([name, lua]) => [name, await redis.script('LOAD', lua)])
    return new ServerWriter(redis, Object.fromEntries(await Promise.all(digests)))
  }

  async positions(): Promise<ReadonlyMap<string, number>> {
    return offsetsOf(await this.redis.hgetall(SHARED_KEYS.offsets))
  }

  async write(entries: readonly LiveEntry[]): Promise<void> {
    const { offsets, stream, accounts, expiry, erasure } = SHARED_KEYS
    for (let at = 0; at < entries.length; at += CALL_ENTRIES_MAX) {
      const keys: string[] = [offsets, stream, accounts, expiry, erasure]
      const args: (string | number)[] = [ALERTS_CHANNEL]
      for (const entry of entries.slice(at, at + CALL_ENTRIES_MAX)) put(entry, keys, args)
      // One after the other: an erasure must not get past what a call before it could not write.
      await this.redis.evalsha(this.digests.write, keys.length, ...keys, ...args)
    }
  }

  async sweep(): Promise<void> {
    const { accounts, expiry } = SHARED_KEYS
    while (Number(await this.redis.evalsha(this.digests.sweep, 2, accounts, expiry)) === PRUNED_MAX);
  }

  lastErasure(): Promise<string | null> {
    return this.redis.get(SHARED_KEYS.erasure)
  }
}

/** Puts what the script is given of an entry behind what it has. */
function put(entry: LiveEntry, keys: string[], args: (string | number)[]): void {
  const { kind, source, offset, previousOffset } = entry
  args.push(kind, source, offset, previousOffset)
  if (kind === 'alert') {
    const { account, eventTimeMs, fraudCount, json } = entry
    const name = account ?? ''
    keys.push(alertKey(name), countKey(name))
    args.push(json, name, eventTimeMs + ALERT_LIFE_MS, eventTimeMs + COUNT_LIFE_MS, fraudCount)
  } else if (kind === 'action') {
    keys.push(actionsKey(entry.account))
    args.push(entry.json, entry.field, entry.endsMs)
  } else if (kind === 'erasure') {
    const { account } = entry
    keys.push(alertKey(account), countKey(account), actionsKey(account))
    args.push(account, accountMark(account))
  }
}
