import type { Config } from '../../../platform/config.ts'
import { askArchive } from '../archive/archive-answers.ts'

const ANSWER_MS = 10_000

/** Every row of an answer of the archive. @throws StreamsError when nobody can be asked, Error when it is refused. */
export async function archiveRows(config: Config, sql: string): Promise<readonly (readonly unknown[])[]> {
  const rows: (readonly unknown[])[] = []
  const { signal } = new AbortController()
  for await (const line of askArchive(config, { sql, timeoutMs: ANSWER_MS }, signal)) {
    if (line.failure !== undefined) throw new Error(line.message ?? line.failure)
    rows.push(...(line.rows ?? []))
  }
  return rows
}
