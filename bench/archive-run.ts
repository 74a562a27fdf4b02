import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDbWriter } from '../bigquery/duckdb/duckdb-writer.ts'
import { RecordRows } from '../bigquery/rows/record-rows.ts'
import { TOPICS } from '../schemas/topics.ts'
import { machineTime } from '../streams/machine/machine-time.ts'
import { ARCHIVE_IDS, decisionOf, fetched, framedValue } from '../test/bigquery/archived-records.ts'
import type { Measured } from './harness.ts'

/**
 * Decisions with every text column set, from record batches to rows that stand: three rows each, 34, 31 and 11 columns wide. Sends
 * rows a second and the highest resident memory of the process. node archive-run.ts ROWS
 */
const BATCH_RECORDS = 500
const FLUSH_ROWS = 20_000
const ROWS_OF_A_DECISION = 3
const MIB = 1 << 20

const rows = Number(process.argv[2])
const at = { topic: TOPICS.paymentsDecided.name, partition: 0 }
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-archive-'))
const now = Date.now()
// The same records under other offsets: making them is not what is measured.
const values = Array.from({ length: BATCH_RECORDS }, (_, n) =>
  framedValue.decision(decisionOf(n, { eventTime: now - n })),
)
const make = new RecordRows(ARCHIVE_IDS)
const writer = await DuckDbWriter.open({ folder, logId: 'bench', memoryMb: 512 }, machineTime)
let residentMax = 0
let written = 0
let unflushed = 0
const startedMs = performance.now()
for (let from = 0; written < rows; from += BATCH_RECORDS) {
  const batch = make.read(fetched(values, from, now), at, from, now)
  await writer.append({ ...at, from, next: from + BATCH_RECORDS, rows: batch.rows })
  written += BATCH_RECORDS * ROWS_OF_A_DECISION
  unflushed += BATCH_RECORDS * ROWS_OF_A_DECISION
  if (unflushed < FLUSH_ROWS) continue
  unflushed = 0
  await writer.flush()
  residentMax = Math.max(residentMax, process.memoryUsage.rss())
}
await writer.flush()
const tookMs = performance.now() - startedMs
await writer.close()
rmSync(folder, { recursive: true, force: true })
process.send?.([
  { name: 'rows written, three a decision', unit: 'rows/s', value: (written * 1_000) / tookMs },
  { name: `resident memory at most, ${written} rows`, unit: 'MiB', value: residentMax / MIB },
] satisfies Measured[])
