import type { SeededRandom } from './seeded-random.ts'

/** Where a process waits for something outside of itself; a fault can meet it at each. */
export type FaultStep =
  | 'open-task'
  | 'committed'
  | 'append'
  | 'send-offset'
  | 'end'
  | 'end-markers'
  | 'close-task'
  | 'fetch'
  | 'produce'
  | 'read-checkpoint'
  | 'write-checkpoint'
  | 'commit-checkpoint'

/**
 * What happens to one request.
 *
 * - lost:       it never arrives; its sender is told of a failure.
 * - unanswered: it takes effect, but its sender is told of a failure: the outcome is unknown.
 * - belated:    its sender is told of a failure at once, and it arrives after all, when something else may have happened.
 * - repeated:   it arrives twice.
 * - slow:       it arrives later; requests to other partitions overtake it.
 * - crash-before, crash-after: the process ends before it was sent, or after it took effect.
 */
export type Fault = 'lost' | 'unanswered' | 'belated' | 'repeated' | 'slow' | 'crash-before' | 'crash-after'

/** Decides what happens to each request of one process. */
export interface FaultPlan {
  /** The fault that meets this step, and by how much a slow or belated request is late. */
  meet(step: FaultStep): { readonly fault: Fault | null; readonly delayMs: number }
}

const NOTHING = { fault: null, delayMs: 0 } as const

/** Everything works. */
export const NO_FAULTS: FaultPlan = { meet: () => NOTHING }

/** Chance of each fault at each step, 0 to 1. */
export type FaultRates = Readonly<Partial<Record<Fault, number>>>

/** What makes no sense at a step: it only reads, or nothing is sent. */
const READS: ReadonlySet<FaultStep> = new Set(['committed', 'fetch', 'read-checkpoint'])
/** What the log does by itself after a request: nobody waits for it, so it can only be late. */
const BY_THE_LOG: ReadonlySet<FaultStep> = new Set(['end-markers'])
/** A checkpoint is written by one process to its own disk. */
const LOCAL: ReadonlySet<FaultStep> = new Set(['read-checkpoint', 'write-checkpoint', 'commit-checkpoint'])
const BY_LOCAL: ReadonlySet<Fault> = new Set(['crash-before', 'crash-after', 'slow', 'lost'])
const BY_READS: ReadonlySet<Fault> = new Set(['crash-before', 'slow', 'lost'])

/** Faults by chance, the same for the same seed. Counts what it did, so that a run without faults can be told. */
export class SeededFaults implements FaultPlan {
  readonly fired: Map<string, number> = new Map()
  private readonly random: SeededRandom
  private readonly rates: readonly (readonly [Fault, number])[]
  private readonly delayMsMax: number

  constructor(random: SeededRandom, rates: FaultRates, delayMsMax: number) {
    this.random = random
    this.rates = Object.entries(rates) as [Fault, number][]
    this.delayMsMax = delayMsMax
  }

  meet(step: FaultStep): { readonly fault: Fault | null; readonly delayMs: number } {
    const fault = this.draw()
    const delayMs = 1 + this.random.below(this.delayMsMax)
    if (fault === null || !isPossible(step, fault)) return NOTHING
    const name = `${fault} at ${step}`
    this.fired.set(name, (this.fired.get(name) ?? 0) + 1)
    return { fault, delayMs }
  }

  private draw(): Fault | null {
    let chance = this.random.next()
    for (const [fault, rate] of this.rates) {
      if (chance < rate) return fault
      chance -= rate
    }
    return null
  }
}

function isPossible(step: FaultStep, fault: Fault): boolean {
  if (BY_THE_LOG.has(step)) return fault === 'slow'
  if (READS.has(step)) return BY_READS.has(fault)
  return !LOCAL.has(step) || BY_LOCAL.has(fault)
}

/** One fault, at the `nth` time that `step` is met (1 is the first). */
export function faultAt(step: FaultStep, fault: Fault, nth = 1, delayMs = 1): FaultPlan {
  let met = 0
  return {
    meet(at) {
      if (at !== step || ++met !== nth) return NOTHING
      return { fault, delayMs }
    },
  }
}
