import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import type { StreamsError } from '../../streams/errors.ts'
import type { Task } from '../../streams/task/task.ts'
import type { RestoredState } from '../../streams/task/task-checkpoints.ts'
import { TaskCounters } from '../../streams/task/task-counters.ts'
import { machineTime } from './machine-clock.ts'

/** Before a fenced partition is opened anew: by then the group has said whether it is still ours. */
const FENCED_PAUSE_MS = 500

export interface OwnedPartitionOptions {
  /** The state that a standby has, if any: the first task goes on from there. */
  readonly warm: Promise<RestoredState<PaymentStores> | null>
  /** Makes a task that counts on in `counters`. */
  readonly createTask: (warm: RestoredState<PaymentStores> | null, counters: TaskCounters) => Task<PaymentStores>
  /** The task was fenced; another one is made while the partition is owned. */
  readonly onFenced: (error: StreamsError) => void
  /** The task has ended for good with this. */
  readonly onFailed: (error: StreamsError) => void
}

/**
 * One partition that the group has given to this worker: its task, made anew after it was fenced. A task is fenced by the
 * next owner, but also by the cluster when a transaction took too long; opening it again asks the group first, so that
 * one who is no owner any more takes nothing over.
 */
export class OwnedPartition {
  private readonly options: OwnedPartitionOptions
  private readonly closing = new AbortController()
  private readonly counters = new TaskCounters()
  private current: Task<PaymentStores> | null = null
  private failure: StreamsError | null = null
  private readonly done: Promise<void>

  constructor(options: OwnedPartitionOptions) {
    this.options = options
    this.done = this.keepRunning()
  }

  /** Null until it is made. */
  get task(): Task<PaymentStores> | null {
    return this.current
  }

  /** What ended the task for good, or null. */
  get failed(): StreamsError | null {
    return this.failure
  }

  /** Lets the task end what it has begun, write a checkpoint and close; resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.closing.abort()
    this.current?.stop()
    await this.done
  }

  private async keepRunning(): Promise<void> {
    const { createTask, onFenced, onFailed } = this.options
    const { signal } = this.closing
    for (let warm = await this.options.warm; !signal.aborted; warm = null) {
      this.current = createTask(warm, this.counters)
      try {
        await this.current.run()
        return
      } catch (error) {
        const failure = error as StreamsError
        if (failure.next !== 'fenced') {
          this.failure = failure
          onFailed(failure)
          return
        }
        if (!signal.aborted) onFenced(failure)
      }
      await machineTime.sleep(FENCED_PAUSE_MS, signal)
    }
  }
}
