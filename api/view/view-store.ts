import { open, type RootDatabase } from 'lmdb'

/** Undefined is removed. */
type Written = Map<string, unknown>

const MAP_BYTES = 64 * 2 ** 30
const READERS_MAX = 16
const FLUSH_MS = 50
const LOG_KEY = 'm:log'
/** Keys in each of two generations that are answered from memory: some 2,000 calls' each, 8 MB. */
const RECENT_MAX = 16_384
const ABSENT = Symbol('absent')

/**
 * What was asked for or written of late, what is not there among it, since most questions about a new call are of that kind and the disk
 * knows no cheap answer to them. Two generations; when the young one is full the elder goes.
 */
class Recent {
  private young = new Map<string, unknown>()
  private elder = new Map<string, unknown>()

  /** Undefined when nothing is known of the key, ABSENT when it is known not to be there. */
  get(key: string): unknown {
    return this.young.get(key) ?? this.elder.get(key)
  }

  set(key: string, value: unknown): void {
    if (this.young.size >= RECENT_MAX) {
      this.elder = this.young
      this.young = new Map()
    }
    this.young.set(key, value ?? ABSENT)
  }
}

/**
 * The embedded store of a view: what was applied is read back at once and reaches the disk in whole batches a moment later, the places
 * in the log that it was read from with it. A kill loses the last batch, and the log has it still.
 */
export class ViewStore {
  private readonly store: RootDatabase<unknown, string>
  private written: Written = new Map()
  private flushing: Written = new Map()
  /** Nobody else writes here, so what it holds is true. */
  private readonly recent = new Recent()
  private timer: NodeJS.Timeout | null = null
  private flushed: Promise<void> = Promise.resolve()
  /** Why the disk takes no more; null while it does. */
  failure: Error | null = null

  /** `logId` tells the log of the view from every other: a view of another one is thrown away. */
  constructor(folder: string, logId: string) {
    // Address space, not disk: the view's own bound is on what it holds.
    this.store = open({ path: folder, mapSize: MAP_BYTES, maxReaders: READERS_MAX, noMemInit: true })
    if (this.store.get(LOG_KEY) === logId) return
    this.store.clearSync()
    this.store.putSync(LOG_KEY, logId)
  }

  get<T>(key: string): T | undefined {
    const recent = this.recent.get(key)
    if (recent !== undefined) return recent === ABSENT ? undefined : (recent as T)
    for (const written of [this.written, this.flushing]) if (written.has(key)) return written.get(key) as T | undefined
    const value = this.store.get(key)
    this.recent.set(key, value)
    return value as T | undefined
  }

  put(key: string, value: unknown): void {
    this.written.set(key, value)
    this.recent.set(key, value)
    this.timer ??= setTimeout(() => this.flush(), FLUSH_MS)
  }

  /** Says that nothing stands under the key, so that nobody looks for it on the disk. */
  knowAbsent(key: string): void {
    this.recent.set(key, undefined)
  }

  remove(key: string): void {
    this.put(key, undefined)
  }

  /** Keys on the disk from `start` to before `end`, in order, at most `limit`: what was applied in the last moment is not among them. */
  keys(start: string, end: string, limit: number): string[] {
    return [...this.store.getKeys({ start, end, limit })]
  }

  count(start: string, end: string): number {
    return this.store.getKeysCount({ start, end })
  }

  async close(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer)
    await this.flushed
    this.flush()
    await this.flushed
    await this.store.close()
  }

  /** One batch at a time; what comes meanwhile is the next. */
  private flush(): void {
    this.timer = null
    if (this.flushing.size > 0) {
      this.timer = setTimeout(() => this.flush(), FLUSH_MS)
      return
    }
    const batch = this.written
    this.flushing = batch
    this.written = new Map()
    this.flushed = this.write(batch)
      .catch((error: Error) => {
        // The places of the batch are not on the disk either, so a new start reads it from the log again.
        this.failure = error
      })
      .then(() => {
        if (this.failure !== null) return
        this.store.resetReadTxn()
        this.flushing = new Map()
      })
  }

  private async write(batch: Written): Promise<void> {
    await this.store.batch(() => {
      for (const [key, value] of batch) {
        if (value === undefined) void this.store.remove(key)
        else void this.store.put(key, value)
      }
    })
  }
}
