import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import type { StreamsError } from '../../streams/errors.ts'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import { Checkpointing, CheckpointTurn } from '../../streams/task/checkpointing.ts'
import { Task } from '../../streams/task/task.ts'
import type { RestoredState } from '../../streams/task/task-checkpoints.ts'
import { TaskCounters } from '../../streams/task/task-counters.ts'
import {
  APPLICATION_ID,
  checkpointFiles,
  checkpointIdentity,
  createRuntime,
  INPUT_TOPIC,
  PARTITIONS,
  type Session,
} from './session.ts'

const RETRY_BACKOFF_MS = 200

/** Told of what happens to the tasks besides their work. */
export interface PipelineEvents {
  /** A task goes on after this. */
  readonly onSurvived: (partition: number, error: StreamsError) => void
  /** A task has ended with this; the others are asked to stop. */
  readonly onFailed: (partition: number, error: StreamsError) => void
  /** A task has committed, within so many ms. */
  readonly onCommit?: (partition: number, latencyMs: number) => void
}

/** All tasks of one process, in one thread, over one chain. */
export class Pipeline {
  readonly tasks: readonly Task<PaymentStores>[]
  /** Resolves when every task has ended: with the first error, or null after a stop. */
  readonly ended: Promise<StreamsError | null>

  constructor(session: Session<Log>, events: PipelineEvents) {
    const processor = createRuntime(session)
    const turn = new CheckpointTurn()
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition)
    this.tasks = partitions.map((partition) => {
      return createTask(session, processor, partition, {
        turn,
        onError: (error) => events.onSurvived(partition, error),
        onCommit: (latencyMs) => events.onCommit?.(partition, latencyMs),
      })
    })
    let first: StreamsError | null = null
    const runs = this.tasks.map((task) =>
      task.run().catch((error: StreamsError) => {
        events.onFailed(task.input.partition, error)
        first ??= error
        this.stop()
      }),
    )
    this.ended = Promise.all(runs).then(() => first)
  }

  /** True when every task processes. */
  get running(): boolean {
    return this.tasks.every(({ lifeState }) => lifeState === 'RUNNING')
  }

  /** Asks every task to end what it has begun, write a checkpoint and close. */
  stop(): void {
    for (const task of this.tasks) task.stop()
  }
}

/** What the task of a partition is given besides its session. */
export interface PartitionOptions {
  readonly turn: CheckpointTurn
  readonly onError: (error: StreamsError) => void
  readonly onCommit: (latencyMs: number) => void
  /** The state that a standby hands over, or null. */
  readonly warm?: RestoredState<PaymentStores> | null
  readonly counters?: TaskCounters
}

/** The task of one partition, over any log. */
export function createTask(
  session: Session<Log>,
  processor: BatchProcessor<PaymentStores>,
  partition: number,
  { turn, onError, onCommit, warm = null, counters = new TaskCounters() }: PartitionOptions,
): Task<PaymentStores> {
  const { config, log } = session
  return new Task({
    applicationId: APPLICATION_ID,
    input: { topic: INPUT_TOPIC, partition },
    log,
    processor,
    checkpoints: taskCheckpoints(session, processor, partition, turn, onError),
    clock: machineTime,
    fetchBytesMax: config.fetchBytesMax,
    fetchWaitMs: config.fetchWaitMs,
    retryBackoffMs: RETRY_BACKOFF_MS,
    counters,
    ...(warm !== null && { warm }),
    onCommit,
    onError,
  })
}

/** The checkpoints of one partition's task, or of its standby. */
export function taskCheckpoints(
  session: Session<Log>,
  processor: BatchProcessor<PaymentStores>,
  partition: number,
  turn: CheckpointTurn,
  onFailed: (error: StreamsError) => void,
): Checkpointing<PaymentStores> {
  const { config } = session
  return new Checkpointing({
    files: checkpointFiles(session),
    identity: checkpointIdentity(session, partition),
    create: () => processor.topology.createStores(partition),
    sections: ({ sections }) => sections,
    clock: machineTime,
    intervalMs: config.checkpointIntervalMs,
    intervalRecords: config.checkpointIntervalRecords,
    turn,
    onFailed,
  })
}
