import { answeredRow } from '../../../bigquery/answered-row.ts'
import type { Config } from '../../../platform/config.ts'
import type { Log } from '../../../streams/log/log.ts'
import type { Session } from '../session.ts'
import type { ReplayedArchive } from './archive-replay.ts'
import { archiveRows } from './archive-rows.ts'
import { archiveApplication } from './bigquery-erasure.ts'
import { bigQueryTarget } from './bigquery-target.ts'

const TIMEOUT_MS = 600_000

/** DuckDB's, whoever has it open. @throws StreamsError from its methods, for what it could not answer. */
export function replayedDuckDb(config: Config): ReplayedArchive {
  return {
    standsBefore: async ({ topic, partition }) => {
      const sql = `SELECT next_offset FROM archive_positions WHERE topic = '${topic}' AND partition = ${partition}`
      for await (const row of archiveRows(config, sql, TIMEOUT_MS)) return Number(row['next_offset'])
      return 0
    },
    async *rows(table, where) {
      const sql = `SELECT ${Object.keys(table.columns).join(', ')} FROM ${table.name} WHERE ${where}`
      for await (const row of archiveRows(config, sql, TIMEOUT_MS)) yield answeredRow(table, Object.values(row))
    },
  }
}

/** The dataset of the settings, as far as its archiver has committed. @throws ConfigError, KeysError; StreamsError from its methods. */
export async function replayedBigQuery({ config, committedBy }: Session<Log>): Promise<ReplayedArchive> {
  const target = bigQueryTarget(config)
  // Google's client takes a second to load.
  const { DatasetClient } = await import('../../../bigquery/dataset/dataset-client.ts')
  const { datasetRow } = await import('../../../bigquery/dataset/dataset-row.ts')
  const dataset = new DatasetClient(target)
  const application = archiveApplication(target.project, target.dataset)
  return {
    standsBefore: async (at) => (await committedBy(application, at))?.offset ?? 0,
    async *rows(table, where) {
      const query = `SELECT ${Object.keys(table.columns).join(', ')} FROM ${table.name} WHERE ${where}`
      for await (const page of dataset.pages(query)) for (const row of page) yield datasetRow(table, row)
    },
  }
}
