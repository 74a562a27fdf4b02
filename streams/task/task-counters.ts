import { DISPOSITIONS } from '../disposition.ts'

/**
 * What one task has done, counted per batch into plain numbers; a scrape reads them, nothing is counted twice.
 * The names under which they are published are Kafka Streams' (see `streams/metrics.ts`).
 */
export class TaskCounters {
  /** Records by disposition; the index is the number in `streams/disposition.ts`. */
  readonly dispositions: Float64Array = new Float64Array(DISPOSITIONS.length)
  /** Dead letters by the topology's reason ordinal. */
  readonly deadLetters: Float64Array = new Float64Array(64)
  commits = 0
  /** From a transaction's begin to its acknowledged end. */
  commitMsTotal = 0
  commitMsMax = 0
  processMsTotal = 0
  restoredRecords = 0
  aborts = 0
  lag = 0

  /** Records that have a disposition. */
  get processed(): number {
    let sum = 0
    for (let i = 1; i < this.dispositions.length; i++) sum += this.dispositions[i] as number
    return sum
  }
}
