import { statSync, writeSync } from 'node:fs'
import { DuckDbWriter } from '../../bigquery/duckdb/duckdb-writer.ts'
import { batchOf, STREAM } from './archived-stream.ts'

/** What a child is told to do with a new archive. */
export interface CheckpointOrder {
  readonly folder: string
  /** Offsets of each partition that are archived before the checkpoint begins. */
  readonly before: number
  /** It kills itself once DuckDB has logged so many flushes beside the checkpoint. */
  readonly flushesBeside: number
}

const STRETCH = 300
const HALF_A_MINUTE_MS = 31_000

// node checkpoint-child.ts ORDER: tells after each flush before which offset everything stands, a line each.
const { folder, before, flushesBeside } = JSON.parse(process.argv[2] ?? '') as CheckpointOrder
let nowMs = 0
let next = 0
const writer = await DuckDbWriter.open({ folder, logId: 'test', memoryMb: 256 }, { nowMs: () => nowMs })
for (const at of STREAM) await writer.begin(at)
while (next < before) await archive(STRETCH)
nowMs += HALF_A_MINUTE_MS
await archive(1)
for (let flushed = 0; flushed < flushesBeside; flushed++) {
  const logged = bytesBeside()
  await archive(1)
  // The checkpoint was over, or had the file to itself: nothing was in flight.
  if (bytesBeside() <= logged) process.exit(1)
}
process.kill(process.pid, 'SIGKILL')

async function archive(records: number): Promise<void> {
  for (const at of STREAM) await writer.append(batchOf(at, next, next + records))
  await writer.flush()
  next += records
  writeSync(1, `${next}\n`)
}

/** What DuckDB has logged beside a checkpoint; 0 while none is under way. */
function bytesBeside(): number {
  return statSync(`${writer.file.folder.file}.wal.checkpoint`, { throwIfNoEntry: false })?.size ?? 0
}
