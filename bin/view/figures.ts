import type { Decision } from '../../schemas/generated/decision.ts'
import { DEAD_LETTER_REASON_SYMBOLS, OUTCOME_SYMBOLS } from '../../schemas/generated/enums.ts'
import { DECIDED, DISPOSITIONS } from '../../streams/disposition.ts'
import type { Pipeline } from '../runtime/pipeline.ts'
import type { SeenDecisions } from './decision-feed.ts'

/** What the live view shows of one moment. */
export interface Figures {
  readonly running: boolean
  readonly runningTasks: number
  readonly tasks: number
  readonly perSecond: number
  /** Decisions since the start: by the tasks' counters, or by the feed where that is ahead of them. */
  readonly decided: number
  /** Records by disposition since the start of this process. */
  readonly dispositions: Readonly<Record<string, number>>
  readonly deadLetters: readonly { readonly reason: string; readonly count: number }[]
  readonly outcomes: readonly { readonly outcome: string; readonly count: number }[]
  /** Decisions that the view did not read; then outcomes are a sample. */
  readonly skipped: number
  /** Over the last seconds; null before the first decision. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null
  readonly lag: number
  readonly commitMs: number
  readonly ids: number
  readonly senders: number
  readonly stateBytes: number
  readonly last: Decision | null
  readonly lastStopped: Decision | null
}

/** Seconds of latencies that the percentiles look at. */
const LATENCY_SECONDS = 10
const LATENCIES_A_SECOND_MAX = 4_096

/** Adds up what the feed saw and reads the tasks' own counters, once a second. */
export class FigureSampler {
  private readonly pipeline: Pipeline
  private readonly outcomes = OUTCOME_SYMBOLS.map(() => 0)
  private readonly latencies: number[][] = []
  private skipped = 0
  private last: Decision | null = null
  private lastStopped: Decision | null = null
  private before = { processed: 0, atMs: Number.NaN }

  constructor(pipeline: Pipeline) {
    this.pipeline = pipeline
  }

  sample(seen: readonly SeenDecisions[], nowMs: number): Figures {
    this.add(seen)
    const { tasks, running } = this.pipeline
    const sum = (read: (task: (typeof tasks)[number]) => number) => tasks.reduce((total, task) => total + read(task), 0)
    const processed = sum(({ counters }) => counters.processed)
    const perSecond = ((processed - this.before.processed) * 1_000) / Math.max(1, nowMs - this.before.atMs)
    this.before = { processed, atMs: nowMs }
    const commits = sum(({ counters }) => counters.commits)
    const decided = sum(({ counters }) => counters.dispositions[DECIDED] ?? 0)
    const seenDecided = this.outcomes.reduce((total, count) => total + count, 0)
    return {
      running,
      decided: Math.max(decided, seenDecided),
      runningTasks: tasks.filter(({ lifeState }) => lifeState === 'RUNNING').length,
      tasks: tasks.length,
      perSecond: Number.isFinite(perSecond) ? perSecond : 0,
      dispositions: Object.fromEntries(
        DISPOSITIONS.map((name, number) => [name, sum(({ counters }) => counters.dispositions[number] ?? 0)]),
      ),
      deadLetters: DEAD_LETTER_REASON_SYMBOLS.map((reason, number) => {
        return { reason, count: sum(({ counters }) => counters.deadLetters[number] ?? 0) }
      }).filter(({ count }) => count > 0),
      outcomes: OUTCOME_SYMBOLS.map((outcome, number) => ({ outcome, count: this.outcomes[number] ?? 0 })),
      skipped: this.skipped,
      latencyMs: this.percentiles(),
      lag: sum(({ counters }) => counters.lag),
      commitMs: commits === 0 ? 0 : sum(({ counters }) => counters.commitMsTotal) / commits,
      ids: sum(({ stores }) => stores?.dedupTable.size ?? 0),
      senders: sum(({ stores }) => stores?.senders.rows.size ?? 0),
      stateBytes: sum(({ stores }) => stateBytes(stores)),
      last: this.last,
      lastStopped: this.lastStopped,
    }
  }

  private add(seen: readonly SeenDecisions[]): void {
    const latencies: number[] = []
    for (const { outcomes, latenciesMs, last, lastStopped, skipped } of seen) {
      outcomes.forEach((count, number) => {
        this.outcomes[number]! += count
      })
      for (const ms of latenciesMs) if (latencies.length < LATENCIES_A_SECOND_MAX) latencies.push(ms)
      this.last = last ?? this.last
      this.lastStopped = lastStopped ?? this.lastStopped
      this.skipped += skipped
    }
    this.latencies.push(latencies)
    if (this.latencies.length > LATENCY_SECONDS) this.latencies.shift()
  }

  private percentiles(): Figures['latencyMs'] {
    const sorted = Float64Array.from(this.latencies.flat()).sort()
    if (sorted.length === 0) return null
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number
    return { p50: at(0.5), p99: at(0.99) }
  }
}

function stateBytes(stores: Pipeline['tasks'][number]['stores']): number {
  if (stores === null) return 0
  const { dedupTable, senders, watches, entries } = stores
  return dedupTable.bytesUsed + senders.rows.bytesUsed + watches.rows.bytesUsed + entries.bytesUsed
}
