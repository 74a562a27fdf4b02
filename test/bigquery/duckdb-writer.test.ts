import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DuckDbWriter } from '../../bigquery/duckdb/duckdb-writer.ts'
import { batchOf, STREAM } from './archived-stream.ts'
import * as duckdb from './duckdb-target.ts'
import { writerConformance } from './writer-conformance.ts'

writerConformance('DuckDB', duckdb)

test("SPEC B2: a checkpoint that another connection's write holds up comes later, and the writer lives", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-archive-'))
  let nowMs = 0
  const writer = await DuckDbWriter.open({ folder, logId: 'test', memoryMb: 256 }, { nowMs: () => nowMs })
  const walBytes = () => statSync(`${writer.file.folder.file}.wal`, { throwIfNoEntry: false })?.size ?? 0
  const [at] = STREAM
  const write = async (from: number, to: number) => {
    await writer.append(batchOf(at!, from, to))
    await writer.flush()
  }
  await writer.begin(at!)
  const other = await writer.file.connect()
  await other.run("INSERT INTO archive_positions VALUES ('another', 0, 1)")
  await other.run('BEGIN TRANSACTION')
  await other.run("UPDATE archive_positions SET next_offset = 2 WHERE topic = 'another'")
  nowMs += 31_000
  await write(0, 7)
  expect(walBytes()).toBeGreaterThan(0)
  await other.run('COMMIT')
  await write(7, 12)
  expect(walBytes()).toBe(0)
  await writer.close()
  rmSync(folder, { recursive: true })
})
