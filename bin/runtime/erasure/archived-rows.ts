import type { Config } from '../../../platform/config.ts'
import { StreamsError } from '../../../streams/errors.ts'
import { type AnswerRow, archiveRows } from '../archive/archive-rows.ts'

/** A subject is looked for in all there is. */
const TIMEOUT_MS = 600_000

/** A query of an archive: the predicate that rows of an account hold is its own in each. */
export type ArchiveQuery = (ofAccount: (column: string, accountId: string) => string) => string

/**
 * The rows of an answer of each archive there is, the embedded one and that in BigQuery; none where there is none. In BigQuery the
 * predicate lets a few others in: who asks compares. @throws StreamsError
 */
export async function* archivedRows(config: Config, query: ArchiveQuery): AsyncGenerator<AnswerRow> {
  yield* embeddedRows(
    config,
    query((column, accountId) => `${column} = '${accountId.replaceAll("'", "''")}'`),
  )
  if (config.bigqueryProject === '') return
  const { datasetRows } = await import('../archive/bigquery-erasure.ts')
  const { inBucketOf } = await import('../../../bigquery/dataset/erase-dataset.ts')
  yield* await datasetRows(config, query(inBucketOf))
}

async function* embeddedRows(config: Config, sql: string): AsyncGenerator<AnswerRow> {
  try {
    yield* archiveRows(config, sql, TIMEOUT_MS)
  } catch (error) {
    if (!(error instanceof StreamsError && error.code === 'ARCHIVE_MISSING')) throw error
  }
}
