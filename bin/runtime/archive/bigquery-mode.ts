import type { BigQueryTarget } from '../../../bigquery/bigquery-target.ts'
import { LoadJobs } from '../../../bigquery/load/load-jobs.ts'
import { LoadRequests } from '../../../bigquery/load/load-requests.ts'
import { LoadWriter } from '../../../bigquery/load/load-writer.ts'
import { Staging } from '../../../bigquery/load/staging.ts'
import type { PartitionArchiversOptions } from '../../../bigquery/partition-archivers.ts'
import { ARCHIVED_TOPICS } from '../../../bigquery/rows/record-rows.ts'
import { StreamWriter } from '../../../bigquery/storage/stream-writer.ts'
import type { Warehouse } from '../../../bigquery/storage/warehouse.ts'
import type { WriterTools } from '../../../bigquery/storage/writer-tools.ts'
import { type Config, ConfigError, variableOf } from '../../../platform/config.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { loadsPath } from './archive-paths.ts'

/** Each commit is a transaction of the log, for each partition; what is appended is in the tables long before. */
const STREAM_FLUSH_MS = 5_000
/** A failed job counts as well, and a quota that is used up comes back slowly. */
const LOAD_PAUSE = { firstMs: 1_000, maxMs: 600_000 } as const
/** BigQuery's: load jobs of one table in a day, failed ones included. */
const JOBS_A_DAY = 1_500
const DAY_MS = 86_400_000
/** Each partition has jobs of its own, and each table gets the rows of one topic. */
const PARTITIONS_MAX = Math.max(...ARCHIVED_TOPICS.map(({ partitions }) => partitions))
const LOAD_MIN_MS = Math.ceil((DAY_MS * PARTITIONS_MAX) / JOBS_A_DAY)

/** How rows go to BigQuery. */
export interface BigQueryMode {
  readonly what: string
  readonly sessions: Pick<PartitionArchiversOptions, 'openWriter' | 'flushMs' | 'flushRows' | 'pause'>
  close(): void
}

/** @throws ConfigError for an interval that takes more jobs a day than BigQuery gives; a stand-in has no quota. */
export function requireQuota({ bigqueryMode, bigqueryLoadMs }: Config, { standIn }: BigQueryTarget): void {
  if (bigqueryMode !== 'load' || standIn !== null || bigqueryLoadMs >= LOAD_MIN_MS) return
  const jobs = Math.ceil((DAY_MS / bigqueryLoadMs) * PARTITIONS_MAX)
  throw new ConfigError(
    `${variableOf('bigqueryLoadMs')}=${bigqueryLoadMs} is ${jobs} load jobs a day for one table (${PARTITIONS_MAX} partitions), and BigQuery ` +
      `takes ${JOBS_A_DAY}; set ${LOAD_MIN_MS} or more, or ${variableOf('bigqueryMode')}=stream`,
  )
}

export async function openMode(
  config: Config,
  tools: WriterTools,
  warehouse: Warehouse,
  logId: string,
): Promise<BigQueryMode> {
  if (config.bigqueryMode === 'stream') {
    const sessions = { openWriter: () => new StreamWriter(tools), flushMs: STREAM_FLUSH_MS }
    return { what: 'write streams', sessions, close: () => {} }
  }
  const { name: dataset } = warehouse.dataset
  const staging = await Staging.open(loadsPath(config.dataFolder, dataset), config.archiveMemoryMb)
  const jobs = new LoadJobs(new LoadRequests(warehouse.dataset), machineTime)
  const loadTools = { ...tools, jobs, staging, dataset, logId, rangeBytesMax: config.bigqueryLoadMb << 20 }
  return {
    what: `load jobs, every ${config.bigqueryLoadMs / 1_000} s`,
    sessions: {
      openWriter: () => new LoadWriter(loadTools),
      flushMs: config.bigqueryLoadMs,
      flushRows: Number.POSITIVE_INFINITY,
      pause: LOAD_PAUSE,
    },
    close: () => staging.close(),
  }
}
