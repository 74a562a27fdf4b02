import { StreamsError } from '../errors.ts'
import type { TopicPartition } from '../log/log.ts'
import type { FaultPlan, FaultStep } from './fault-plan.ts'
import type { Clock } from './virtual-clock.ts'

let processes = 0

/** What a running process can lose when it ends. */
interface InFlight {
  /** Transactions that were begun and neither ended nor aborted. */
  transactions: number
  /** Requests that were sent and not answered. */
  requests: number
}

/** One process at the far end of a network: its requests meet the faults of a plan, and once it has crashed nothing leaves it. */
export class SimulatedProcess {
  readonly id: number = processes++
  readonly inFlight: InFlight = { transactions: 0, requests: 0 }
  /** What was in flight when the process crashed; null while it lives or when it ended otherwise. */
  lostInCrash: InFlight | null = null
  private readonly clock: Clock
  private readonly faults: FaultPlan
  private ended: StreamsError | null = null

  constructor(clock: Clock, faults: FaultPlan) {
    this.clock = clock
    this.faults = faults
  }

  /** Throws what ended the process. */
  requireAlive(): void {
    if (this.ended !== null) throw this.ended
  }

  /** From here on every request is refused with `error`, and nothing takes effect any more but what was already sent. */
  end(error: StreamsError): void {
    this.ended ??= error
  }

  /** Waits, unless the process ends before. */
  async wait(delayMs: number): Promise<void> {
    await this.clock.wait(delayMs)
    this.requireAlive()
  }

  /** Sends one request: `effect` happens never, once or twice, now or later, and is answered or not. */
  async request<T>(step: FaultStep, at: TopicPartition, effect: () => T): Promise<T> {
    this.requireAlive()
    this.inFlight.requests++
    try {
      return await this.send(step, at, effect)
    } finally {
      this.inFlight.requests--
    }
  }

  /**
   * What the far end does by itself after a request, one after the other: at once or, as the plan has it, later. It outlives
   * this process.
   */
  follow(step: FaultStep, [first, ...rest]: readonly (() => void)[]): void {
    if (first === undefined) return
    const go = () => {
      first()
      this.follow(step, rest)
    }
    const { fault, delayMs } = this.faults.meet(step)
    if (fault === 'slow') void this.clock.wait(delayMs).then(go)
    else go()
  }

  private async send<T>(step: FaultStep, at: TopicPartition, effect: () => T): Promise<T> {
    const { fault, delayMs } = this.faults.meet(step)
    if (fault === 'crash-before') throw this.crash(step)
    // Even what goes well takes a turn of the event loop, so that the caller's next line never runs before others had theirs.
    await (fault === 'slow' ? this.wait(delayMs) : Promise.resolve())
    this.requireAlive()
    if (fault === 'lost') throw this.unanswered(step, at)
    if (fault === 'belated') {
      void this.clock.wait(delayMs).then(() => attempt(effect))
      throw this.unanswered(step, at)
    }
    const answer = effect()
    if (fault === 'repeated') attempt(effect)
    if (fault === 'crash-after') throw this.crash(step)
    if (fault === 'unanswered') throw this.unanswered(step, at)
    await Promise.resolve()
    this.requireAlive()
    return answer
  }

  private crash(step: FaultStep): StreamsError {
    this.lostInCrash = { ...this.inFlight }
    this.end(new StreamsError('SIMULATED_CRASH', 'stop', `the process crashed at ${step}`))
    return this.ended as StreamsError
  }

  private unanswered(step: FaultStep, { topic, partition }: TopicPartition): StreamsError {
    return new StreamsError('NO_ANSWER', 'abort', `${step} was not answered; its outcome is unknown`, {
      topic,
      partition,
    })
  }
}

/** A repeated or belated request may be refused; there is nobody to tell. */
function attempt(effect: () => unknown): void {
  try {
    effect()
  } catch (error) {
    if (!(error instanceof StreamsError)) throw error
  }
}
