import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type DuckDBAppender, type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { TopicPartition } from '../../streams/log/log.ts'
import { ColumnValues } from '../duckdb/column-values.ts'
import { duckdbError } from '../duckdb/duckdb-errors.ts'
import { BadColumn } from '../rows/bad-column.ts'
import { duckdbTable } from '../schema/duckdb-ddl.ts'
import { type AnyRow, TABLES, type TableName, type TableRow } from '../schema/tables.ts'
import { RowEncoder } from '../storage/row-encoder.ts'
import type { Refusal } from '../storage/table-stream.ts'

/** DuckDB's own size of a vector. */
const CHUNK_ROWS = 2_048
/** One: each thread holds a row group of its own when Parquet is written. */
const THREADS = 1
/** Ten vectors: a row group is held in memory until it is whole. */
const ROW_GROUP_ROWS = 20_480

const TABLE_TOOLS = new Map(
  TABLES.map((table) => [table.name, { table, columns: new ColumnValues(table), encoder: new RowEncoder(table) }]),
)

/**
 * Where rows wait for their load job: a DuckDB of this process alone, in memory up to a bound and on disk beyond it. Nothing of it
 * outlives the process, since the log has every row.
 */
export class Staging {
  private readonly folder: string
  private readonly instance: DuckDBInstance
  /** Files are written one after the other: together they would need more memory than there is. */
  private writing: Promise<void> = Promise.resolve()

  private constructor(folder: string, instance: DuckDBInstance) {
    this.folder = folder
    this.instance = instance
  }

  /** `folder` is the archive's own; what former processes left in it goes. @throws StreamsError */
  static async open(folder: string, memoryMb: number): Promise<Staging> {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      for (const left of readdirSync(folder)) rmSync(join(folder, left), { recursive: true, force: true })
      // A name that no process has had: one that was outlived and still uploads must not read a file of this one.
      const own = mkdtempSync(join(folder, 'rows-'))
      const instance = await DuckDBInstance.create(':memory:', {
        threads: String(THREADS),
        memory_limit: `${memoryMb}MB`,
        temp_directory: join(own, 'tmp'),
        autoinstall_known_extensions: 'false',
        autoload_known_extensions: 'false',
      })
      return new Staging(own, instance)
    } catch (error) {
      throw duckdbError(error)
    }
  }

  /** Room for one partition; whoever had it before has lost it. @throws StreamsError */
  async rowsOf({ topic, partition }: TopicPartition): Promise<StagedRows> {
    try {
      const connection = await this.instance.connect()
      const rows = new StagedRows(connection, this.folder, `${topic}-${partition}`, (work) => this.inTurn(work))
      await rows.clear()
      return rows
    } catch (error) {
      throw duckdbError(error)
    }
  }

  private inTurn(work: () => Promise<unknown>): Promise<void> {
    const done = this.writing.then(work).then(() => {})
    this.writing = done.catch(() => {})
    return done
  }

  close(): void {
    this.instance.closeSync()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The rows of one partition that wait. After an error they are lost; the partition is begun again. */
export class StagedRows {
  /** What they take, encoded. */
  bytes = 0
  private readonly connection: DuckDBConnection
  private readonly folder: string
  private readonly schema: string
  private readonly inTurn: (work: () => Promise<unknown>) => Promise<void>
  private readonly appenders = new Map<TableName, DuckDBAppender>()

  constructor(
    connection: DuckDBConnection,
    folder: string,
    schema: string,
    inTurn: (work: () => Promise<unknown>) => Promise<void>,
  ) {
    this.inTurn = inTurn
    this.connection = connection
    this.folder = folder
    this.schema = schema
  }

  /** Tables that have rows, in the order of the schema. */
  get tables(): TableName[] {
    return TABLES.map(({ name }) => name).filter((name) => this.appenders.has(name))
  }

  /** Adds rows behind those that wait; gives back those that no table can hold. @throws StreamsError */
  async add(rows: readonly TableRow[]): Promise<Refusal[]> {
    const byTable = new Map<TableName, AnyRow[]>()
    const refusals: Refusal[] = []
    for (const { table, row } of rows) {
      const refusal = this.measure(table, row)
      if (refusal !== null) refusals.push(refusal)
      else if (!byTable.get(table)?.push(row)) byTable.set(table, [row])
    }
    try {
      for (const [table, staged] of byTable) {
        const appender = this.appenders.get(table) ?? (await this.make(table))
        const { columns } = TABLE_TOOLS.get(table)!
        for (let at = 0; at < staged.length; at += CHUNK_ROWS)
          appender.appendDataChunk(columns.chunkOf(staged.slice(at, at + CHUNK_ROWS)))
        appender.flushSync()
      }
      return refusals
    } catch (error) {
      throw duckdbError(error)
    }
  }

  /** Writes the rows of a table as Parquet, in the order in which they came; the file's path. @throws StreamsError */
  async write(table: TableName, name: string): Promise<string> {
    const file = join(this.folder, `${name}.parquet`)
    try {
      const options = `FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}`
      await this.inTurn(() => this.connection.run(`COPY ${table} TO '${file.replaceAll("'", "''")}' (${options})`))
      return file
    } catch (error) {
      throw duckdbError(error)
    }
  }

  async clear(): Promise<void> {
    this.drop()
    await this.connection.run(`DROP SCHEMA IF EXISTS "${this.schema}" CASCADE`)
    await this.connection.run(`CREATE SCHEMA "${this.schema}"`)
    await this.connection.run(`SET schema = '"${this.schema}"'`)
  }

  async close(): Promise<void> {
    this.drop()
    await this.connection.run(`DROP SCHEMA IF EXISTS "${this.schema}" CASCADE`)
    this.connection.closeSync()
  }

  private drop(): void {
    for (const appender of this.appenders.values()) appender.closeSync()
    this.appenders.clear()
    this.bytes = 0
  }

  private async make(name: TableName): Promise<DuckDBAppender> {
    const [statement] = duckdbTable(TABLE_TOOLS.get(name)!.table)
    await this.connection.run(statement!)
    const appender = await this.connection.createAppender(name, this.schema)
    this.appenders.set(name, appender)
    return appender
  }

  /** One bad row would fail the job of all. */
  private measure(table: TableName, row: AnyRow): Refusal | null {
    try {
      this.bytes += TABLE_TOOLS.get(table)!.encoder.encode(row).length
      return null
    } catch (error) {
      if (!(error instanceof BadColumn)) throw error
      return { table, offset: row.kafka_offset, column: error.column, rule: error.message }
    }
  }
}
