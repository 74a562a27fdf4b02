import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { syncDirectory } from '../../streams/embedded/sync-directory.ts'
import { ArchiveFile, type ArchiveFileSettings } from './archive-file.ts'
import { duckdbError } from './duckdb-errors.ts'
import { type ErasedAccount, eraseRows } from './erase-rows.ts'
import { exportClosedDays } from './exports.ts'

/**
 * Erases an account from an archive that nobody has open: its rows, then the exported days that held them, then what DuckDB would leave of
 * the old rows in the free blocks of its file. Whole or again: each step is safe to repeat. Returns the rows that were changed.
 * @throws StreamsError ARCHIVE_LOCKED (retry) when another process has it open.
 */
export async function eraseFromArchive(
  settings: ArchiveFileSettings,
  account: ErasedAccount,
  nowMs: number,
): Promise<number> {
  const file = await ArchiveFile.open(settings)
  let rows: number
  try {
    const connection = await file.connect()
    rows = await eraseRows(connection, account)
    await exportClosedDays(file, nowMs)
    // So that nothing of the old rows is left in the write-ahead log.
    await connection.run('CHECKPOINT')
  } catch (error) {
    throw duckdbError(error)
  } finally {
    file.close()
  }
  await rewriteFile(file.folder.file, settings.memoryMb)
  return rows
}

/**
 * Copies the file to a new one and puts that in its place. DuckDB frees the blocks of changed rows and leaves their bytes, so the copy is
 * what erases them. The old one is held, read-only, until the new one has its name: nobody can write to it meanwhile.
 */
async function rewriteFile(file: string, memoryMb: number): Promise<void> {
  const fresh = `${file}.rewritten`
  for (const path of [fresh, `${fresh}.wal`]) rmSync(path, { force: true })
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: `${memoryMb}MB` })
  try {
    const connection = await instance.connect()
    await connection.run(`SET temp_directory = '${quoted(`${file}.tmp`)}'`)
    await connection.run(`ATTACH '${quoted(file)}' AS held (READ_ONLY)`)
    await connection.run(`ATTACH '${quoted(fresh)}' AS fresh`)
    await connection.run('COPY FROM DATABASE held TO fresh')
    await connection.run('CHECKPOINT fresh')
    await connection.run('DETACH fresh')
    // The copy holds what it held; behind the new file it would be somebody else's.
    rmSync(`${file}.wal`, { force: true })
    renameSync(fresh, file)
    // A power cut must not bring the old one back once a receipt says that it is gone.
    syncDirectory(dirname(file))
    await connection.run('DETACH held')
    connection.closeSync()
  } catch (error) {
    throw duckdbError(error)
  } finally {
    instance.closeSync()
    if (existsSync(fresh)) rmSync(fresh, { force: true })
  }
}

function quoted(path: string): string {
  return path.replaceAll("'", "''")
}
