import type { StreamsError } from '../errors.ts'
import type { FetchedBatches, TopicPartition } from '../log/log.ts'
import type { Punctuation } from '../punctuation.ts'
import type { TaskStores } from '../state/task-stores.ts'
import type { TaskOutputs } from './task-outputs.ts'

/** What one synchronous pass over fetched batches did. */
export interface Progress {
  /** The next input offset to process: everything before it has a disposition. */
  readonly nextOffset: number
  readonly records: number
  /** Set when a store was at its bound: the pass ended before the record at `nextOffset`, which has changed nothing. */
  readonly blockedBy: StreamsError | null
  /**
   * Set when the pass ended before the record at `nextOffset` because nobody has told yet how its value is read. Asks for it;
   * rejects with a StreamsError: retry when nobody can tell now. Then call `process` again.
   */
  readonly awaits: (() => Promise<void>) | null
}

/**
 * The offset up to which everything has its disposition after a pass over `fetched` that ended before `limit`. A pass that was not
 * cut short has also come past what it never saw: markers of transactions, and the records of aborted ones.
 */
export function reachedBy({ nextOffset, blockedBy, awaits }: Progress, fetched: FetchedBatches, limit: number): number {
  if (blockedBy !== null || awaits !== null) return nextOffset
  return Math.max(nextOffset, Math.min(fetched.nextOffset, limit))
}

/** What a task must know of what it runs. */
export interface TaskTopology<S extends TaskStores> {
  readonly source: string
  readonly punctuations: readonly Punctuation<S>[]
  readonly createStores: (partition: number) => S
}

/**
 * Runs fetched batches through a topology, synchronously: `BatchProcessor` over flyweights, `PlainProcessor` over
 * objects. One instance serves all tasks of a thread, one call at a time; nothing of a call outlives it but what it put
 * into the stores and the outputs.
 */
export interface TaskProcessor<S extends TaskStores> {
  readonly topology: TaskTopology<S>
  /**
   * Processes the records of `bytes` with offsets in [`position`, `limit`). `outputs` null folds: the stores change and
   * nothing is written (restore, standby).
   * @throws StreamsError; then the state is between two offsets and of no use.
   */
  process(
    stores: S,
    outputs: TaskOutputs | null,
    at: TopicPartition,
    bytes: Uint8Array,
    position: number,
    limit: number,
  ): Progress
}
