import type { OwnerTools } from '../position/partitions-writer.ts'
import type { ArchiveEvidence } from '../position/rows-ahead.ts'
import type { WriteStreams } from '../storage/table-stream.ts'
import type { RefusalTools } from '../storage/writer-tools.ts'
import type { LoadJobs } from './load-jobs.ts'
import type { Staging } from './staging.ts'

/** What the writers of load jobs work with; the same for all partitions of a process. */
export interface LoadTools extends OwnerTools, RefusalTools {
  readonly warehouse: ArchiveEvidence & Pick<WriteStreams, 'requireTable'>
  readonly jobs: Pick<LoadJobs, 'run'>
  readonly staging: Staging
  /** `project.dataset` */
  readonly dataset: string
  /** Tells the log whose offsets name the jobs from every other. */
  readonly logId: string
  /** A range of a partition that takes so much, encoded, ends before its time; within one fetch. */
  readonly rangeBytesMax: number
}
