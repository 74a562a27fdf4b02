import { DISPOSITIONS } from '../disposition.ts'

/**
 * What one task has done, counted per batch into plain numbers; a scrape reads them, nothing is counted twice.
 * The names under which they are published are Kafka Streams' (see `platform/metrics.ts`).
 */
export class TaskCounters {
  /** Records by disposition; the index is the number in `streams/disposition.ts`. */
  readonly dispositions: Float64Array = new Float64Array(DISPOSITIONS.length)
  /** Dead letters by the topology's reason ordinal. */
  readonly deadLetters: Float64Array = new Float64Array(64)
  /** Records written by output topic. */
  readonly produced: Map<string, number> = new Map()
  commits = 0
  /** From a transaction's begin to its acknowledged end. */
  commitMsTotal = 0
  commitMsMax = 0
  processMsTotal = 0
  /** Input records that restores have folded. */
  restoredRecords = 0
  /** Input records that the restore under way has still to fold. */
  restoreRemaining = 0
  /** Sessions given up for a new one after an error that another try may cure. */
  aborts = 0
  /** Sessions lost to another owner. */
  fenced = 0
  /** Commits whose outcome was unknown and had to be read from the log (SPEC X2). */
  unknownOutcomes = 0
  lag = 0
  /** Times in a row that nobody could tell what a schema id is; 0 unless the task waits for it (SPEC X5). */
  schemaWaits = 0

  /** Records that have a disposition. */
  get processed(): number {
    let sum = 0
    for (let i = 1; i < this.dispositions.length; i++) sum += this.dispositions[i] as number
    return sum
  }

  /** Adds what one committed transaction counted. */
  add({ dispositions, deadLetters, produced }: TaskCounters): void {
    for (let i = 0; i < dispositions.length; i++) this.dispositions[i]! += dispositions[i] as number
    for (let i = 0; i < deadLetters.length; i++) this.deadLetters[i]! += deadLetters[i] as number
    for (const [topic, records] of produced) this.produced.set(topic, (this.produced.get(topic) ?? 0) + records)
  }
}
