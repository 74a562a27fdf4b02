import type { CheckpointedStore } from '../../streams/state/section.ts'
import type { TaskStores } from '../../streams/state/task-stores.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import type { RecordInput } from '../../streams/testing/plain-records.ts'
import type { SeededRandom } from '../../streams/testing/seeded-random.ts'

/** State that a simulation can compare and keep. */
export interface SimulatedStores extends TaskStores {
  readonly sections: readonly CheckpointedStore[]
  digest(): string
}

/** A topology and the records that a simulation sends through it. */
export interface Scenario<S extends SimulatedStores> {
  readonly name: string
  readonly processor: BatchProcessor<S>
  readonly partitions: number
  readonly outputTopics: readonly string[]
  /** What is sent, by partition, in order. */
  readonly records: (random: SeededRandom) => readonly (readonly RecordInput[])[]
  /** The input offset whose disposition an output record tells; null when it is a mere consequence (an alert). */
  readonly dispositionOf: (topic: string, value: Uint8Array) => number | null
}
