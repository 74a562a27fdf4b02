import { Circuit, type CircuitState } from './circuit.ts'
import type { HookAction } from './hook-action.ts'
import type { TryResult } from './hook-target.ts'
import { type RetryPlan, retryDelayMs } from './retry-plan.ts'

/** An action that a receiver has not taken yet. */
export interface Waiting {
  readonly action: HookAction
  /** Tries made. */
  readonly tries: number
  readonly dueMs: number
}

/** What follows from a try. */
export type Verdict =
  | { readonly outcome: 'DELIVERED' | 'DEAD'; readonly nextTryMs: null }
  | { readonly outcome: 'FAILED'; readonly nextTryMs: number }

export interface DispatcherOptions {
  readonly plan: RetryPlan
  /** Tries under way at a time. */
  readonly concurrency: number
  /** In [0, 1). */
  readonly random: () => number
}

/** Decides which action goes to one receiver next, and when. It knows no clock: times are epoch ms that it is told. */
export class Dispatcher {
  private readonly options: DispatcherOptions
  private readonly circuit = new Circuit()
  /** By due time; those of one time as they came. */
  private readonly waiting: Waiting[] = []
  private underWay = 0

  constructor(options: DispatcherOptions) {
    this.options = options
  }

  get circuitState(): CircuitState {
    return this.circuit.state
  }

  get waitingCount(): number {
    return this.waiting.length
  }

  add(waiting: Waiting): void {
    let low = 0
    let high = this.waiting.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.waiting[middle]!.dueMs <= waiting.dueMs) low = middle + 1
      else high = middle
    }
    this.waiting.splice(low, 0, waiting)
  }

  /** Takes the next that may go out now, or null. Each that is taken must be judged. */
  take(nowMs: number): Waiting | null {
    const [first] = this.waiting
    if (first === undefined || first.dueMs > nowMs || this.underWay >= this.options.concurrency) return null
    if (!this.circuit.begin(nowMs)) return null
    this.underWay++
    this.waiting.shift()
    return first
  }

  /** When `take` should be asked again, if nothing is added or judged before. */
  get nextAtMs(): number {
    const [first] = this.waiting
    if (first === undefined || this.underWay >= this.options.concurrency) return Number.POSITIVE_INFINITY
    return Math.max(first.dueMs, this.circuit.opensAtMs)
  }

  /** What the result of a try means. FAILED is not added again here: first it must be on record. */
  judge({ tries }: Waiting, { delivered, retryAfterMs }: TryResult, nowMs: number): Verdict {
    this.underWay--
    if (delivered) {
      this.circuit.succeeded()
      return { outcome: 'DELIVERED', nextTryMs: null }
    }
    const { plan, random } = this.options
    this.circuit.failed(nowMs, retryAfterMs, random())
    const delayMs = retryDelayMs(plan, tries + 1, random())
    if (delayMs === null) return { outcome: 'DEAD', nextTryMs: null }
    return { outcome: 'FAILED', nextTryMs: nowMs + Math.max(delayMs, retryAfterMs ?? 0) }
  }
}
