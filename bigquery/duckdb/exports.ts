import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Table } from '../schema/column.ts'
import { TABLES } from '../schema/tables.ts'
import type { ArchiveFile } from './archive-file.ts'
import type { Ask } from './archive-schema.ts'
import { duckdbError } from './duckdb-errors.ts'

/** One written file. */
export interface ExportedDay {
  readonly table: string
  /** YYYY-MM-DD, UTC. */
  readonly day: string
  readonly rows: number
  readonly file: string
}

/** Midnight is not the end of a day: payments may be an hour behind. */
const CLOSED_AFTER_MS = 3_600_000

/**
 * Writes each day that is over as `<table>/dt=YYYY-MM-DD/rows.parquet` (zstd), sorted by coordinates. A day is written again when its
 * rows have become more, under the same name: a reader sees the old file or the new one, whole. @throws StreamsError
 */
export async function exportClosedDays(file: ArchiveFile, nowMs: number): Promise<ExportedDay[]> {
  const connection = await file.connect()
  const ask: Ask = async (sql) => (await connection.runAndReadAll(sql)).getRowsJson()
  const today = new Date(nowMs - CLOSED_AFTER_MS).toISOString().slice(0, 10)
  try {
    const written: ExportedDay[] = []
    for (const table of TABLES) {
      for (const [day, rows] of await changedDays(ask, table, today)) {
        written.push(await exportDay(ask, file.folder.exports, table, String(day), Number(rows)))
      }
    }
    return written
  } catch (error) {
    throw duckdbError(error)
  } finally {
    file.disconnect(connection)
  }
}

/** Days before `today` that have other rows than their file. */
function changedDays(ask: Ask, { name, partitionBy }: Table, today: string) {
  return ask(`SELECT counted.day, counted.rows
    FROM (SELECT strftime(${partitionBy}, '%Y-%m-%d') AS day, count(*) AS rows FROM ${name} GROUP BY day) AS counted
    LEFT JOIN archive_exports AS e ON e.table_name = '${name}' AND e.day = counted.day
    WHERE counted.day < '${today}' AND counted.rows IS DISTINCT FROM e.rows
    ORDER BY counted.day`)
}

async function exportDay(ask: Ask, folder: string, table: Table, day: string, counted: number): Promise<ExportedDay> {
  const { name, partitionBy } = table
  const file = join(folder, name, `dt=${day}`, 'rows.parquet')
  const unfinished = `${file}.unfinished`
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  rmSync(unfinished, { force: true })
  const from = `TIMESTAMPTZ '${day} 00:00:00+00'`
  const [[rows] = [counted]] = await ask(
    `COPY (SELECT * FROM ${name} WHERE ${partitionBy} >= ${from} AND ${partitionBy} < ${from} + INTERVAL 1 DAY
      ORDER BY kafka_topic, kafka_partition, kafka_offset)
    TO '${unfinished.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`,
  )
  renameSync(unfinished, file)
  // After the file: a crash between the two writes it once more.
  await ask(`INSERT OR REPLACE INTO archive_exports VALUES ('${name}', '${day}', ${Number(rows)})`)
  return { table: name, day, rows: Number(rows), file }
}
