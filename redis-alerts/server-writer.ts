import type { Redis } from 'ioredis'
import type { ActionEntry, AlertEntry, ErasureEntry, LiveEntry } from './alert-store.ts'
import { accountMark } from './entry-json.ts'
import { type EntryWriter, offsetsOf } from './entry-writer.ts'
import { ALERTS_CHANNEL, actionsKey, alertKey, countKey, SHARED_KEYS } from './keys.ts'
import { ALERT_LIFE_MS, COUNT_LIFE_MS } from './lives.ts'
import { scriptsOf } from './scripts.ts'

type Digests = Readonly<Record<keyof ReturnType<typeof scriptsOf>, string>>

/** Writes to one server: one script an entry, so each is whole or not there. */
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
    const pipeline = this.redis.pipeline()
    for (const entry of entries) {
      const { keys, args } = callOf(entry)
      const { source, offset, previousOffset } = entry
      pipeline.evalsha(this.digests[entry.kind], keys.length, ...keys, source, offset, previousOffset, ...args)
    }
    const replies = (await pipeline.exec()) ?? []
    const failed = replies.find(([error]) => error !== null)
    if (failed !== undefined) throw failed[0]
  }

  async sweep(): Promise<void> {
    const { accounts, expiry } = SHARED_KEYS
    await this.redis.evalsha(this.digests.sweep, 2, accounts, expiry)
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
      return { keys: [SHARED_KEYS.offsets], args: [] }
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
