import type { AnswerLine } from '../../../bigquery/query-client.ts'
import type { Config } from '../../../platform/config.ts'
import { StreamsError } from '../../../streams/errors.ts'
import { askArchive } from '../archive/archive-answers.ts'

const TIMEOUT_MS = 600_000

/** A row of an answer by its column names. */
export type AnswerRow = Readonly<Record<string, unknown>>

/** The rows of an answer of the archive, whoever has it open; none where there is no archive. @throws StreamsError */
export async function* archiveRows(config: Config, sql: string): AsyncGenerator<AnswerRow> {
  let names: readonly string[] = []
  for await (const line of answerOf(config, sql)) {
    names = line.columns ?? names
    for (const row of line.rows ?? []) yield Object.fromEntries(row.map((value, i) => [names[i] ?? '', value]))
  }
}

async function* answerOf(config: Config, sql: string): AsyncGenerator<AnswerLine> {
  try {
    for await (const line of askArchive(config, { sql, timeoutMs: TIMEOUT_MS }, new AbortController().signal)) {
      if (line.failure !== undefined) throw new StreamsError('ARCHIVE_QUERY', 'retry', line.message ?? line.failure)
      yield line
    }
  } catch (error) {
    if (!(error instanceof StreamsError && error.code === 'ARCHIVE_MISSING')) throw error
  }
}
