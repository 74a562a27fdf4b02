import { existsSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import { type AnswerLine, askOwner, NobodyAnswers, type Question } from '../../../bigquery/query-client.ts'
import type { Config } from '../../../platform/config.ts'
import { StreamsError } from '../../../streams/errors.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { archivePath, archiveSocket } from './archive-paths.ts'

/** A process that opens the archive answers once it has: so long is waited for that. */
const OWNER_STARTS_MS = 10_000
const ASK_AGAIN_MS = 250

/**
 * The answer of the process that has the archive open, or of the file itself when nobody has. Ending early cancels the query.
 * @throws StreamsError when neither can be asked.
 */
export async function* askArchive(config: Config, question: Question, signal: AbortSignal): AsyncGenerator<AnswerLine> {
  const untilMs = machineTime.nowMs() + OWNER_STARTS_MS
  for (;;) {
    try {
      return yield* askOnce(config, question, signal)
    } catch (error) {
      const locked = error instanceof StreamsError && error.code === 'ARCHIVE_LOCKED'
      if (!locked || machineTime.nowMs() > untilMs || signal.aborted) throw error
      await machineTime.sleep(ASK_AGAIN_MS, signal)
    }
  }
}

async function* askOnce(config: Config, question: Question, signal: AbortSignal): AsyncGenerator<AnswerLine> {
  const socket = archiveSocket(config.dataFolder)
  try {
    requireOwnSocket(socket)
    yield* askOwner(socket, question, signal)
  } catch (error) {
    if (!(error instanceof NobodyAnswers)) throw error
    yield* askFile(config, question, signal)
  }
}

/** In a folder that all may write, a socket may be somebody else's. */
function requireOwnSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  const user = process.getuid?.()
  if (found === undefined || user === undefined || user === 0 || found.uid === user) return
  throw new StreamsError(
    'ARCHIVE_SOCKET',
    'stop',
    `${path} belongs to another user; ask as the user who runs \`sluice up\``,
  )
}

async function* askFile(config: Config, { sql, timeoutMs }: Question, signal: AbortSignal): AsyncGenerator<AnswerLine> {
  const folder = archivePath(config.dataFolder)
  if (!existsSync(join(folder, 'archive.duckdb'))) {
    const what = `there is no archive in ${folder}; \`sluice up\` makes one, or name the data folder with --data`
    throw new StreamsError('ARCHIVE_MISSING', 'stop', what)
  }
  // DuckDB takes its time to load; the owner has it loaded.
  const { readArchive } = await import('../../../bigquery/duckdb/archive-reading.ts')
  yield* readArchive({ folder, memoryMb: config.archiveMemoryMb }, sql, { timeoutMs, signal })
}
