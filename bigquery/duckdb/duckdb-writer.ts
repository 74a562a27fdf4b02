import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api'
import { invariant, type StreamsError } from '../../streams/errors.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import type { ArchiveWriter, RowBatch } from '../archive-writer.ts'
import { type AnyRow, TABLES, type TableName } from '../schema/tables.ts'
import { ArchiveFile, type ArchiveFileSettings, FORGET_FORMER_POSITIONS } from './archive-file.ts'
import { BackgroundCheckpoint } from './background-checkpoint.ts'
import { ColumnValues } from './column-values.ts'
import { duckdbError } from './duckdb-errors.ts'

/** DuckDB's own size of a vector. */
const CHUNK_ROWS = 2_048
/** Rows of positions that others have passed are removed once so many were added: about an hour of flushes each second. */
const POSITIONS_MAX = 100_000

/** The rows of one table on their way: at most a chunk of them, the rest is DuckDB's. */
interface TableAppender {
  readonly columns: ColumnValues
  readonly appender: DuckDBAppender
  readonly rows: AnyRow[]
}

/** Writes rows and offsets in one transaction, so that neither stands without the other. */
export class DuckDbWriter implements ArchiveWriter {
  readonly file: ArchiveFile
  private readonly connection: DuckDBConnection
  private readonly tables: ReadonlyMap<TableName, TableAppender>
  /** Next offsets that are not committed yet. */
  private readonly moved = new Map<string, TopicPartition & { next: number }>()
  private readonly checkpoint: BackgroundCheckpoint
  private positionsAdded = 0
  private inTransaction = false
  private failure: StreamsError | null = null

  private constructor(
    file: ArchiveFile,
    connection: DuckDBConnection,
    tables: ReadonlyMap<TableName, TableAppender>,
    checkpoint: BackgroundCheckpoint,
  ) {
    this.checkpoint = checkpoint
    this.file = file
    this.connection = connection
    this.tables = tables
  }

  /** @throws StreamsError */
  static async open(settings: ArchiveFileSettings, clock: { nowMs(): number }): Promise<DuckDbWriter> {
    const file = await ArchiveFile.open(settings)
    try {
      const connection = await file.connect()
      const tables = new Map<TableName, TableAppender>()
      for (const table of TABLES) {
        const appender = await connection.createAppender(table.name)
        tables.set(table.name, { columns: new ColumnValues(table), appender, rows: [] })
      }
      return new DuckDbWriter(file, connection, tables, await BackgroundCheckpoint.open(file, clock))
    } catch (error) {
      file.close()
      throw duckdbError(error)
    }
  }

  async begin({ topic, partition }: TopicPartition): Promise<number | null> {
    return this.attempt(async () => {
      const sql = 'SELECT next_offset FROM archive_positions WHERE topic = ? AND partition = ?'
      const [row] = (await this.connection.runAndReadAll(sql, [topic, partition])).getRows()
      return row === undefined ? null : Number(row[0])
    })
  }

  async append({ topic, partition, from, next, rows }: RowBatch): Promise<null> {
    const name = `${topic}-${partition}`
    await this.attempt(async () => {
      const before = this.moved.get(name)
      invariant(from >= (before?.next ?? 0) && next > from, 'batches come in order', { topic, partition, offset: from })
      if (!this.inTransaction) await this.connection.run('BEGIN TRANSACTION')
      this.inTransaction = true
      for (const { table, row } of rows) {
        const target = this.tables.get(table)!
        target.rows.push(row)
        if (target.rows.length === CHUNK_ROWS) pass(target)
      }
    })
    this.moved.set(name, { topic, partition, next })
    return null
  }

  async flush(): Promise<void> {
    if (!this.inTransaction) return
    await this.attempt(async () => {
      for (const target of this.tables.values()) {
        pass(target)
        target.appender.flushSync()
      }
      const positions = [...this.moved.values()]
      const places = positions.map(() => '(?, ?, ?)').join(', ')
      await this.connection.run(
        `INSERT INTO archive_advances VALUES ${places}`,
        positions.flatMap(({ topic, partition, next }) => [topic, partition, next]),
      )
      await this.checkpoint.beforeCommit()
      await this.connection.run('COMMIT')
      this.checkpoint.afterCommit()
    })
    this.inTransaction = false
    this.positionsAdded += this.moved.size
    this.moved.clear()
    await this.forgetFormerPositions()
  }

  /** Resolves once no checkpoint is under way. */
  checkpointed(): Promise<void> {
    return this.checkpoint.ended()
  }

  async close(): Promise<void> {
    await this.checkpointed()
    // An open transaction, or one whose commit failed, goes with its connection.
    this.file.close()
  }

  /** A row for each flush and partition is added, so now and then those that others have passed are removed. */
  private async forgetFormerPositions(): Promise<void> {
    // Beside a checkpoint it would wait for its end.
    if (this.positionsAdded < POSITIONS_MAX || this.checkpoint.isUnderWay) return
    await this.attempt(() => this.connection.run(FORGET_FORMER_POSITIONS))
    this.positionsAdded = 0
  }

  /**
   * After a failure nothing is done any more: DuckDB has rolled the transaction back, so the next statement would stand by itself,
   * and an offset without its rows.
   */
  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    this.failure ??= this.checkpoint.failure
    if (this.failure !== null) throw this.failure
    try {
      return await work()
    } catch (error) {
      this.failure = duckdbError(error)
      throw this.failure
    }
  }
}

function pass({ columns, appender, rows }: TableAppender): void {
  if (rows.length === 0) return
  appender.appendDataChunk(columns.chunkOf(rows))
  rows.length = 0
}
