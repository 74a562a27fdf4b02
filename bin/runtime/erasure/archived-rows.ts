import type { Config } from '../../../platform/config.ts'
import { StreamsError } from '../../../streams/errors.ts'
import { type AnswerRow, archiveRows } from '../archive/archive-rows.ts'

/** A subject is looked for in all there is. */
const TIMEOUT_MS = 600_000

/** The rows of an answer of the archive; none where there is no archive, which holds nothing of anybody. @throws StreamsError */
export async function* archivedRows(config: Config, sql: string): AsyncGenerator<AnswerRow> {
  try {
    yield* archiveRows(config, sql, TIMEOUT_MS)
  } catch (error) {
    if (!(error instanceof StreamsError && error.code === 'ARCHIVE_MISSING')) throw error
  }
}
