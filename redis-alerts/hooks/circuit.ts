/** Failures in a row after which a receiver is taken for down. */
const FAILURES_MAX = 5
const PAUSE_FIRST_MS = 1_000
const PAUSE_MAX_MS = 300_000

/**
 * - CLOSED: tries go out.
 * - OPEN:   the receiver has failed several times in a row. After a pause one try goes out alone; if it fails the pause
 *           doubles, up to 5 min.
 */
export type CircuitState = 'CLOSED' | 'OPEN'

/** Whether a receiver is left alone. Times are epoch ms; `random` is in [0, 1). */
export class Circuit {
  state: CircuitState = 'CLOSED'
  private failures = 0
  private pauseMs = PAUSE_FIRST_MS
  /** Until when it pauses by itself, and until when the receiver has asked to be left alone: a success ends the first alone. */
  private pausedUntilMs = 0
  private askedUntilMs = 0
  private probing = false

  /** Whether a try may go out now; while it is open that one is then under way. */
  begin(nowMs: number): boolean {
    if (nowMs < this.notBeforeMs) return false
    if (this.state === 'CLOSED') return true
    if (this.probing) return false
    this.probing = true
    return true
  }

  /** When a try may go out, as far as time alone decides. */
  get opensAtMs(): number {
    return this.probing ? Number.POSITIVE_INFINITY : this.notBeforeMs
  }

  private get notBeforeMs(): number {
    return Math.max(this.pausedUntilMs, this.askedUntilMs)
  }

  succeeded(): void {
    this.pausedUntilMs = 0
    this.state = 'CLOSED'
    this.failures = 0
    this.pauseMs = PAUSE_FIRST_MS
    this.probing = false
  }

  /** `retryAfterMs` is how long the receiver itself asked to be left alone. */
  failed(nowMs: number, retryAfterMs: number | null, random: number): void {
    this.failures++
    this.askedUntilMs = Math.max(this.askedUntilMs, nowMs + (retryAfterMs ?? 0))
    const wasProbe = this.probing
    this.probing = false
    // What was under way when it opened says nothing new.
    if (this.failures < FAILURES_MAX || (this.state === 'OPEN' && !wasProbe)) return
    this.state = 'OPEN'
    this.pausedUntilMs = nowMs + Math.round(this.pauseMs * (1 - random / 2))
    this.pauseMs = Math.min(this.pauseMs * 2, PAUSE_MAX_MS)
  }
}
