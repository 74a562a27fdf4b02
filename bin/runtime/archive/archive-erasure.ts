import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ARCHIVED_PARTITIONS } from '../../../bigquery/archive-session.ts'
import type { ErasedAccount } from '../../../bigquery/duckdb/erase-rows.ts'
import { askOwnerToErase, NobodyAnswers } from '../../../bigquery/query-client.ts'
import { StreamsError } from '../../../streams/errors.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import type { Session } from '../session.ts'
import { archivePath, archiveSocket } from './archive-paths.ts'
import { archiveRows } from './archive-rows.ts'

const POLL_MS = 200
const ANSWER_MS = 60_000

/** Where committed records end now, by `topic-partition`: what the archive must have read before an erasure reaches all of it. */
export async function archivedEnds(log: Log): Promise<ReadonlyMap<string, number>> {
  const ends = new Map<string, number>()
  for (const at of ARCHIVED_PARTITIONS) ends.set(`${at.topic}-${at.partition}`, (await log.bounds(at)).endOffset)
  return ends
}

/** Whether the data folder has an archive of its own. */
export function hasArchive({ config }: Pick<Session<Log>, 'config'>): boolean {
  return existsSync(join(archivePath(config.dataFolder), 'archive.duckdb'))
}

/** Waits until the archive has read up to `ends`; false when it has not by `untilMs`: no archiver runs, or it is behind. */
export async function archiveCaughtUp(
  { config }: Pick<Session<Log>, 'config'>,
  ends: ReadonlyMap<string, number>,
  untilMs: number,
): Promise<boolean> {
  for (;;) {
    const behind = new Map(ends)
    const rows = archiveRows(config, 'SELECT topic, partition, next_offset FROM archive_positions', ANSWER_MS)
    for await (const row of rows) {
      const name = `${row['topic']}-${row['partition']}`
      if (Number(row['next_offset']) >= (behind.get(name) ?? 0)) behind.delete(name)
    }
    if ([...behind.values()].every((end) => end === 0)) return true
    if (machineTime.nowMs() >= untilMs) return false
    await machineTime.wait(POLL_MS)
  }
}

/**
 * Erases an account from the archive: by the process that has it open, or here when nobody has. Returns the rows that were changed.
 * @throws StreamsError `retry` when it could not be done now; nothing is half done.
 */
export async function eraseArchived(
  { config, logId }: Pick<Session<Log>, 'config' | 'logId'>,
  account: ErasedAccount,
): Promise<number> {
  const { dataFolder, archiveMemoryMb: memoryMb } = config
  try {
    for await (const { done, failure, message } of askOwnerToErase(archiveSocket(dataFolder), account, never())) {
      if (done !== undefined) return done
      throw new StreamsError('ARCHIVE_ERASURE', 'retry', message ?? failure ?? 'the archive did not say')
    }
    throw new StreamsError('ARCHIVE_ERASURE', 'retry', 'the archiver ended before it answered')
  } catch (error) {
    if (!(error instanceof NobodyAnswers)) throw error
  }
  // DuckDB takes its time to load; the owner has it loaded.
  const { eraseFromArchive } = await import('../../../bigquery/duckdb/erase-archive.ts')
  return eraseFromArchive({ folder: archivePath(dataFolder), logId, memoryMb }, account, machineTime.nowMs())
}

const never = () => new AbortController().signal
