import { StreamsError } from '../errors.ts'
import type { Log, TopicPartition } from '../log/log.ts'
import type { TaskStores } from '../state/task-stores.ts'
import { fold, restore } from './restore.ts'
import type { RestoredState, TaskCheckpoints } from './task-checkpoints.ts'
import type { TaskProcessor } from './task-processor.ts'

/** What a standby is given; time and waiting are arguments, as for a task. */
export interface StandbyOptions<S extends TaskStores> {
  readonly input: TopicPartition
  readonly log: Log
  readonly processor: TaskProcessor<S>
  /** Read once, at the beginning; a standby writes none. */
  readonly checkpoints: TaskCheckpoints<S>
  /** The input offset that the active task has committed. Asking must not make the asker its owner. */
  readonly committed: () => Promise<number>
  readonly clock: { wait(delayMs: number): Promise<void> }
  /** Pause between two looks at what is committed. */
  readonly pollMs: number
  /** Told of every error that the standby survives. */
  readonly onError?: (error: StreamsError) => void
}

/**
 * Keeps the state of a partition warm while another process decides: it folds the input as far as the active task has
 * committed, never further, and writes nothing. A state that ran ahead would take the active task's unfinished records
 * for repeats.
 */
export class Standby<S extends TaskStores> {
  private readonly options: StandbyOptions<S>
  private state: RestoredState<S> | null = null
  private stopping = false
  private running: Promise<void> | null = null

  constructor(options: StandbyOptions<S>) {
    this.options = options
  }

  /** One past the last input offset that is folded. */
  get offset(): number {
    return this.state?.offset ?? 0
  }

  /** The state as folded so far; null until it is restored. */
  get stores(): S | null {
    return this.state?.stores ?? null
  }

  /** Follows until promoted. Rejects with the StreamsError that another try cannot cure. */
  run(): Promise<void> {
    this.running ??= this.follow()
    return this.running
  }

  /**
   * Ends the standby and hands its state over: give it to the task that takes the partition over as `TaskOptions.warm`, and that
   * task folds what is left instead of restoring. Null when there is no state yet.
   */
  async promote(): Promise<RestoredState<S> | null> {
    this.stopping = true
    await this.running
    return this.state
  }

  private async follow(): Promise<void> {
    const { clock, pollMs, onError } = this.options
    while (!this.stopping) {
      try {
        if (await this.catchUp()) continue
      } catch (error) {
        if (!(error instanceof StreamsError) || error.next === 'stop' || error.next === 'fenced') throw error
        onError?.(error)
      }
      await clock.wait(pollMs)
    }
  }

  /** Folds up to what is committed. False when there was nothing to fold. */
  private async catchUp(): Promise<boolean> {
    const { log, input, processor, checkpoints, committed } = this.options
    const until = await committed()
    if (this.state === null) {
      this.state = await restore(log, input, processor, checkpoints, until, () => {})
      return true
    }
    const { stores, offset } = this.state
    if (until <= offset) return false
    await fold(log, input, processor, this.state, until, (reached) => {
      this.state = { stores, offset: reached }
    })
    return true
  }
}
