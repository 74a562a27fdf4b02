import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { ArchiveFile } from '../../bigquery/duckdb/archive-file.ts'
import { DuckDbWriter } from '../../bigquery/duckdb/duckdb-writer.ts'
import type { QueryRefused } from '../../bigquery/duckdb/query-refused.ts'
import { answerQuery } from '../../bigquery/duckdb/read-only-query.ts'
import type { TableRow } from '../../bigquery/schema/tables.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'

/** An archive of these rows that is open, and gone when the test is. */
export async function archiveOf(rows: readonly TableRow[]): Promise<ArchiveFile> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-archive-'))
  const settings = { folder, logId: 'test', memoryMb: 256 }
  const writer = await DuckDbWriter.open(settings, machineTime)
  await writer.append({ topic: 'any', partition: 0, from: 0, next: 1, rows })
  await writer.flush()
  await writer.close()
  const file = await ArchiveFile.open(settings)
  onTestFinished(() => {
    file.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return file
}

/** The answer as objects. @throws QueryRefused */
export async function ask(file: ArchiveFile, sql: string, timeoutMs = 10_000): Promise<Record<string, unknown>[]> {
  const connection = await file.connect()
  const found: Record<string, unknown>[] = []
  let names: readonly string[] = []
  try {
    await answerQuery(
      connection,
      sql,
      { timeoutMs, signal: new AbortController().signal },
      {
        onColumns: (columns) => {
          names = columns
        },
        onRows: (rows) => {
          for (const row of rows) found.push(Object.fromEntries(names.map((name, at) => [name, row[at]])))
        },
      },
    )
  } finally {
    file.disconnect(connection)
  }
  return found
}

/** How the archive refuses a query. */
export async function refusalOf(file: ArchiveFile, sql: string, timeoutMs?: number): Promise<string> {
  return ask(file, sql, timeoutMs).then(
    () => 'answered',
    (error: QueryRefused) => error.failure,
  )
}
