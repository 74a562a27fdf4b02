import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, expect, test } from 'vitest'
import { ArchiveFile, type ArchiveFileSettings } from '../../bigquery/duckdb/archive-file.ts'
import { DuckDbWriter } from '../../bigquery/duckdb/duckdb-writer.ts'
import { batchOf, digestsOf, expectedDigests, STREAM } from './archived-stream.ts'
import type { CheckpointOrder } from './checkpoint-child.ts'
import * as duckdb from './duckdb-target.ts'
import { readRows } from './duckdb-target.ts'
import { writerConformance } from './writer-conformance.ts'

const CHILD = new URL('checkpoint-child.ts', import.meta.url).pathname
const HALF_A_MINUTE_MS = 31_000
const [AT] = STREAM as [(typeof STREAM)[number]]

const root = mkdtempSync(join(tmpdir(), 'sluice-archive-'))
afterAll(() => rmSync(root, { recursive: true }))

writerConformance('DuckDB', duckdb)

test("SPEC B2: a checkpoint that another connection's write holds up comes later, and the writer lives", async () => {
  const clock = { now: 0, nowMs: () => clock.now }
  const writer = await DuckDbWriter.open(newArchive(), clock)
  const walBytes = () => statSync(`${writer.file.folder.file}.wal`, { throwIfNoEntry: false })?.size ?? 0
  const write = async (from: number, to: number) => {
    await writer.append(batchOf(AT, from, to))
    await writer.flush()
    await writer.checkpointed()
  }
  await writer.begin(AT)
  const other = await writer.file.connect()
  await other.run("INSERT INTO archive_exports VALUES ('another', '2026-11-24', 1)")
  await other.run('BEGIN TRANSACTION')
  await other.run("UPDATE archive_exports SET rows = 2 WHERE table_name = 'another'")
  clock.now += HALF_A_MINUTE_MS
  await write(0, 7)
  expect(walBytes()).toBeGreaterThan(0)
  await other.run('COMMIT')
  await write(7, 12)
  expect(walBytes()).toBe(0)
  await writer.close()
})

test.each([1, 2])(
  'SPEC B2: killed with -9 beside a checkpoint and %i flushes, every row that was flushed stands once',
  async (flushesBeside) => {
    const settings = newArchive()
    const order: CheckpointOrder = { folder: settings.folder, before: 12_000, flushesBeside }
    const { signal, stdout, stderr } = spawnSync(process.execPath, [CHILD, JSON.stringify(order)], { encoding: 'utf8' })
    expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' })
    const flushed = Number(stdout.trim().split('\n').at(-1))
    expect(flushed).toBeGreaterThanOrEqual(order.before + 1 + flushesBeside)
    // Nobody owns it now, and who only asks sees all of it.
    const file = await ArchiveFile.openToRead(settings)
    const asked = await (await file.connect()).runAndReadAll('SELECT DISTINCT next_offset FROM archive_positions')
    expect(asked.getRows()).toEqual([[BigInt(flushed)]])
    file.close()

    const writer = await DuckDbWriter.open(settings, { nowMs: () => 0 })
    for (const at of STREAM) {
      expect(await writer.begin(at)).toBe(flushed)
      await writer.append(batchOf(at, flushed, flushed + 5))
    }
    await writer.flush()
    await writer.close()
    const rows = await readRows(JSON.stringify(settings))
    expect(digestsOf((table) => rows.get(table) ?? [])).toEqual(expectedDigests(flushed + 5))
  },
  120_000,
)

test('SPEC B2: positions that others have passed are removed, at the latest when the archive is opened', async () => {
  const settings = newArchive()
  const positions = async () => {
    const file = await ArchiveFile.openToRead(settings)
    const connection = await file.connect()
    const count = async (of: string) =>
      Number((await connection.runAndReadAll(`SELECT count(*) FROM ${of}`)).getRows()[0])
    const counts = { advances: await count('archive_advances'), positions: await count('archive_positions') }
    file.close()
    return counts
  }
  const writer = await DuckDbWriter.open(settings, { nowMs: () => 0 })
  for (let next = 1; next <= 5; next++) {
    for (const at of STREAM) await writer.append({ ...at, from: next - 1, next, rows: [] })
    await writer.flush()
  }
  await writer.close()
  expect(await positions()).toEqual({ advances: 5 * STREAM.length, positions: STREAM.length })
  await (await DuckDbWriter.open(settings, { nowMs: () => 0 })).close()
  expect(await positions()).toEqual({ advances: STREAM.length, positions: STREAM.length })
})

test('SPEC B2: positions that others have passed are removed once a hundred thousand rows of them were added', async () => {
  const writer = await DuckDbWriter.open(newArchive(), { nowMs: () => 0 })
  const connection = await writer.file.connect()
  const kept: number[] = []
  for (let next = 1; next <= 10; next++) {
    for (let partition = 0; partition < 10_000; partition++) {
      await writer.append({ topic: 'any', partition, from: next - 1, next, rows: [] })
    }
    await writer.flush()
    kept.push(Number((await connection.runAndReadAll('SELECT count(*) FROM archive_advances')).getRows()[0]))
  }
  expect(kept.slice(-2)).toEqual([90_000, 10_000])
  expect(await writer.begin({ topic: 'any', partition: 7 })).toBe(10)
  await writer.close()
}, 60_000)

test('SPEC B2: an archive that keeps its positions in one row each is taken over where it stands', async () => {
  const settings = newArchive()
  const writer = await DuckDbWriter.open(settings, { nowMs: () => 0 })
  await writer.append(batchOf(AT, 0, 7))
  await writer.flush()
  await writer.close()
  const instance = await DuckDBInstance.create(join(settings.folder, 'archive.duckdb'))
  const former = await instance.connect()
  await former.run('DROP VIEW archive_positions')
  await former.run(
    'CREATE TABLE archive_positions (topic VARCHAR, partition BIGINT, next_offset BIGINT NOT NULL, PRIMARY KEY (topic, partition))',
  )
  await former.run('INSERT INTO archive_positions FROM archive_advances')
  await former.run('DROP TABLE archive_advances')
  former.closeSync()
  instance.closeSync()

  const again = await DuckDbWriter.open(settings, { nowMs: () => 0 })
  expect(await again.begin(AT)).toBe(7)
  await again.close()
})

function newArchive(): ArchiveFileSettings {
  return { folder: mkdtempSync(join(root, 'archive-')), logId: 'test', memoryMb: 256 }
}
