import { ARCHIVED_PARTITIONS } from '../../../bigquery/archive-session.ts'
import type { DatasetErasure } from '../../../bigquery/dataset/erase-dataset.ts'
import type { Config } from '../../../platform/config.ts'
import type { Log } from '../../../streams/log/log.ts'
import { ARCHIVE_APPLICATION_PREFIX } from '../kafka-rights.ts'
import { holdsRecords } from '../partition-scan.ts'
import type { Session } from '../session.ts'
import type { AnswerRow } from './archive-rows.ts'
import { bigQueryTarget } from './bigquery-target.ts'

/** Who archives a log to a dataset: begins its transactional ids, and names what it has committed. */
export function archiveApplication(project: string, dataset: string): string {
  return `${ARCHIVE_APPLICATION_PREFIX}-${project}-${dataset}`
}

/** Whether the archiver of the settings' dataset has committed all records before `ends`. */
export async function datasetCaughtUp(
  { log, config, committedBy }: Pick<Session<Log>, 'log' | 'config' | 'committedBy'>,
  ends: ReadonlyMap<string, number>,
): Promise<boolean> {
  const application = archiveApplication(config.bigqueryProject, config.bigqueryDataset)
  for (const at of ARCHIVED_PARTITIONS) {
    const committed = (await committedBy(application, at))?.offset ?? 0
    if (await holdsRecords(log, at, committed, ends.get(`${at.topic}-${at.partition}`) ?? 0)) return false
  }
  return true
}

/**
 * Erases an account from the dataset of the settings, as far as its rows can be changed now; `keptMs` is how long BigQuery keeps what
 * they were, and `onChanged` is told rows as they are changed. @throws ConfigError, KeysError, StreamsError
 */
export async function eraseFromBigQuery(config: Config, erasure: DatasetErasure, onChanged: (rows: number) => void) {
  const dataset = await openDataset(config)
  const { eraseFromDataset } = await import('../../../bigquery/dataset/erase-dataset.ts')
  const keptMs = await dataset.keepsChangedMs()
  const { whole } = await eraseFromDataset(dataset, erasure, onChanged)
  return { whole, keptMs }
}

/** The rows of a query of the dataset of the settings, as plain values. @throws ConfigError, KeysError, StreamsError */
export async function datasetRows(config: Config, sql: string): Promise<AnswerRow[]> {
  const rows = await (await openDataset(config)).rows(sql)
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])))
}

/** Google's client takes a second to load; who does not archive there should not wait for it. */
async function openDataset(config: Config) {
  const { DatasetClient } = await import('../../../bigquery/dataset/dataset-client.ts')
  return new DatasetClient(bigQueryTarget(config))
}

/** Times come in objects of the client's own. */
function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value
}
