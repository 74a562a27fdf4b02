import { StreamsError } from './errors.ts'

/**
 * What drives a punctuation.
 *
 * - stream-time: the records. Runs after the record that carried stream time over the next point of the grid, as part
 *   of the fold: a replay meets it at the same offset, so it may change state that decides.
 * - wall-clock: the task's clock, between batches. May free memory, must never change a result: a replay runs it at
 *   other times.
 */
export type PunctuationType = 'stream-time' | 'wall-clock'

/** Work of a topology that is due by time and not by a record. `timeMs` is the stream time or wall-clock time at which it runs. */
export interface Punctuation<S> {
  readonly type: PunctuationType
  readonly intervalMs: number
  readonly run: (stores: S, timeMs: number) => void
}

/**
 * The point of the grid after `nowMs`, on the grid of `intervalMs` through `scheduledMs`. A gap of several intervals is
 * skipped over, so that what was missed runs once.
 * Source: Kafka Streams, `PunctuationSchedule.next`.
 */
export function nextPunctuationMs(scheduledMs: number, nowMs: number, intervalMs: number): number {
  return scheduledMs + (Math.floor((nowMs - scheduledMs) / intervalMs) + 1) * intervalMs
}

/** When the punctuations of one type are next due. */
export class PunctuationSchedule<S> {
  /** The earliest time at which any is due; infinite when there is none. Looked at after every record. */
  dueMs: number = Number.POSITIVE_INFINITY
  private readonly punctuations: readonly Punctuation<S>[]
  private readonly next: number[]

  constructor(punctuations: readonly Punctuation<S>[], type: PunctuationType) {
    this.punctuations = punctuations.filter((punctuation) => punctuation.type === type)
    this.next = this.punctuations.map(() => Number.POSITIVE_INFINITY)
  }

  /**
   * Stream time stands at `streamTimeMs`, -1 before the first record. The grid goes through 0 and every point up to here has
   * had its turn, so the schedule follows from stream time alone and needs no place in a checkpoint.
   */
  resume(streamTimeMs: number): void {
    this.plan((_, { intervalMs }) => nextPunctuationMs(0, streamTimeMs, intervalMs))
  }

  /** A clock begins at `nowMs`: the first turns are one interval later. */
  start(nowMs: number): void {
    this.plan((_, { intervalMs }) => nowMs + intervalMs)
  }

  /**
   * Runs what is due at `nowMs`.
   * @throws StreamsError INVARIANT (stop) when a punctuation throws: it has no record that could be refused instead.
   */
  run(stores: S, nowMs: number): void {
    if (nowMs < this.dueMs) return
    this.plan((scheduledMs, punctuation) => {
      if (nowMs < scheduledMs) return scheduledMs
      runOne(punctuation, stores, nowMs)
      return nextPunctuationMs(scheduledMs, nowMs, punctuation.intervalMs)
    })
  }

  private plan(nextOf: (scheduledMs: number, punctuation: Punctuation<S>) => number): void {
    this.dueMs = Number.POSITIVE_INFINITY
    for (const [i, punctuation] of this.punctuations.entries()) {
      const next = nextOf(this.next[i] as number, punctuation)
      this.next[i] = next
      this.dueMs = Math.min(this.dueMs, next)
    }
  }
}

function runOne<S>({ type, intervalMs, run }: Punctuation<S>, stores: S, nowMs: number): void {
  try {
    run(stores, nowMs)
  } catch (cause) {
    const what = `the ${type} punctuation of every ${intervalMs} ms threw at ${nowMs}; this is a bug of the topology`
    throw new StreamsError('INVARIANT', 'stop', what, {}, cause)
  }
}
