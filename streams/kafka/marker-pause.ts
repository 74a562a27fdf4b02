import { setTimeout as pause } from 'node:timers/promises'

const FIRST_PAUSE_MS = 2
const PAUSE_MS_MIN = 1
const PAUSE_MS_MAX = 8
const STEP_MS = 0.25
/** A first write that takes longer has met the markers: the broker looks again only after 20 ms by default. */
const HELD_UP_MS = 15
/** So long after an end its markers are written, and what a write takes says nothing of them. */
const TELLING_MS = 50

/** Any clock that never goes back. */
export interface PauseClock {
  nowMs(): number
  wait(delayMs: number): Promise<unknown>
}

const MACHINE: PauseClock = { nowMs: () => performance.now(), wait: (delayMs) => pause(delayMs) }

/**
 * The short pause between two transactions of one id. After the answer to EndTxn the broker still writes the markers of the
 * transaction; a write that comes before they stand is held up in the broker for longer than waiting here takes. The
 * pause grows when a write was held up and shrinks slowly while none is. Source: KIP-890; measured, see ADR 0016.
 */
export class MarkerPause {
  private readonly clock: PauseClock
  private pauseMs = FIRST_PAUSE_MS
  private endedMs = Number.NEGATIVE_INFINITY

  constructor(clock: PauseClock = MACHINE) {
    this.clock = clock
  }

  /** The end of a transaction was acknowledged. */
  ended(): void {
    this.endedMs = this.clock.nowMs()
  }

  /** Runs the first write of a transaction, not too early. */
  async first<T>(write: () => Promise<T>): Promise<T> {
    const { clock } = this
    const waitMs = this.endedMs + this.pauseMs - clock.nowMs()
    if (waitMs > 0) await clock.wait(waitMs)
    const startedMs = clock.nowMs()
    const telling = startedMs - this.endedMs < TELLING_MS
    const answer = await write()
    if (telling) this.learn(clock.nowMs() - startedMs)
    return answer
  }

  private learn(tookMs: number): void {
    const heldUp = tookMs > HELD_UP_MS
    const nextMs = heldUp ? 2 * this.pauseMs : this.pauseMs - STEP_MS
    this.pauseMs = Math.min(Math.max(nextMs, PAUSE_MS_MIN), PAUSE_MS_MAX)
  }
}
