import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EmbeddedLog } from '../../streams/embedded/embedded-log.ts'
import { APPLICATION, INPUT, openChainLog, PARTITIONS } from './chain.ts'
import { check, sumVerdicts, type Verdict } from './checker.ts'
import { type FaultChild, startFeeder } from './fault-child.ts'
import type { FeederLine } from './feeder.ts'
import type { StreamRecord, StreamSettings } from './mixed-stream.ts'
import { type Refold, refold } from './refold.ts'
import { readOutputs, readRecords } from './stored-records.ts'
import type { LeftPartition } from './worker.ts'

/** Folders of one test, all gone afterwards. */
export class FaultFolders {
  private readonly root = mkdtempSync(join(tmpdir(), 'sluice-faults-'))
  private made = 0

  /** A new path; a copy of `from` stands there when given, which no process may have open. */
  next(from?: string): string {
    const folder = join(this.root, String(this.made++))
    if (from !== undefined) cpSync(from, folder, { recursive: true })
    return folder
  }

  remove(folder: string): void {
    rmSync(folder, { recursive: true, force: true })
  }

  removeAll(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

const BATCH_BYTES = 4_000

/** Feeds a stream into a folder; `kills` names after how many acknowledgements the feeder is killed, each time anew. */
export async function feed(
  folder: string,
  stream: StreamSettings,
  kills: readonly number[] = [],
  batchBytes = BATCH_BYTES,
) {
  const acked: FeederLine[] = []
  const known = new Set<number>()
  const start = (): FaultChild<FeederLine> => {
    let from = 0
    while (known.has(from)) from++
    return startFeeder({ folder, stream, from, batchBytes })
  }
  const keep = (feeder: FaultChild<FeederLine>) => {
    acked.push(...feeder.lines)
    for (const { numbers } of feeder.lines) for (const number of numbers) known.add(number)
  }
  for (const after of kills) {
    const feeder = start()
    await feeder.told('acked', after)
    await feeder.kill()
    keep(feeder)
  }
  const last = start()
  await last.finished()
  keep(last)
  return acked
}

/** The acknowledged records that the input does not hold, byte for byte, at the offset they were acknowledged with. */
export async function missingRecords(
  log: EmbeddedLog,
  stream: readonly StreamRecord[],
  acked: readonly FeederLine[],
): Promise<{ readonly missing: number[]; readonly compared: number }> {
  const inputs = await Promise.all(
    Array.from({ length: PARTITIONS }, (_, partition) => readRecords(log, { topic: INPUT, partition })),
  )
  const missing: number[] = []
  let compared = 0
  for (const { partition, baseOffset, numbers } of acked) {
    for (const [i, number] of numbers.entries()) {
      const sent = stream[number]?.value ?? null
      const stored = inputs[partition]?.[baseOffset + i]
      const same =
        sent === null ? stored?.value === null : Buffer.compare(sent, stored?.value ?? new Uint8Array(0)) === 0
      if (!same) missing.push(number)
      compared++
    }
  }
  return { missing, compared }
}

/** What an uncrashed run makes of each partition of a folder's input. */
export async function refoldAll(log: EmbeddedLog): Promise<Refold[]> {
  const refolds: Refold[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) refolds.push(await refold(log, partition))
  return refolds
}

/** The committed offset, asked as a new owner asks. */
async function committedOffset(log: EmbeddedLog, partition: number): Promise<number> {
  const session = await log.openTask(APPLICATION, { topic: INPUT, partition })
  const committed = await session.committed()
  await session.close()
  return committed?.offset ?? 0
}

/** Checks all partitions of a folder on which nobody is at work; `left` is given for a drained one. */
export async function checkFolder(
  log: EmbeddedLog,
  refolds: readonly Refold[],
  left: readonly LeftPartition[] | null,
): Promise<Verdict & { readonly committed: readonly number[] }> {
  const verdicts: Verdict[] = []
  const committed: number[] = []
  for (const [partition, expected] of refolds.entries()) {
    const offset = await committedOffset(log, partition)
    committed.push(offset)
    const outputs = await readOutputs(log, partition)
    const digest = left?.find((one) => one.partition === partition)?.digest ?? null
    verdicts.push(check(partition, { committedOffset: offset, outputs, digest }, expected))
  }
  return { ...sumVerdicts(verdicts), committed }
}

/** Opens a folder's log for the time of `use`. */
export async function withLog<T>(folder: string, use: (log: EmbeddedLog) => Promise<T>): Promise<T> {
  const log = await openChainLog(folder)
  try {
    return await use(log)
  } finally {
    await log.close()
  }
}
