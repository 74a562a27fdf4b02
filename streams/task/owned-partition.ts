import type { StreamsError } from '../errors.ts'
import type { TaskStores } from '../state/task-stores.ts'
import type { Task } from './task.ts'
import type { RestoredState } from './task-checkpoints.ts'
import { TaskCounters } from './task-counters.ts'

/** Before a fenced partition is opened anew: by then the group has said whether it is still ours. */
const FENCED_PAUSE_MS = 500

export interface OwnedPartitionOptions<S extends TaskStores> {
  /** The state that a standby has, if any: the first task goes on from there. */
  readonly warm: Promise<RestoredState<S> | null>
  /** Makes a task that counts on in `counters`. */
  readonly createTask: (warm: RestoredState<S> | null, counters: TaskCounters) => Task<S>
  /** The task was fenced; another one is made while the partition is owned. */
  readonly onFenced: (error: StreamsError) => void
  /** The task has ended for good with this. */
  readonly onFailed: (error: StreamsError) => void
  readonly clock: { wait(delayMs: number): Promise<void> }
}

/**
 * One partition that is given to this process: its task, made anew after it was fenced. A task is fenced by the
 * next owner, but also by the cluster when a transaction took too long; opening it again asks the group first, so that
 * one who is no owner any more takes nothing over.
 */
export class OwnedPartition<S extends TaskStores> {
  private readonly options: OwnedPartitionOptions<S>
  private closing = false
  private readonly closed = Promise.withResolvers<void>()
  private readonly counters = new TaskCounters()
  private current: Task<S> | null = null
  private failure: StreamsError | null = null
  private readonly done: Promise<void>

  constructor(options: OwnedPartitionOptions<S>) {
    this.options = options
    this.done = this.keepRunning()
  }

  /** Null until it is made. */
  get task(): Task<S> | null {
    return this.current
  }

  /** What ended the task for good, or null. */
  get failed(): StreamsError | null {
    return this.failure
  }

  /** Lets the task write a checkpoint, end what it has begun and close; resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.closing = true
    this.closed.resolve()
    this.current?.handOver()
    await this.done
  }

  private async keepRunning(): Promise<void> {
    const { createTask, onFenced, onFailed, clock } = this.options
    for (let warm = await this.options.warm; !this.closing; warm = null) {
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
        if (!this.closing) onFenced(failure)
      }
      await Promise.race([clock.wait(FENCED_PAUSE_MS), this.closed.promise])
    }
  }
}
