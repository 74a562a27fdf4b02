/** A process in which calls stand is usually later than this for its work; one that waits for its log is not. */
const LATE_MS = 5
/** Over so long the answers are counted, in steps. */
const COUNTED_MS = 1_000
const STEP_MS = 100
/** Of the calls that may be on their way, after a step in which they stood, and after one in which they did not. */
const LESS = 0.9
const MORE = 1.02

export interface AdmissionOptions {
  readonly loopDelay: { readonly ms: number; readonly usualMs: number }
  /** Of calls that stand in a queue even the quickest that is answered in 100 ms took longer than this: more than the log takes itself. */
  readonly quickMs: number
  /** How long a call may be on its way in a process that has more to do than it can. */
  readonly waitMs: number
  /** How late such a process may be for a call. */
  readonly delayMaxMs: number
  /**
   * So many calls on their way are never too many. A flush, a commit and a turn of the event loop cost the same for many calls as for few, so
   * that a process that is let do few at a time does ever fewer.
   */
  readonly callsMin: number
  /** Calls on their way past which no more are taken whatever happens. */
  readonly boundMax: number
  /** Monotonic. */
  readonly nowMs: () => number
}

/**
 * How many calls may be on their way: as many as the bound, until many of them stand in a queue; then as many as are answered in `waitMs` at
 * the pace of the last second (Little's law); from there in steps of 100 ms, a tenth less after two in which they stood and a fiftieth more
 * after one in which they did not; and none while the process is later than a call may wait. They stand when even the quickest is slow, which
 * tells a queue from a pause as CoDel does (RFC 8289), and this process late for its work: what waits for the log, however slow that is, does
 * not make it late.
 */
export class Admission {
  private readonly options: AdmissionOptions
  /** Answers of each step of the last second; the present step is the last. */
  private readonly answers: number[] = new Array(COUNTED_MS / STEP_MS).fill(0)
  private stepEndsMs: number
  private callsMax: number
  /** The most that have been on their way in this step. */
  private peak = 0
  /** How long the quickest of this step's calls took; infinite before there is one. */
  private quickestMs = Number.POSITIVE_INFINITY
  /** In the step before this one. */
  private stood = false

  constructor(options: AdmissionOptions) {
    this.options = options
    this.callsMax = options.boundMax
    this.stepEndsMs = options.nowMs() + STEP_MS
  }

  /** Told of each call that sets out; gives the time that `answered` asks for. */
  taken(): number {
    return this.options.nowMs()
  }

  /** Told of each call that is no longer on its way. */
  answered(takenMs: number): void {
    this.turn()
    this.answers[this.answers.length - 1] = (this.answers.at(-1) ?? 0) + 1
    this.quickestMs = Math.min(this.quickestMs, this.options.nowMs() - takenMs)
  }

  /** Asked before each call, with those on their way: whether one more is answered in time; it would only wait otherwise. */
  hasRoom(inFlight: number): boolean {
    const { loopDelay, delayMaxMs, boundMax } = this.options
    this.turn()
    this.peak = Math.max(this.peak, inFlight)
    // Where there is no queue, what has come in a pause is soon answered.
    if (this.callsMax < boundMax && loopDelay.ms > delayMaxMs) return false
    return inFlight < Math.floor(this.callsMax)
  }

  private turn(): void {
    const nowMs = this.options.nowMs()
    if (nowMs < this.stepEndsMs) return
    // Once, however long the last step was: a pause is one event.
    this.callsMax = this.nextMax()
    this.peak = 0
    this.quickestMs = Number.POSITIVE_INFINITY
    // After a pause longer than what is counted nothing is left of it.
    this.stepEndsMs = Math.max(this.stepEndsMs, nowMs - COUNTED_MS)
    for (; this.stepEndsMs <= nowMs; this.stepEndsMs += STEP_MS) {
      this.answers.shift()
      this.answers.push(0)
    }
  }

  private nextMax(): number {
    const { loopDelay, quickMs, waitMs, callsMin, boundMax } = this.options
    const isSlow = this.quickestMs > quickMs && this.quickestMs < Number.POSITIVE_INFINITY
    const stood = this.peak > callsMin && isSlow && loopDelay.usualMs > LATE_MS
    const stoodBefore = this.stood
    this.stood = stood
    if (!stood) return Math.min(boundMax, this.callsMax * MORE)
    if (!stoodBefore) return this.callsMax
    const isFirst = this.callsMax === boundMax
    const answers = this.answers.reduce((sum, count) => sum + count, 0)
    const fewer = isFirst ? (answers * waitMs) / COUNTED_MS : this.callsMax * LESS
    return Math.min(boundMax, Math.max(callsMin, fewer))
  }
}
