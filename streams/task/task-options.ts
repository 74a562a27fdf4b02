import type { StreamsError } from '../errors.ts'
import type { Log, TopicPartition } from '../log/log.ts'
import type { TaskStores } from '../state/task-stores.ts'
import type { FoldProgress } from './restore.ts'
import type { RestoredState, TaskCheckpoints } from './task-checkpoints.ts'
import type { TaskCounters } from './task-counters.ts'
import type { TaskProcessor } from './task-processor.ts'
import type { TaskState } from './task-state.ts'

/** What a task is given; time and waiting are arguments, so that a simulator can own them. */
export interface TaskOptions<S extends TaskStores> {
  readonly applicationId: string
  readonly input: TopicPartition
  readonly log: Log
  readonly processor: TaskProcessor<S>
  readonly checkpoints: TaskCheckpoints<S>
  readonly clock: { nowMs(): number; wait(delayMs: number): Promise<void> }
  readonly fetchBytesMax: number
  /** How long a fetch may wait for records. */
  readonly fetchWaitMs: number
  /** Pause before a new session after an error that another try may cure. */
  readonly retryBackoffMs: number
  /** State that a standby hands over; the task folds from there instead of restoring. */
  readonly warm?: RestoredState<S>
  /** The counts of the same partition's task before this one in the process, to go on from. */
  readonly counters?: TaskCounters
  readonly onState?: (state: TaskState) => void
  readonly onRestore?: FoldProgress
  /** Told of every commit: ms from its begin to its acknowledged end. */
  readonly onCommit?: (latencyMs: number) => void
  /** Told of every error that the task survives. */
  readonly onError?: (error: StreamsError) => void
}
