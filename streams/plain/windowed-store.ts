import type { StreamTime } from '../stream-time.ts'
import { EntryTable, type TableBounds, tableKey } from './entry-table.ts'
import { type KeyValueSettings, requireBytes } from './key-value-store.ts'
import { defineStore, type StoreDeclaration } from './store.ts'
import { misuse } from './topic.ts'

/** Entries that one expiry frees at most, so that no commit waits long for it. */
const EXPIRED_TOGETHER = 1_024
/** Characters of a table key before the record key: the window's number, in base 36 and padded so that all are as long. */
const NUMBER_CHARACTERS = 11

/** A tumbling window, in ms of event time: `startMs` belongs to it, `endMs` to the next. */
export interface Window {
  readonly startMs: number
  readonly endMs: number
}

/** How windows are cut: each is `windowMs` long and takes records until stream time is `graceMs` past its end. */
export interface WindowSettings<K, V> extends KeyValueSettings<K, V>, TableBounds {
  readonly windowMs: number
  readonly graceMs: number
}

/** The latest value of each key in each open window, of one partition. */
export interface WindowedStore<K, V> {
  /** The window that an event time falls into, or null when it is closed: the record comes too late. */
  window(timestampMs: number): Window | null
  /** Undefined when the key has none, and once the window is closed. */
  get(key: K, window: Window): V | undefined
  /** @throws StreamsError STORE_FULL or ENTRY_TOO_LARGE (stop) at the store's bounds, MISUSE for a closed window. */
  set(key: K, window: Window, value: V): void
}

/** Declares a store of values by key and tumbling window. Closed windows leave it by themselves. */
export function windowedStore<K, V>(
  name: string,
  settings: WindowSettings<K, V>,
): StoreDeclaration<WindowedStore<K, V>> {
  const { windowMs, graceMs } = settings
  if (!(Number.isInteger(windowMs) && windowMs >= 1)) throw misuse(`windowMs of store ${name} is at least 1`)
  if (!(Number.isInteger(graceMs) && graceMs >= 0)) throw misuse(`graceMs of store ${name} is at least 0`)
  return defineStore(name, (streamTime) => {
    const table = new EntryTable(name, settings)
    const handle = new TableWindows(table, settings, streamTime)
    return { table, handle, expire: (all) => handle.expire(all) }
  })
}

class TableWindows<K, V> implements WindowedStore<K, V> {
  private readonly table: EntryTable
  private readonly settings: WindowSettings<K, V>
  private readonly streamTime: StreamTime
  /** Table keys by the start of their window: all that are in the table, and some that are no longer. */
  private index: Map<number, Set<string>> | null = null

  constructor(table: EntryTable, settings: WindowSettings<K, V>, streamTime: StreamTime) {
    this.table = table
    this.settings = settings
    this.streamTime = streamTime
  }

  window(timestampMs: number): Window | null {
    const { windowMs } = this.settings
    if (!(timestampMs >= 0)) throw misuse(`store ${this.table.name}: ${timestampMs} is no event time`)
    const startMs = Math.floor(timestampMs / windowMs) * windowMs
    return this.isClosed(startMs, this.streamTime.ms) ? null : { startMs, endMs: startMs + windowMs }
  }

  get(key: K, { startMs }: Window): V | undefined {
    if (this.isClosed(startMs, this.streamTime.ms)) return undefined
    const encoded = this.table.get(this.tableKey(startMs, key))
    return encoded === undefined ? undefined : this.settings.value.decode(encoded)
  }

  set(key: K, { startMs }: Window, value: V): void {
    const { name } = this.table
    if (this.isClosed(startMs, this.streamTime.ms)) throw misuse(`store ${name}: the window of ${startMs} is closed`)
    const at = this.tableKey(startMs, key)
    if (this.table.full && this.table.get(at) === undefined) this.reclaim()
    this.table.set(at, requireBytes(name, this.settings.value.encode(value)))
    this.keysOf(startMs).add(at)
  }

  /**
   * Frees entries of windows that are closed by committed stream time. Stream time never falls below that, and a closed
   * window cannot be read, so this changes no result, whenever it runs.
   */
  expire(all: boolean): void {
    let left = all ? Number.POSITIVE_INFINITY : EXPIRED_TOGETHER
    for (const [startMs, keys] of this.indexed()) {
      if (!this.isClosed(startMs, this.streamTime.committedMs)) continue
      for (const key of keys) {
        if (left-- === 0) return
        this.table.purge(key)
        keys.delete(key)
      }
      this.indexed().delete(startMs)
    }
  }

  /**
   * Makes room at the bound, by the stream time of this very record, so that whether a store is full follows from the
   * records alone and not from when commits happened. An overlay that is dropped brings the entries back.
   */
  private reclaim(): void {
    for (const [startMs, keys] of this.indexed()) {
      if (!this.isClosed(startMs, this.streamTime.ms)) continue
      for (const key of keys) this.table.delete(key)
    }
  }

  /** As Kafka Streams has it: a window is open while its end lies after stream time minus grace. */
  private isClosed(startMs: number, streamTimeMs: number): boolean {
    return startMs + this.settings.windowMs <= streamTimeMs - this.settings.graceMs
  }

  private tableKey(startMs: number, key: K): string {
    const { name } = this.table
    const number = startMs / this.settings.windowMs
    if (!(Number.isInteger(number) && number >= 0)) throw misuse(`store ${name}: no window starts at ${startMs}`)
    return windowPrefix(number) + tableKey(requireBytes(name, this.settings.key.encode(key)))
  }

  private keysOf(startMs: number): Set<string> {
    const keys = this.indexed().get(startMs)
    if (keys !== undefined) return keys
    const created = new Set<string>()
    this.indexed().set(startMs, created)
    return created
  }

  /** Made when first asked for, which is after a checkpoint has filled the table. */
  private indexed(): Map<number, Set<string>> {
    if (this.index !== null) return this.index
    this.index = new Map()
    for (const key of this.table.keys()) this.keysOf(windowNumber(key) * this.settings.windowMs).add(key)
    return this.index
  }
}

function windowPrefix(number: number): string {
  return number.toString(36).padStart(NUMBER_CHARACTERS, '0')
}

function windowNumber(key: string): number {
  return Number.parseInt(key.slice(0, NUMBER_CHARACTERS), 36)
}
