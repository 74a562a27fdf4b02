import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import type { StreamsError } from '../../streams/errors.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import { Checkpointing } from '../../streams/task/checkpointing.ts'
import { Task } from '../../streams/task/task.ts'
import { machineTime } from './machine-clock.ts'
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
  /** A task has committed, so many ms after it took the batch. */
  readonly onCommit?: (partition: number, latencyMs: number) => void
}

/** All tasks of one process, in one thread, over one chain. */
export class Pipeline {
  readonly tasks: readonly Task<PaymentStores>[]
  /** The checkpoints of each task, in the same order. */
  readonly checkpoints: readonly Checkpointing<PaymentStores>[]
  /** Resolves when every task has ended: with the first error, or null after a stop. */
  readonly ended: Promise<StreamsError | null>

  constructor(session: Session, events: PipelineEvents) {
    const processor = createRuntime(session)
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition)
    this.checkpoints = partitions.map((partition) => createCheckpoints(session, processor, partition, events))
    this.tasks = this.checkpoints.map((checkpoints, partition) => {
      return createTask(session, processor, checkpoints, partition, events)
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

function createCheckpoints(
  session: Session,
  processor: BatchProcessor<PaymentStores>,
  partition: number,
  { onSurvived }: PipelineEvents,
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
    onFailed: (error) => onSurvived(partition, error),
  })
}

function createTask(
  { config, log }: Session,
  processor: BatchProcessor<PaymentStores>,
  checkpoints: Checkpointing<PaymentStores>,
  partition: number,
  { onSurvived, onCommit }: PipelineEvents,
): Task<PaymentStores> {
  return new Task({
    applicationId: APPLICATION_ID,
    input: { topic: INPUT_TOPIC, partition },
    log,
    processor,
    checkpoints,
    clock: machineTime,
    fetchBytesMax: config.fetchBytesMax,
    fetchWaitMs: config.fetchWaitMs,
    retryBackoffMs: RETRY_BACKOFF_MS,
    onCommit: (latencyMs) => onCommit?.(partition, latencyMs),
    onError: (error) => onSurvived(partition, error),
  })
}
