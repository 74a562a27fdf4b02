import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Report } from './harness.ts'

const PAGE_BYTES = 4_096
const PAGES = 4_096
const SYNCS_PER_SECOND = 500
/** A disk that takes longer for a page has stood still. */
const STALL_MS = 10

/** What a disk does with pages that are synced one after the other while nothing else runs. */
export interface DiskAlone {
  readonly longestMs: number
  /** Of the time, in syncs that took longer than 10 ms, %. */
  readonly stalledPercent: number
}

/** Overwrites and syncs a page 500 times a second, so that a stall of the machine's disk is not taken for one of ours. */
export async function diskAlone(seconds: number): Promise<DiskAlone> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-disk-'))
  const file = await open(join(folder, 'pages'), 'w')
  try {
    await file.write(Buffer.alloc(PAGES * PAGE_BYTES, 1))
    await file.sync()
    const page = Buffer.alloc(PAGE_BYTES, 2)
    const begunMs = performance.now()
    let longestMs = 0
    let stalledMs = 0
    for (let i = 0; performance.now() - begunMs < seconds * 1_000; i++) {
      await file.write(page, 0, PAGE_BYTES, (i % PAGES) * PAGE_BYTES)
      const askedMs = performance.now()
      await file.datasync()
      const ms = performance.now() - askedMs
      longestMs = Math.max(longestMs, ms)
      if (ms > STALL_MS) stalledMs += ms
      const dueMs = begunMs + ((i + 1) * 1_000) / SYNCS_PER_SECOND
      if (dueMs > performance.now()) await pause(dueMs - performance.now())
    }
    return { longestMs, stalledPercent: (stalledMs * 100) / (performance.now() - begunMs) }
  } finally {
    await file.close()
    rmSync(folder, { recursive: true })
  }
}

/** Reports what the disk did before the runs of `name`: no p99 of what waits for it is below its stalls once they take a hundredth of the time. */
export function reportDisk(report: Report, name: string, disks: readonly DiskAlone[]): void {
  report.figure(
    `${name}: the disk alone, stalled`,
    '% of the time',
    disks.map(({ stalledPercent }) => stalledPercent),
  )
  report.figure(
    `${name}: the disk alone, longest sync`,
    'ms',
    disks.map(({ longestMs }) => longestMs),
  )
}
