import type { DuckDBConnection } from '@duckdb/node-api'
import type { StreamsError } from '../../streams/errors.ts'
import type { ArchiveFile } from './archive-file.ts'
import { duckdbError } from './duckdb-errors.ts'

const EVERY_MS = 30_000
const OTHERS_WRITE = /^TransactionContext Error: Cannot CHECKPOINT: there are other write transactions active/

/**
 * Moves what was committed from DuckDB's write-ahead log into its file now and then, so that the log stays short and a start quick.
 * It takes seconds where many rows came, and rows are committed meanwhile, as long as they are only added: DuckDB lets commits go on
 * beside a checkpoint that could not have the file to itself, so a transaction that is older than the newest commit is held open.
 */
export class BackgroundCheckpoint {
  /** What a checkpoint failed with; the file is not to be written any more. */
  failure: StreamsError | null = null
  private readonly holder: DuckDBConnection
  private readonly connection: DuckDBConnection
  private readonly clock: { nowMs(): number }
  private doneMs: number
  private isHeld = false
  private underWay: Promise<void> | null = null

  private constructor(holder: DuckDBConnection, connection: DuckDBConnection, clock: { nowMs(): number }) {
    this.holder = holder
    this.connection = connection
    this.clock = clock
    this.doneMs = clock.nowMs()
  }

  static async open(file: ArchiveFile, clock: { nowMs(): number }): Promise<BackgroundCheckpoint> {
    return new BackgroundCheckpoint(await file.connect(), await file.connect(), clock)
  }

  /** To be called right before a commit. */
  async beforeCommit(): Promise<void> {
    if (this.isUnderWay || this.clock.nowMs() - this.doneMs < EVERY_MS) return
    await this.holder.run('BEGIN TRANSACTION')
    // A transaction begins with the first thing that it reads.
    await this.holder.run('SELECT log_id FROM archive_log')
    this.isHeld = true
  }

  /** To be called right after it. DuckDB refuses while another connection changes rows: then the next commit tries again. */
  afterCommit(): void {
    if (!this.isHeld) return
    this.isHeld = false
    this.underWay = this.run()
  }

  get isUnderWay(): boolean {
    return this.underWay !== null
  }

  /** Resolves once none is under way. */
  async ended(): Promise<void> {
    await this.underWay
  }

  private async run(): Promise<void> {
    try {
      await this.connection.run('CHECKPOINT')
      this.doneMs = this.clock.nowMs()
    } catch (error) {
      if (!(error instanceof Error && OTHERS_WRITE.test(error.message))) this.failure = duckdbError(error)
    }
    try {
      await this.holder.run('COMMIT')
    } catch (error) {
      this.failure ??= duckdbError(error)
    }
    this.underWay = null
  }
}
