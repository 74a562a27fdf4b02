import { PartitionsWriter } from '../position/partitions-writer.ts'
import type { LoadTools } from './load-tools.ts'
import { PartitionLoads } from './partition-loads.ts'

/** Writes rows by load jobs: those of a partition between two flushes as one job for each table, under an id that happens once. */
export class LoadWriter extends PartitionsWriter {
  constructor(tools: LoadTools) {
    super(tools, (owner) => PartitionLoads.open(tools, owner))
  }
}
