import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { StreamsError } from '../../streams/errors.ts'
import { duckdbView } from '../views/view.ts'
import { VIEWS } from '../views/views.ts'
import { type Ask, migrateSchema, type SchemaDifference } from './archive-schema.ts'
import { duckdbError } from './duckdb-errors.ts'

/** Where the archive of a data folder stands. */
export interface ArchiveFolder {
  readonly folder: string
  readonly file: string
  /** Closed days as Parquet. */
  readonly exports: string
}

function archiveFolder(folder: string): ArchiveFolder {
  return { folder, file: join(folder, 'archive.duckdb'), exports: join(folder, 'exports') }
}

export interface ArchiveFileSettings {
  readonly folder: string
  /** Tells the log whose rows the file holds from every other. */
  readonly logId: string
  /** What DuckDB may take of memory, for rows and queries together. */
  readonly memoryMb: number
}

/** Its own threads: one for who writes, one for who asks. */
const THREADS = 2

/** The file under its one owner: DuckDB's lock lets no second process open it, not even to read. */
export class ArchiveFile {
  readonly folder: ArchiveFolder
  /** What opening has changed in its tables. */
  readonly migrated: readonly SchemaDifference[]
  private readonly instance: DuckDBInstance
  private readonly connections = new Set<DuckDBConnection>()

  private constructor(folder: ArchiveFolder, instance: DuckDBInstance, migrated: readonly SchemaDifference[]) {
    this.folder = folder
    this.instance = instance
    this.migrated = migrated
  }

  /** Opens a file that nobody has open, to read it and no more. @throws StreamsError */
  static async openToRead({ folder, memoryMb }: Omit<ArchiveFileSettings, 'logId'>): Promise<ArchiveFile> {
    const paths = archiveFolder(folder)
    try {
      const instance = await DuckDBInstance.create(paths.file, { ...settingsOf(memoryMb), access_mode: 'READ_ONLY' })
      const connection = await instance.connect()
      await lockDown(async (sql) => (await connection.runAndReadAll(sql)).getRows(), paths)
      connection.closeSync()
      return new ArchiveFile(paths, instance, [])
    } catch (error) {
      throw duckdbError(error)
    }
  }

  /**
   * Opens or makes it. From then on no statement reaches another file than itself, its temporary ones and its exports, and no
   * setting can be changed. @throws StreamsError
   */
  static async open({ folder, logId, memoryMb }: ArchiveFileSettings): Promise<ArchiveFile> {
    const paths = archiveFolder(folder)
    let instance: DuckDBInstance | null = null
    try {
      mkdirSync(paths.exports, { recursive: true, mode: 0o700 })
      instance = await DuckDBInstance.create(paths.file, settingsOf(memoryMb))
      const connection = await instance.connect()
      const ask: Ask = async (sql) => (await connection.runAndReadAll(sql)).getRows()
      await lockDown(ask, paths)
      // Whole or not at all: a new file that a crash left half made is an empty one.
      await ask('BEGIN TRANSACTION')
      await requireLog(ask, logId)
      const migrated = await migrateSchema(ask)
      for (const view of VIEWS) await ask(duckdbView(view))
      await ask('COMMIT')
      connection.closeSync()
      return new ArchiveFile(paths, instance, migrated)
    } catch (error) {
      instance?.closeSync()
      throw duckdbError(error)
    }
  }

  /** A connection that `disconnect` gives back; the file closes all that are left. */
  async connect(): Promise<DuckDBConnection> {
    const connection = await this.instance.connect()
    this.connections.add(connection)
    return connection
  }

  disconnect(connection: DuckDBConnection): void {
    if (this.connections.delete(connection)) connection.closeSync()
  }

  /** Ends what still runs: DuckDB keeps a file open, and locked, as long as any connection to it. */
  close(): void {
    for (const connection of this.connections) {
      connection.interrupt()
      connection.closeSync()
    }
    this.connections.clear()
    this.instance.closeSync()
  }
}

function settingsOf(memoryMb: number): Record<string, string> {
  return {
    threads: String(THREADS),
    memory_limit: `${memoryMb}MB`,
    // The writer says when: an automatic one would come in the middle of a commit.
    wal_autocheckpoint: '1GB',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  }
}

async function lockDown(ask: Ask, { folder, exports }: ArchiveFolder): Promise<void> {
  // DuckDB would take the zone of the machine.
  await ask("SET GLOBAL TimeZone = 'UTC'")
  await ask(`SET temp_directory = ${quoted(join(folder, 'tmp'))}`)
  await ask(`SET allowed_directories = [${quoted(`${exports}/`)}]`)
  await ask('SET enable_external_access = false')
  await ask('SET lock_configuration = true')
}

/** Offsets of one log mean nothing in another. */
async function requireLog(ask: Ask, logId: string): Promise<void> {
  await ask('CREATE TABLE IF NOT EXISTS archive_log (log_id VARCHAR NOT NULL)')
  await openPositions(ask)
  await ask(
    'CREATE TABLE IF NOT EXISTS archive_exports (table_name VARCHAR, day VARCHAR, rows BIGINT NOT NULL, PRIMARY KEY (table_name, day))',
  )
  const held = (await ask('SELECT log_id FROM archive_log'))[0]?.[0]
  if (held === undefined) await ask(`INSERT INTO archive_log VALUES (${quoted(logId)})`)
  else if (held !== logId) {
    const what = `the archive holds rows of log ${String(held)}, this one is ${logId}; put its own log back, or move the archive away`
    throw new StreamsError('ARCHIVE_OF_OTHER_LOG', 'stop', what)
  }
}

/** Removes positions that their partition has passed. */
export const FORGET_FORMER_POSITIONS = `DELETE FROM archive_advances AS a WHERE next_offset <
  (SELECT next_offset FROM archive_positions AS p WHERE p.topic = a.topic AND p.partition = a.partition)`

/**
 * Where the archive stands: a row for each flush and partition, of which the farthest holds. They are only ever added while rows are
 * written, since DuckDB commits added rows beside a checkpoint and has a changed one wait for its end.
 */
async function openPositions(ask: Ask): Promise<void> {
  await ask(
    'CREATE TABLE IF NOT EXISTS archive_advances (topic VARCHAR NOT NULL, partition BIGINT NOT NULL, next_offset BIGINT NOT NULL)',
  )
  const [known] = await ask("SELECT table_type FROM information_schema.tables WHERE table_name = 'archive_positions'")
  if (known?.[0] === 'BASE TABLE') {
    // An archive of a version that kept one row a partition.
    await ask('INSERT INTO archive_advances SELECT topic, partition, next_offset FROM archive_positions')
    await ask('DROP TABLE archive_positions')
  }
  await ask(
    'CREATE OR REPLACE VIEW archive_positions AS SELECT topic, partition, max(next_offset) AS next_offset FROM archive_advances GROUP BY topic, partition',
  )
  await ask(FORGET_FORMER_POSITIONS)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
