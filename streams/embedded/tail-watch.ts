/** While batches keep coming the end is looked at this often; nobody wakes a reader of another process. */
const BUSY_MS = 1
/** Once nothing new has come for a while it is looked at this often. */
const IDLE_MS = 10
const LOOKS_UNTIL_IDLE = 500

/** A reader that waits, asked whether it has what it waits for (served) or has waited long enough (expired). */
export type TailWaiter = (nowMs: number) => 'waits' | 'served' | 'expired'

/**
 * One timer for all waiting readers of a log. Appends of the same process wake them at once, those of other processes
 * are seen by looking.
 */
export class TailWatch {
  private readonly refresh: () => void
  private readonly nowMs: () => number
  private readonly waiters = new Set<TailWaiter>()
  private timer: NodeJS.Timeout | null = null
  private looks = 0

  /** `refresh` lets reads see the newest commit. `nowMs` is monotonic: it measures waits. */
  constructor(refresh: () => void, nowMs: () => number) {
    this.refresh = refresh
    this.nowMs = nowMs
  }

  /** Adds a waiter; it is gone once it no longer waits. */
  add(waiter: TailWaiter): void {
    this.waiters.add(waiter)
    this.timer ??= setTimeout(this.look, this.pauseMs())
  }

  /** Something was appended: asks every waiter now. */
  readonly wake = (): void => {
    if (this.waiters.size === 0) return
    this.refresh()
    const nowMs = this.nowMs()
    for (const waiter of this.waiters) {
      const state = waiter(nowMs)
      if (state === 'waits') continue
      this.waiters.delete(waiter)
      if (state === 'served') this.looks = 0
    }
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    this.waiters.clear()
  }

  private readonly look = (): void => {
    this.looks++
    this.wake()
    this.timer = this.waiters.size === 0 ? null : setTimeout(this.look, this.pauseMs())
  }

  private pauseMs(): number {
    return this.looks < LOOKS_UNTIL_IDLE ? BUSY_MS : IDLE_MS
  }
}
