import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { StreamsError } from '../../streams/errors.ts'

type Level = ClassicLevel<string, unknown>

/** Undefined is removed. */
type Written = Map<string, unknown>

const FLUSH_MS = 50
/** Sorted in memory before it becomes a file; twice as much while one is written. The larger the files, the less often each key is merged (ADR 0059). */
const SORTED_BYTES = 32 << 20
const LOG_KEY = 'm:log'
/** Of the keys and of what stands under them. */
const FORMAT = 2
/** The file that names all others: a folder without it is new, or another build's. */
const LEVEL_ROOT = 'CURRENT'
/** Keys in each of two generations that are answered from memory: some 3,000 calls' each, 8 MB. */
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
 * in the log that it was read from with it. A kill loses the last batch, a power cut some more, and the log has them still. Keys come in no
 * order, which LevelDB writes one after the other nevertheless (ADR 0059).
 */
export class ViewStore {
  private readonly level: Level
  private written: Written = new Map()
  private flushing: Written = new Map()
  /** Nobody else writes here, so what it holds is true. */
  private readonly recent = new Recent()
  private timer: NodeJS.Timeout | null = null
  private flushed: Promise<void> = Promise.resolve()
  private failure: StreamsError | null = null

  private constructor(level: Level) {
    this.level = level
  }

  /**
   * `logId` tells the log of the view from every other: a view of another one is thrown away, and so is one that cannot be read or is of
   * another format.
   * @throws StreamsError VIEW_OWNED (stop) when another process has the folder.
   */
  static async open(folder: string, logId: string): Promise<ViewStore> {
    const log = `${FORMAT} ${logId}`
    if (existsSync(join(folder, LEVEL_ROOT))) {
      const held = await openHeld(folder)
      if (held?.getSync(LOG_KEY) === log) return new ViewStore(held)
      await held?.close()
    }
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const level = await openLevel(folder)
    await level.put(LOG_KEY, log)
    return new ViewStore(level)
  }

  get<T>(key: string): T | undefined {
    const recent = this.recent.get(key)
    if (recent !== undefined) return recent === ABSENT ? undefined : (recent as T)
    for (const written of [this.written, this.flushing]) if (written.has(key)) return written.get(key) as T | undefined
    const value = this.level.getSync(key)
    this.recent.set(key, value)
    return value as T | undefined
  }

  /** @throws StreamsError VIEW_FAILED (stop) once the disk has refused a batch: nothing more is kept then. */
  put(key: string, value: unknown): void {
    if (this.failure !== null) throw this.failure
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
  keys(start: string, end: string, limit: number): Promise<string[]> {
    return this.level.keys({ gte: start, lt: end, limit }).all()
  }

  async close(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer)
    await this.flushed
    if (this.failure === null) this.flush()
    await this.flushed
    await this.level.close()
  }

  /** One batch at a time; what comes meanwhile is the next. */
  private flush(): void {
    this.timer = null
    if (this.failure !== null) return
    if (this.flushing.size > 0) {
      this.timer = setTimeout(() => this.flush(), FLUSH_MS)
      return
    }
    const batch = this.written
    this.flushing = batch
    this.written = new Map()
    this.flushed = this.level
      .batch(
        [...batch].map(([key, value]) => (value === undefined ? { type: 'del', key } : { type: 'put', key, value })),
      )
      .then(() => {
        this.flushing = new Map()
      })
      .catch((error: Error) => {
        // The places of the batch are not on the disk either, so a new start reads it from the log again.
        const what = `the view in ${this.level.location} cannot be written: ${error.message}; make room there and start again`
        this.failure = new StreamsError('VIEW_FAILED', 'stop', what, {}, error)
      })
  }
}

async function openLevel(folder: string): Promise<Level> {
  const level: Level = new ClassicLevel(folder, { valueEncoding: 'json', writeBufferSize: SORTED_BYTES })
  await level.open()
  return level
}

/** Null when it is damaged. */
async function openHeld(folder: string): Promise<Level | null> {
  try {
    return await openLevel(folder)
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { readonly code?: string }
    if (code !== 'LEVEL_LOCKED') return null
    const what = `another process has the view in ${folder}; end it, or give this one another port (SLUICE_API_PORT)`
    throw new StreamsError('VIEW_OWNED', 'stop', what)
  }
}
