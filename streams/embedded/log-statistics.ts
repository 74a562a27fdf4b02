import type { LogBounds, TopicPartition } from '../log/log.ts'
import type { EnvironmentName } from './environment.ts'

export interface EnvironmentStatistics {
  readonly name: EnvironmentName
  /** What the file takes on the disk, free pages included. */
  readonly bytesOnDisk: number
  /** What is in use; at `bytesMax` nothing more is appended. */
  readonly bytesUsed: number
  readonly bytesMax: number
  /** Synced transactions of this process since it opened the log, and the requests that they carried together. */
  readonly syncs: number
  readonly requests: number
}

export interface PartitionStatistics extends TopicPartition, LogBounds {
  readonly bytes: number
}

/** The log's size and work, for `sluice doctor` and the metrics. Rates are differences of two of these. */
export interface LogStatistics {
  readonly directory: string
  readonly folderId: string
  readonly environments: readonly EnvironmentStatistics[]
  readonly partitions: readonly PartitionStatistics[]
}
