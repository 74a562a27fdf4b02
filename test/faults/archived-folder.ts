import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { Archiver } from '../../bigquery/archiver.ts'
import { ArchiveFile } from '../../bigquery/duckdb/archive-file.ts'
import { DuckDbWriter } from '../../bigquery/duckdb/duckdb-writer.ts'
import { exportClosedDays } from '../../bigquery/duckdb/exports.ts'
import { TABLES } from '../../bigquery/schema/tables.ts'
import { archivePath } from '../../bin/runtime/archive/archive-paths.ts'
import { archiveSchemaIds } from '../../bin/runtime/schema-ids.ts'
import type { Session } from '../../bin/runtime/session.ts'
import { createDeadLetters } from '../../bin/runtime/session-dead-letters.ts'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { drainArchiver } from '../bigquery/drained-archiver.ts'

/** Archives in DuckDB all that is committed in the log of a data folder, and exports the days that are over at `nowMs`. */
export async function archiveFolder(session: Session<Log>, dataFolder: string, nowMs: number): Promise<void> {
  const { log, logId, registry, ids } = session
  const settings = { folder: archivePath(dataFolder), logId, memoryMb: 256 }
  const letters = createDeadLetters(session)
  const archiver = new Archiver({
    log,
    group: log.group('sluice-archive'),
    schemaIds: await archiveSchemaIds(registry, ids),
    refuse: (rows) => letters.append(rows),
    clock: machineTime,
    openWriter: () => DuckDbWriter.open(settings, machineTime),
    events: { onWaiting: () => {}, onLive: () => {}, onLost: () => {} },
  })
  await drainArchiver(archiver)
  const file = await ArchiveFile.open(settings)
  await exportClosedDays(file, nowMs)
  file.close()
}

/** Each row of the archive's tables and of its Parquet files as JSON: both compress, so it is read as a reader reads it. */
export async function visitArchivedRows(
  archive: string,
  look: (where: `archive ${string}` | `export ${string}`, row: string) => void,
): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const rowsOf = async (from: string) =>
    (await connection.runAndReadAll(`SELECT to_json(t) FROM ${from} AS t`)).getRows().flat().map(String)
  await connection.run(`ATTACH '${join(archive, 'archive.duckdb')}' AS archive (READ_ONLY)`)
  for (const { name } of TABLES) {
    for (const row of await rowsOf(`archive.${name}`)) look(`archive ${name}`, row)
  }
  for (const file of readdirSync(join(archive, 'exports'), { recursive: true }).map(String)) {
    if (!file.endsWith('.parquet')) continue
    const table = file.split('/')[0] ?? ''
    for (const row of await rowsOf(`read_parquet('${join(archive, 'exports', file)}')`)) look(`export ${table}`, row)
  }
  connection.closeSync()
  instance.closeSync()
}
