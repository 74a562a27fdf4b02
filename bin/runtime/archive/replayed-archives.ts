import { answeredRow } from '../../../bigquery/answered-row.ts'
import type { Config } from '../../../platform/config.ts'
import { StreamsError } from '../../../streams/errors.ts'
import type { Log } from '../../../streams/log/log.ts'
import type { Session } from '../session.ts'
import { askArchive } from './archive-answers.ts'
import type { ReplayedArchive } from './archive-replay.ts'
import { archiveApplication } from './bigquery-erasure.ts'
import { bigQueryTarget } from './bigquery-target.ts'

const TIMEOUT_MS = 600_000

/** DuckDB's, whoever has it open. @throws StreamsError from its methods, for what it could not answer. */
export function replayedDuckDb(config: Config): ReplayedArchive {
  async function* answer(sql: string) {
    for await (const line of askArchive(config, { sql, timeoutMs: TIMEOUT_MS }, new AbortController().signal)) {
      if (line.failure !== undefined) throw new StreamsError('ARCHIVE_QUERY', 'retry', line.message ?? line.failure)
      yield line.rows ?? []
    }
  }
  return {
    standsBefore: async ({ topic, partition }) => {
      const sql = `SELECT next_offset FROM archive_positions WHERE topic = '${topic}' AND partition = ${partition}`
      for await (const [row] of answer(sql)) if (row !== undefined) return Number(row[0])
      return 0
    },
    async *rows(table, where) {
      const sql = `SELECT ${Object.keys(table.columns).join(', ')} FROM ${table.name} WHERE ${where}`
      for await (const rows of answer(sql)) yield rows.map((values) => answeredRow(table, values))
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
      for await (const page of dataset.pages(query)) yield page.map((row) => datasetRow(table, row))
    },
  }
}
