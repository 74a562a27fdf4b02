import type { AnswerLine } from '../query-client.ts'
import { ArchiveFile } from './archive-file.ts'
import { QueryRefused } from './query-refused.ts'
import { answerQuery, type QueryLimits } from './read-only-query.ts'

/** The answer out of a file that nobody has open; all of it is held in memory. */
export async function* readArchive(
  at: { readonly folder: string; readonly memoryMb: number },
  sql: string,
  limits: QueryLimits,
): AsyncGenerator<AnswerLine> {
  const file = await ArchiveFile.openToRead(at)
  try {
    const lines: AnswerLine[] = []
    const done = await answerQuery(await file.connect(), sql, limits, {
      onColumns: (columns, types) => void lines.push({ columns, types }),
      onRows: (rows) => void lines.push({ rows }),
    })
    yield* lines
    yield { done }
  } catch (error) {
    if (!(error instanceof QueryRefused)) throw error
    yield { failure: error.failure, message: error.message }
  } finally {
    file.close()
  }
}
