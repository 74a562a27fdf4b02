import type { StoreSet } from './overlay.ts'

/** The state of one task, whatever it is made of. */
export interface TaskStores {
  /** All stores of the task: opened, sealed, merged and dropped together. */
  readonly set: StoreSet
  /** Stream time: the highest event time of a record that this task has decided; -1 before the first. */
  readonly streamTimeMs: number
  /**
   * Frees a bounded amount of what committed stream time has made unreachable; called after each merge.
   * Frees everything instead when `all` is set, which a task asks for when a store is at its bound.
   */
  expire(all: boolean): void
}
