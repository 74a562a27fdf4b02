import { invariant } from './errors.ts'
import type { TransactionalStore } from './state/overlay.ts'

/** The stream time of one task: the highest event time of a record that it has decided. Never falls but by a dropped overlay. */
export class StreamTime implements TransactionalStore {
  /** Epoch ms; -1 before the first record. A double from the start, so that V8 never changes the field's form. */
  ms: number = -1.5
  /** How far records were behind stream time, ms: all together, and at most. Measured since the stores were made, never stored. */
  latenessMsTotal: number = 0
  latenessMsMax: number = 0
  private readonly before: number[] = []

  constructor(ms = -1) {
    this.ms = ms
  }

  /** Moves on to `eventTimeMs` if that is later. */
  advance(eventTimeMs: number): void {
    const latenessMs = this.ms - eventTimeMs
    if (latenessMs <= 0) {
      this.ms = eventTimeMs
      return
    }
    this.latenessMsTotal += latenessMs
    if (latenessMs > this.latenessMsMax) this.latenessMsMax = latenessMs
  }

  /** Stream time as of the last merge: what expiry may go by. */
  get committedMs(): number {
    return this.before[0] ?? this.ms
  }

  openOverlay(): void {
    this.before.push(this.ms)
  }

  mergeOldest(): void {
    invariant(this.before.shift() !== undefined, 'no overlay to merge')
  }

  dropYoungest(): void {
    const ms = this.before.pop()
    invariant(ms !== undefined, 'no overlay to drop')
    this.ms = ms
  }
}
