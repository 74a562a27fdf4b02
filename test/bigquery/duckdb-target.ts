import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { ArchiveWriter } from '../../bigquery/archive-writer.ts'
import { ArchiveFile, type ArchiveFileSettings } from '../../bigquery/duckdb/archive-file.ts'
import { ColumnValues } from '../../bigquery/duckdb/column-values.ts'
import { DuckDbWriter } from '../../bigquery/duckdb/duckdb-writer.ts'
import { type AnyRow, TABLES, type TableName } from '../../bigquery/schema/tables.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'

export const path: string = import.meta.filename

export async function create(root: string): Promise<string> {
  const settings: ArchiveFileSettings = { folder: mkdtempSync(join(root, 'archive-')), logId: 'test', memoryMb: 256 }
  return JSON.stringify(settings)
}

export const openWriter = (settings: string): Promise<ArchiveWriter> =>
  DuckDbWriter.open(JSON.parse(settings), machineTime)

export async function readRows(settings: string): Promise<ReadonlyMap<TableName, readonly AnyRow[]>> {
  const file = await ArchiveFile.open(JSON.parse(settings))
  const rows = new Map<TableName, readonly AnyRow[]>()
  const connection = await file.connect()
  for (const table of TABLES) {
    const columns = new ColumnValues(table)
    const reader = await connection.runAndReadAll(`SELECT ${Object.keys(table.columns).join(', ')} FROM ${table.name}`)
    rows.set(
      table.name,
      reader.getRows().map((values) => columns.rowOf(values) as unknown as AnyRow),
    )
  }
  file.close()
  return rows
}
