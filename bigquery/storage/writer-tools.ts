import type { OutputBatch, TopicPartition } from '../../streams/log/log.ts'
import type { OwnerTools } from '../position/partitions-writer.ts'
import type { ArchiveEvidence } from '../position/rows-ahead.ts'
import type { Refusal, WriteStreams } from './table-stream.ts'

/** What is done with rows that a table does not take. */
export interface RefusalTools {
  /** Dead letters of refused rows, to be committed with the position. */
  readonly deadLetters: (at: TopicPartition, refusals: readonly Refusal[]) => Promise<readonly OutputBatch[]>
  readonly onRefused: (at: TopicPartition, refusals: readonly Refusal[]) => void
}

/** What the streaming writers of BigQuery work with; the same for all partitions of a process. */
export interface WriterTools extends OwnerTools, RefusalTools {
  readonly warehouse: WriteStreams & ArchiveEvidence
}
