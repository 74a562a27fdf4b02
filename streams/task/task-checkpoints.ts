import type { LogBounds } from '../log/log.ts'
import type { TaskStores } from '../state/task-stores.ts'

/** State as of an input offset: every record before `offset` is in it, none after. */
export interface RestoredState<S> {
  readonly stores: S
  readonly offset: number
}

/** The checkpoints of one task (ARCHITECTURE decision 3), as the task uses them. */
export interface TaskCheckpoints<S extends TaskStores> {
  /**
   * The newest checkpoint that is whole, belongs to this task and reaches the retained log, loaded; null when there is none.
   * `refused` tells why each newer file was not believed.
   */
  restore(reach: {
    readonly bounds: LogBounds
    readonly committedOffset: number
  }): Promise<{ readonly state: RestoredState<S> | null; readonly refused: readonly string[] }>
  /**
   * The offset of the newest checkpoint that stands there, believed or not; 0 without one. Asked for before what is committed is: what stood there
   * before was committed before, so only an owner that came later, and is not the asker, can have written what stands past it.
   * @throws StreamsError CHECKPOINTS_AWAY (abort): the store does not answer.
   */
  newest(): Promise<number>
  /**
   * A checkpoint holds what was committed. One past the committed offset says that the log has forgotten where the task was, as brokers do of a
   * group that had no member for a week and a log that was put back to an older copy: a start would decide everything since once more, and
   * the next restore would take that checkpoint for the state of records that it has never seen. `newest` is where the youngest stood
   * before the committed offset was asked for. A file that is refused proves nothing.
   * @throws StreamsError OFFSETS_LOST (stop)
   */
  requireNonePast(committedOffset: number, newest: number): Promise<void>
  /** Whether enough records or time have passed since the last one. */
  due(offset: number): boolean
  /**
   * Takes a snapshot at once (no overlay is open) and writes it in slices behind the task's back. A failed write is
   * reported by the next call of `due` as an error of the store, never believed and never awaited by the hot path.
   */
  begin(stores: S, offset: number): void
  /** For how long the newest checkpoint has lacked something that is committed, ms; 0 while it lacks nothing. */
  ageMs(committedOffset: number): number
  /** Waits for the snapshot that is being written. */
  settled(): Promise<void>
}
