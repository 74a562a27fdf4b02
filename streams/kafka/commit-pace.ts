/** A commit that takes longer than so many times the fastest, and this much more, has stood in a queue. */
const QUEUED_TIMES = 3
const QUEUED_MS = 2
/** The rest after a commit that stood in a queue, and after one that did not: they balance when one in three has. */
const MORE_MS = 2
const LESS_MS = 1
const REST_MS_MAX = 100
/** The fastest commit is that of this window and the one before: a broker that moved or was made slower is believed. */
const WINDOW_MS = 30_000

/**
 * How long a task that keeps up rests between two transactions, so that records gather for the next. A transaction costs a broker as much
 * for one record as for a thousand, and tasks that commit each record alone can keep it from everything else. As TCP Vegas finds its
 * window: where commits take longer than they need to, they stand in a queue, and fewer of them are as good as many. A broker that has
 * time to spare is asked without any rest.
 */
export class CommitPace {
  private readonly nowMs: () => number
  private begunMs = 0
  private endedMs = Number.NEGATIVE_INFINITY
  private pauseMs = 0
  private windowEndsMs = Number.NEGATIVE_INFINITY
  private fastestMs = Number.POSITIVE_INFINITY
  private fastestBeforeMs = Number.POSITIVE_INFINITY

  /** @param nowMs a clock that never goes back */
  constructor(nowMs: () => number = () => performance.now()) {
    this.nowMs = nowMs
  }

  /** A transaction begins. */
  begun(): void {
    this.begunMs = this.nowMs()
  }

  /** The transaction that was begun last is committed. */
  committed(): void {
    const nowMs = this.nowMs()
    const tookMs = nowMs - this.begunMs
    this.endedMs = nowMs
    if (nowMs >= this.windowEndsMs) {
      this.windowEndsMs = nowMs + WINDOW_MS
      this.fastestBeforeMs = this.fastestMs
      this.fastestMs = Number.POSITIVE_INFINITY
    }
    this.fastestMs = Math.min(this.fastestMs, tookMs)
    const needsMs = Math.min(this.fastestMs, this.fastestBeforeMs)
    const isQueued = tookMs > QUEUED_TIMES * needsMs + QUEUED_MS
    this.pauseMs = Math.min(REST_MS_MAX, Math.max(0, this.pauseMs + (isQueued ? MORE_MS : -LESS_MS)))
  }

  /** What is left of the rest, ms. */
  get restMs(): number {
    return Math.max(0, this.endedMs + this.pauseMs - this.nowMs())
  }
}
