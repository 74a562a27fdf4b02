/** Work that has stood for so long is a queue: a process that keeps up comes to what is due within a turn. */
const STANDING_MS = 5
/** Over so long the answers are counted, in steps. */
const COUNTED_MS = 1_000
const STEP_MS = 100
/**
 * So many calls on their way are never too many: 1,000 a second, each for 100 ms. A flush, a commit and a turn of the event loop cost the
 * same for many calls as for few, so that a process that is let do few at a time does ever fewer.
 */
const FEWEST = 100
/** Of the calls that may be on their way, after a step with work that stood, and after one without. */
const LESS = 0.9
const MORE = 1.1

export interface AdmissionOptions {
  readonly loopDelay: { readonly standingMs: number }
  /** How long a call may be on its way in a process that has more to do than it can. */
  readonly waitMs: number
  /** Calls on their way past which no more are taken whatever happens. */
  readonly boundMax: number
  /** Monotonic. */
  readonly nowMs: () => number
}

/**
 * How many calls may be on their way: as many as the bound, until work stands and they are many; then as many as are answered in `waitMs` at
 * the best pace of the last second (Little's law); from there in steps of 100 ms, a tenth less after one in which work stood and a tenth
 * more after any other, as TCP Vegas finds its window by delay. What is on its way waits for the log meanwhile, however slow that is: only
 * what waits for this process makes it fewer.
 */
export class Admission {
  private readonly options: AdmissionOptions
  /** Answers of each step of the last second; the present step is the last. */
  private readonly answers: number[] = new Array(COUNTED_MS / STEP_MS).fill(0)
  private stepEndsMs: number
  private callsMax: number
  /** The most that have been on their way in this step. */
  private peak = 0

  constructor(options: AdmissionOptions) {
    this.options = options
    this.callsMax = options.boundMax
    this.stepEndsMs = options.nowMs() + STEP_MS
  }

  /** Told of each call that is no longer on its way. */
  answered(): void {
    this.turn()
    this.answers[this.answers.length - 1] = (this.answers.at(-1) ?? 0) + 1
  }

  /** Asked before each call, with those on their way: whether one more is answered in time; it would only wait otherwise. */
  hasRoom(inFlight: number): boolean {
    this.turn()
    this.peak = Math.max(this.peak, inFlight)
    return inFlight < Math.floor(this.callsMax)
  }

  private turn(): void {
    const nowMs = this.options.nowMs()
    if (nowMs < this.stepEndsMs) return
    // Once, however long the last step was: a pause is one event.
    this.callsMax = this.nextMax()
    this.peak = 0
    // After a pause longer than what is counted nothing is left of it.
    this.stepEndsMs = Math.max(this.stepEndsMs, nowMs - COUNTED_MS)
    for (; this.stepEndsMs <= nowMs; this.stepEndsMs += STEP_MS) {
      this.answers.shift()
      this.answers.push(0)
    }
  }

  private nextMax(): number {
    const { loopDelay, waitMs, boundMax } = this.options
    const isQueue = loopDelay.standingMs > STANDING_MS && this.peak > FEWEST
    if (!isQueue) return Math.min(boundMax, this.callsMax * MORE)
    const isFirst = this.callsMax === boundMax
    const fewer = isFirst ? (Math.max(...this.answers) * waitMs) / STEP_MS : this.callsMax * LESS
    return Math.min(boundMax, Math.max(FEWEST, fewer))
  }
}
