import type { HashKernel, KeyedHash } from '../../streams/hash/index.ts'
import { JsonSection } from '../../streams/state/json-section.ts'
import { StoreSet } from '../../streams/state/overlay.ts'
import { RowSection } from '../../streams/state/row-section.ts'
import { RowStore } from '../../streams/state/row-store.ts'
import type { CheckpointedStore } from '../../streams/state/section.ts'
import type { TaskStores } from '../../streams/state/task-stores.ts'
import { ValueStore } from '../../streams/state/value-store.ts'
import { StreamTime } from '../../streams/stream-time.ts'

export const MINUTE_MS = 60_000
/** How long after its end a minute still takes readings, by stream time. */
const GRACE_MS = 30_000
/** Rows that one sweep looks at. */
const SWEPT = 256

// Fields of a row, in doubles.
const START = 0
const COUNT = 1
const SUM = 2
const ROW_BYTES = 24

/** What the minutes are made with. */
export interface MinuteTools {
  readonly kernel: HashKernel
  readonly hash: KeyedHash
  /** Minutes of all sensors that are open at a time, at most. */
  readonly minutesMax: number
}

/** One row per sensor and minute, until the minute is closed and swept. */
export class MinuteStores implements TaskStores {
  readonly set: StoreSet
  readonly sections: readonly CheckpointedStore[]
  readonly arena: Uint8Array
  readonly streamTime = new StreamTime()
  private readonly hash: KeyedHash
  private readonly rows: RowStore
  /** Minutes that start before this are closed: their readings are refused. */
  private readonly closedBeforeMs = new ValueStore(0)

  constructor(partition: number, { kernel, hash, minutesMax }: MinuteTools) {
    const place = { topic: 'sensor.readings', partition }
    const setting = 'minutesMax'
    this.arena = kernel.arena
    this.hash = hash
    this.rows = new RowStore({ name: 'minutes', rowBytes: ROW_BYTES, keyed: true, maxRows: minutesMax, setting, place })
    this.set = new StoreSet([this.streamTime, this.rows, this.closedBeforeMs])
    const small = {
      read: () => [this.streamTime.ms, this.closedBeforeMs.get()],
      write: (value: unknown) => {
        const [streamTimeMs, closedBeforeMs] = value as [number, number]
        this.streamTime.advance(streamTimeMs)
        this.closedBeforeMs.set(closedBeforeMs)
      },
    }
    this.sections = [new RowSection(this.rows), new JsonSection('times', small)]
  }

  get streamTimeMs(): number {
    return this.streamTime.ms
  }

  get openMinutes(): number {
    return this.rows.size
  }

  isClosed(minuteMs: number): boolean {
    return minuteMs < this.closedBeforeMs.get()
  }

  /** Adds a reading to its minute. Answers the minute's row, for `count` and `sum`. */
  add(keyAt: number, keyLength: number, minuteMs: number, value: number): number {
    const { rows } = this
    this.hash.hash(keyAt, keyLength)
    const { words } = this.hash
    const minute = words[3]! ^ (minuteMs / MINUTE_MS)
    const found = rows.find(words[0]!, words[1]!, words[2]!, minute)
    const row = found < 0 ? rows.insert(words[0]!, words[1]!, words[2]!, minute) : found
    if (found >= 0) rows.writable(row)
    const base = rows.base(row) >> 1
    const doubles = rows.doubles(row)
    doubles[base + START] = minuteMs
    doubles[base + COUNT]! += 1
    doubles[base + SUM]! += value
    return row
  }

  count(row: number): number {
    return this.field(row, COUNT)
  }

  sum(row: number): number {
    return this.field(row, SUM)
  }

  /** Closes the minutes that ended a grace ago. Part of the fold: it decides which readings are refused. */
  closeMinutes(streamTimeMs: number): void {
    this.closedBeforeMs.set(Math.floor((streamTimeMs - GRACE_MS) / MINUTE_MS) * MINUTE_MS)
  }

  /** Frees some closed minutes. Nobody asks for them any more, so this changes no result. */
  sweep(): void {
    this.rows.sweep(SWEPT, (row) => this.isClosed(this.field(row, START)))
  }

  expire(all: boolean): void {
    if (all) this.rows.sweep(this.rows.end, (row) => this.isClosed(this.field(row, START)))
  }

  /** Of everything that the stores hold. */
  digest(): string {
    const minutes = this.rows.digest((row, digest) => {
      digest.double(this.count(row))
      digest.double(this.sum(row))
    })
    return `${minutes}-${this.streamTime.ms}-${this.closedBeforeMs.get()}`
  }

  private field(row: number, field: number): number {
    return this.rows.doubles(row)[(this.rows.base(row) >> 1) + field] as number
  }
}
