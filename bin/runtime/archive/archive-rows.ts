import type { Config } from '../../../platform/config.ts'
import { StreamsError } from '../../../streams/errors.ts'
import { askArchive } from './archive-answers.ts'

/** A row of an answer by its column names. */
export type AnswerRow = Readonly<Record<string, unknown>>

/** The rows of an answer of the archive, whoever has it open. @throws StreamsError ARCHIVE_MISSING where there is no archive, and what it refused. */
export async function* archiveRows(config: Config, sql: string, timeoutMs: number): AsyncGenerator<AnswerRow> {
  let names: readonly string[] = []
  for await (const line of askArchive(config, { sql, timeoutMs }, new AbortController().signal)) {
    if (line.failure !== undefined) throw new StreamsError('ARCHIVE_QUERY', 'retry', line.message ?? line.failure)
    names = line.columns ?? names
    for (const row of line.rows ?? []) yield Object.fromEntries(row.map((value, i) => [names[i] ?? '', value]))
  }
}
