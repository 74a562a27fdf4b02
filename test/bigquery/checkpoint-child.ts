import { statSync, writeSync } from 'node:fs'
import { DuckDbWriter } from '../../bigquery/duckdb/duckdb-writer.ts'
import { batchOf, STREAM } from './archived-stream.ts'

/** What a child is told to do with a new archive. */
export interface CheckpointOrder {
  readonly folder: string
  /** Offsets of each partition that are archived before each checkpoint. */
  readonly before: number
  /** It kills itself once DuckDB has logged so many flushes beside a checkpoint. */
  readonly flushesBeside: number
}

const STRETCH = 300
const HALF_A_MINUTE_MS = 31_000
const CHECKPOINTS_MAX = 10

// node checkpoint-child.ts ORDER: tells after each flush before which offset everything stands, a line each.
const { folder, before, flushesBeside } = JSON.parse(process.argv[2] ?? '') as CheckpointOrder
let nowMs = 0
let next = 0
const writer = await DuckDbWriter.open({ folder, logId: 'test', memoryMb: 256 }, { nowMs: () => nowMs })
for (const at of STREAM) await writer.begin(at)
for (let checkpoint = 1; checkpoint <= CHECKPOINTS_MAX; checkpoint++) {
  await writer.checkpointed()
  const enough = next + before
  while (next < enough) await archive(STRETCH)
  nowMs += HALF_A_MINUTE_MS
  await archive(1)
  if (await isLoggedBeside(flushesBeside)) process.kill(process.pid, 'SIGKILL')
}
writeSync(2, `in none of ${CHECKPOINTS_MAX} checkpoints were ${flushesBeside} flushes logged beside it\n`)
process.exit(1)

/** Whether DuckDB logged each of so many flushes beside the checkpoint: it may be over sooner, or have the file to itself. */
async function isLoggedBeside(flushes: number): Promise<boolean> {
  for (let flushed = 0; flushed < flushes; flushed++) {
    const logged = bytesBeside()
    await archive(1)
    if (bytesBeside() <= logged) return false
  }
  return true
}

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
