import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect } from 'vitest'
import { visitArchivedRows } from './archived-folder.ts'
import { CANARIES } from './canaries.ts'
import { CanaryScan } from './canary-scan.ts'

/** Rows by table or export; the files are scanned as they are, too. */
export async function scanArchive(archive: string, scan: CanaryScan): Promise<ReadonlyMap<string, number>> {
  const rows = new Map<string, number>()
  await visitArchivedRows(archive, (where, row) => {
    rows.set(where, (rows.get(where) ?? 0) + 1)
    scan.json(where, row)
  })
  for (const entry of readdirSync(archive, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) scan.raw(entry.name, readFileSync(join(entry.parentPath, entry.name)))
  }
  return rows
}

/** Each canary in a row of DuckDB and in one of Parquet, of a copy of the archive at `copy`. */
export async function expectPlantedInArchiveAreFound(archive: string, copy: string): Promise<void> {
  cpSync(archive, copy, { recursive: true })
  const instance = await DuckDBInstance.create(join(copy, 'archive.duckdb'))
  const connection = await instance.connect()
  const file = readdirSync(join(copy, 'exports', 'payment_transactions'), { recursive: true })
    .map(String)
    .find((name) => name.endsWith('.parquet'))
  await connection.run('UPDATE payment_transactions SET memo = ?', [`a ${Object.values(CANARIES).join(' ')} b`])
  const exported = join(copy, 'exports', 'payment_transactions', file ?? '')
  await connection.run(`COPY payment_transactions TO '${exported}' (FORMAT parquet, COMPRESSION zstd)`)
  connection.closeSync()
  instance.closeSync()
  const scan = new CanaryScan()
  await scanArchive(copy, scan)
  for (const where of ['archive payment_transactions', 'export payment_transactions']) {
    for (const canary of Object.keys(CANARIES)) {
      expect(scan.findings).toContainEqual({ where, canary, form: 'text' })
    }
  }
}
