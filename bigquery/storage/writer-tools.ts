import type { Log, OutputBatch, TopicPartition } from '../../streams/log/log.ts'
import type { ArchiveEvidence } from '../position/rows-ahead.ts'
import type { Refusal, WriteStreams } from './table-stream.ts'

/** What the writers of BigQuery work with; the same for all partitions of a process. */
export interface WriterTools {
  readonly log: Pick<Log, 'openTask'>
  /** Makes the transactional ids: one archive has one of its own, so that another dataset begins from the start of the log. */
  readonly applicationId: string
  readonly warehouse: WriteStreams & ArchiveEvidence
  /** Dead letters of refused rows, to be committed with the position. */
  readonly deadLetters: (at: TopicPartition, refusals: readonly Refusal[]) => Promise<readonly OutputBatch[]>
  readonly onRefused: (at: TopicPartition, refusals: readonly Refusal[]) => void
}
