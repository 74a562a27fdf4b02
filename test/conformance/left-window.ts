import { StoreSet } from '../../streams/state/overlay.ts'
import { NO_ENTRY, WindowStore } from '../../streams/state/window-store.ts'

/** What is said of one record on its arrival. */
export interface Sighting {
  /** Records of the key in [t - D, t], this one included. */
  readonly count: number
  readonly late: boolean
  /** Mean of the values in that window. */
  readonly mean: number
  /** By label: windows of later records that this one, out of order, has changed. */
  readonly revised: ReadonlyMap<string, number>
}

/**
 * The velocity of SPEC V1, V3 and V4 with its window D and its grace as parameters, over the product's own window store.
 * Kafka Streams aggregates every window that a record falls into; velocity is the one of them that ends at the record.
 */
export class LeftWindowCount {
  streamTimeMs = -1
  lateRecords = 0
  latenessMsMax = 0
  latenessMsTotal = 0
  private readonly windowMs: number
  private readonly graceMs: number
  private readonly heldMs: number
  private readonly heads = new Map<string, number>()
  private readonly entries = new WindowStore({
    name: 'windows',
    doubles: 1,
    ints: 0,
    idBytesMax: 32,
    maxRows: 1_000,
    setting: 'maxRows',
    place: { topic: 'conformance' },
  })
  private readonly set = new StoreSet([this.entries.rows])

  /** Records are held for `heldMs` behind stream time; by default for as long as one that is on time can ask for them. */
  constructor(windowMs: number, graceMs: number, heldMs = windowMs + graceMs) {
    this.windowMs = windowMs
    this.graceMs = graceMs
    this.heldMs = heldMs
  }

  /** One record; `label` is what windows are read back by. */
  arrive(key: string, timeMs: number, label = `${key}@${timeMs}`, value = 0): Sighting {
    const { entries, windowMs } = this
    this.streamTimeMs = Math.max(this.streamTimeMs, timeMs)
    const late = timeMs < this.streamTimeMs - this.graceMs
    this.meter(timeMs, late)
    const before = this.heads.get(key) ?? NO_ENTRY
    const window = this.between(key, timeMs - windowMs, timeMs)
    const mean = [...window, { value }].reduce((sum, one) => sum + one.value, 0) / (window.length + 1)
    const sighting = { count: window.length + 1, late, mean }
    if (late) return { ...sighting, revised: new Map() }
    this.set.open()
    const head = entries.trim(before, this.streamTimeMs - this.heldMs)
    const entry = entries.insert(head, timeMs)
    entries.setDouble(entry, 0, value)
    const id = Buffer.from(label)
    entries.setId(entry, id, 0, id.length)
    this.heads.set(key, entries.headAfter(head, entry))
    this.set.seal()
    this.set.mergeOldest()
    const after = this.between(key, timeMs + 1, timeMs + windowMs)
    const revised = new Map(
      after.map((one) => [one.label, this.between(key, one.timeMs - windowMs, one.timeMs).length] as const),
    )
    return { ...sighting, revised }
  }

  /** The labels that the store holds in [fromMs, toMs], oldest first. */
  window(key: string, fromMs: number, toMs: number): string {
    return this.between(key, fromMs, toMs)
      .map(({ label }) => label)
      .join('')
  }

  /** How many records the store holds in [fromMs, toMs]. */
  countBetween(key: string, fromMs: number, toMs: number): number {
    return this.entries.countBetween(this.heads.get(key) ?? NO_ENTRY, fromMs, toMs)
  }

  private meter(timeMs: number, late: boolean): void {
    const latenessMs = this.streamTimeMs - timeMs
    if (late) this.lateRecords++
    this.latenessMsTotal += latenessMs
    this.latenessMsMax = Math.max(this.latenessMsMax, latenessMs)
  }

  private between(key: string, fromMs: number, toMs: number) {
    const { entries } = this
    const found: { readonly label: string; readonly timeMs: number; readonly value: number }[] = []
    for (let entry = this.heads.get(key) ?? NO_ENTRY; entry !== NO_ENTRY; entry = entries.older(entry)) {
      const timeMs = entries.timeMs(entry)
      if (timeMs < fromMs || timeMs > toMs) continue
      const start = entries.idStart(entry)
      const label = Buffer.from(entries.idSource(entry).subarray(start, start + entries.idLength(entry))).toString()
      found.push({ label, timeMs, value: entries.double(entry, 0) })
    }
    return found.reverse()
  }
}
