/** Once nothing new has come for a while it is looked at this often. */
const IDLE_MS = 10
const LOOKS_UNTIL_IDLE = 500

/** A reader that waits for something appended, or for its time to be over. */
export interface TailWaiter {
  readonly untilMs: number
  /** True when what it waits for is there, or never will be. */
  served(): boolean
  /** Called once, when it waits no longer. */
  done(): void
}

/** What is watched. */
export interface Tail {
  /** A number that changes with every append to the log, seen in its newest commit. */
  version(): number
  /** Monotonic: it measures waits. */
  nowMs(): number
  /** While batches keep coming the end is looked at this often: nobody wakes a reader of another process. */
  readonly lookMs: number
}

/**
 * One timer for all waiting readers of a log. Appends of the same process wake them at once; those of other processes
 * are seen by looking at one value, however many wait.
 */
export class TailWatch {
  private readonly tail: Tail
  private readonly waiters = new Set<TailWaiter>()
  private timer: NodeJS.Timeout | null = null
  private looks = 0
  private seenVersion = -1

  constructor(tail: Tail) {
    this.tail = tail
  }

  add(waiter: TailWaiter): void {
    this.waiters.add(waiter)
    this.timer ??= setTimeout(this.look, this.pauseMs())
  }

  /** Ends one waiter's wait. */
  dismiss(waiter: TailWaiter): void {
    if (this.waiters.delete(waiter)) waiter.done()
  }

  /** Something may have been appended: looks now. */
  readonly wake = (): void => {
    if (this.waiters.size === 0) return
    const version = this.tail.version()
    const changed = version !== this.seenVersion
    this.seenVersion = version
    if (changed) this.looks = 0
    const nowMs = this.tail.nowMs()
    for (const waiter of this.waiters) {
      if (!(changed && waiter.served()) && nowMs < waiter.untilMs) continue
      this.waiters.delete(waiter)
      waiter.done()
    }
  }

  /** Ends all waiting, whatever was waited for. */
  release(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    for (const waiter of this.waiters) waiter.done()
    this.waiters.clear()
  }

  private readonly look = (): void => {
    this.looks++
    this.wake()
    this.timer = this.waiters.size === 0 ? null : setTimeout(this.look, this.pauseMs())
  }

  private pauseMs(): number {
    return this.looks < LOOKS_UNTIL_IDLE ? this.tail.lookMs : Math.max(this.tail.lookMs, IDLE_MS)
  }
}
