/** Work that has stood for so long is a queue: a process that keeps up comes to what is due within a turn. */
const STANDING_MS = 5
/** Over so long the answers are counted, in steps. */
const COUNTED_MS = 1_000
const STEP_MS = 100
/** So many calls on their way are never too many: without any nothing would be counted. */
const FEWEST = 16

/**
 * How many calls may be on their way in a process that has more to do than it can: as many as it answers in `waitMs` at its best of the
 * last second, so that the last of them is answered in about that time (Little's law). One that keeps up takes any number, since what is on its way then
 * waits for the log and not for it.
 */
export class Admission {
  private readonly loopDelay: { readonly standingMs: number }
  private readonly waitMs: number
  private readonly nowMs: () => number
  /** Answers of each step of the last second; the present step is the last. */
  private readonly answers: number[] = new Array(COUNTED_MS / STEP_MS).fill(0)
  private stepEndsMs: number

  /** `nowMs` is monotonic. */
  constructor(loopDelay: { readonly standingMs: number }, waitMs: number, nowMs: () => number) {
    this.loopDelay = loopDelay
    this.waitMs = waitMs
    this.nowMs = nowMs
    this.stepEndsMs = nowMs() + STEP_MS
  }

  /** Told of each call that is no longer on its way. */
  answered(): void {
    this.turn()
    this.answers[this.answers.length - 1] = (this.answers.at(-1) ?? 0) + 1
  }

  /** Calls that may be on their way; past it one more would only wait. */
  get callsMax(): number {
    if (this.loopDelay.standingMs <= STANDING_MS) return Number.POSITIVE_INFINITY
    this.turn()
    return Math.max(FEWEST, Math.ceil((Math.max(...this.answers) * this.waitMs) / STEP_MS))
  }

  private turn(): void {
    const nowMs = this.nowMs()
    // After a pause longer than what is counted nothing is left of it.
    this.stepEndsMs = Math.max(this.stepEndsMs, nowMs - COUNTED_MS)
    for (; this.stepEndsMs <= nowMs; this.stepEndsMs += STEP_MS) {
      this.answers.shift()
      this.answers.push(0)
    }
  }
}
