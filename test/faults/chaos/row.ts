import type { Stand, StandOptions } from './stand.ts'
import type { Tally } from './tally.ts'

/** One row of the fault matrix: what is done to a running system, and what must hold afterwards. */
export interface Row {
  /** Its number in the matrix, such as `F6`. */
  readonly row: string
  readonly title: string
  readonly expectation: string
  /** Rejects when what must hold does not. */
  run(context: RowContext, seed: number): Promise<void>
}

/** What a row is run with. */
export interface RowContext {
  /** True for the form that CI runs: fewer strikes of the same faults. */
  readonly short: boolean
  readonly tally: Tally
  /** Starts the system under test; it is gone when the row is over. */
  open(options?: StandOptions): Promise<Stand>
  /** Tells how far the row is. */
  tell(progress: string): void
}
