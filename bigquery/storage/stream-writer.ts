import { PartitionsWriter } from '../position/partitions-writer.ts'
import { PartitionStreams } from './partition-streams.ts'
import type { WriterTools } from './writer-tools.ts'

/** Writes rows by the Storage Write API: a COMMITTED stream for each partition and table, each append at its offset. */
export class StreamWriter extends PartitionsWriter {
  constructor(tools: WriterTools) {
    super(tools, (owner) => PartitionStreams.open(tools, owner))
  }
}
