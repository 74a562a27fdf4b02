import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ArchiveFile } from '../../bigquery/duckdb/archive-file.ts'
import { DuckDbWriter } from '../../bigquery/duckdb/duckdb-writer.ts'
import { eraseFromArchive } from '../../bigquery/duckdb/erase-archive.ts'
import { eraseRows } from '../../bigquery/duckdb/erase-rows.ts'
import type { AnyRow } from '../../bigquery/schema/tables.ts'
import { fixtureRows } from './view-fixture.ts'

test('SPEC B4: an erasure that was cut off behind its rows leaves their bytes, and the next one writes the file anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-erase-'))
  const settings = { folder, logId: 'test', memoryMb: 256 }
  const accountId = 'ACC-somebody-who-was-here'
  const subject = `v1:mask-1:${'0'.repeat(64)}`
  const [first] = fixtureRows().filter(({ table }) => table === 'payment_transactions')
  const { kafka_topic: topic, kafka_partition: partition, kafka_offset: from } = first!.row
  const row = { ...first!.row, sender_account_id: accountId } as AnyRow
  const writer = await DuckDbWriter.open(settings, { nowMs: () => 0 })
  await writer.begin({ topic, partition })
  const rows = [{ table: first!.table, row }] as Parameters<typeof writer.append>[0]['rows']
  await writer.append({ topic, partition, from, next: from + 1, rows })
  await writer.flush()
  const { file: path } = writer.file.folder
  await writer.close()

  const file = await ArchiveFile.open(settings)
  const connection = await file.connect()
  await connection.run('CHECKPOINT')
  expect(await eraseRows(connection, { accountId, subject })).toBe(1)
  file.close()
  const holds = () => readFileSync(path).includes(accountId)
  expect(holds()).toBe(true)
  // No row names the account any more: whoever goes on knows it by its token alone.
  expect(await eraseFromArchive(settings, { accountId: subject, subject }, Date.now())).toBe(0)
  expect(holds()).toBe(false)
  rmSync(folder, { recursive: true })
})
