const TICK_MS = 20
/** How much of the last tick's delay counts: one long turn is soon forgotten, a queue is not. */
const WEIGHT = 0.5
/** How late the process usually is, these tell. */
const TICKS = 5

/** How late this process comes to what is due, ms: while it has more to do than it can, every request waits so long before it is seen. */
export class LoopDelay {
  private delayMs = 0
  private dueMs: number
  private readonly last: number[] = new Array(TICKS).fill(0)
  private readonly timer: NodeJS.Timeout
  private readonly monotonicMs: () => number

  constructor(monotonicMs: () => number) {
    this.monotonicMs = monotonicMs
    this.dueMs = monotonicMs() + TICK_MS
    this.timer = setInterval(() => this.tick(), TICK_MS)
    this.timer.unref()
  }

  /** The smoothed delay, or the one of a tick that is overdue now. */
  get ms(): number {
    return Math.max(this.delayMs, this.monotonicMs() - this.dueMs)
  }

  /** The median of the last ticks, 100 ms or more: high while work stands all the time, whereas a pause, however long, makes one tick late. */
  get usualMs(): number {
    return this.last.toSorted((a, b) => a - b)[Math.floor(TICKS / 2)] ?? 0
  }

  close(): void {
    clearInterval(this.timer)
  }

  private tick(): void {
    const nowMs = this.monotonicMs()
    const lateMs = Math.max(0, nowMs - this.dueMs)
    this.delayMs = (1 - WEIGHT) * this.delayMs + WEIGHT * lateMs
    this.last.shift()
    this.last.push(lateMs)
    this.dueMs = nowMs + TICK_MS
  }
}
