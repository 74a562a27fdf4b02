import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkpointFolder, logFolder } from '../../bin/runtime/data-folder.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { EmbeddedLog } from '../../streams/embedded/embedded-log.ts'
import { checkpointName } from '../../streams/state/checkpoint-store.ts'
import { cannotInject } from '../streams/embedded/fault-tools.ts'
import { decodeBatches } from '../support/offline-chain.ts'
import { INPUT, openChainLog, PARTITIONS } from './chain.ts'
import { startFeeder, startWorker } from './fault-child.ts'
import { checkFolder, FaultFolders, feed, missingRecords, refoldAll, withLog } from './fault-folder.ts'
import { mixedStream } from './mixed-stream.ts'
import type { Refold } from './refold.ts'
import { asOutput } from './stored-records.ts'
import type { WorkerLine, WorkerOrder } from './worker.ts'

// Goal: acknowledgements and decisions wait for the disk, and a disk that fails or is full loses nothing acknowledged.
// Method: workers and feeders under strace, which delays or fails their syncs, or on file systems of a few kilobytes.

const SYNCS = 'fsync,fdatasync,msync,sync_file_range'
const DELAY_MS = 300
const SEED = process.env['SLUICE_TEST_SEED'] ?? '1'
const RECORDS = 600

/** Runs a command with faults in the named system calls; of `paths` alone when given. */
function inject(fault: string, paths: readonly string[] = []): string[] {
  const calls = fault.slice(0, fault.indexOf(':'))
  const only = paths.flatMap((path) => ['-P', path])
  return ['strace', '-fqqq', '-o', '/dev/null', ...only, '-e', `trace=${calls}`, '-e', `inject=${fault}`]
}

const folders = new FaultFolders()
const stream = { seed: SEED, startMs: Date.now() - 60_000, records: RECORDS }
const base = folders.next()
let refolds: readonly Refold[]

beforeAll(async () => {
  await feed(base, stream)
  refolds = await withLog(base, refoldAll)
})
afterAll(() => folders.removeAll())

const orderIn = (folder: string): WorkerOrder => {
  return { folder, fault: null, checkpointRecords: 100, fetchBytesMax: 1, until: 'drained' }
}

/** Starts a worker without faults on what a fault has left, and holds the drained folder against the refold. */
async function expectDrained(folder: string, before: readonly Extract<WorkerLine, { kind: 'committed' }>[]) {
  const worker = startWorker(orderIn(folder))
  await worker.finished()
  for (const { partition, offset } of worker.of('running')) {
    const told = before.filter((line) => line.partition === partition).map((line) => line.offset)
    expect(offset).toBeGreaterThanOrEqual(Math.max(0, ...told))
  }
  await expectRight(folder, worker.of('left')[0])
}

async function expectRight(folder: string, left: Extract<WorkerLine, { kind: 'left' }> | undefined) {
  const verdict = await withLog(folder, (log) => checkFolder(log, refolds, left?.partitions ?? []))
  expect(verdict.problems, `seed ${SEED}`).toEqual([])
  expect(verdict).toMatchObject({ inputs: RECORDS, digests: PARTITIONS })
}

describe.skipIf(cannotInject('strace'))('when syncs are slow', () => {
  test('SPEC X4: no acknowledged commit, no decision and no acknowledged payment is faster than the sync', async () => {
    const folder = folders.next()
    const few = { ...stream, records: 60 }
    const acked = await slowFeed(folder, few)
    expect(acked.length).toBeGreaterThanOrEqual(PARTITIONS)
    for (const { tookMs } of acked) expect(tookMs).toBeGreaterThanOrEqual(DELAY_MS)

    const log = await openChainLog(folder)
    const sightings = Array.from({ length: PARTITIONS }, (_, partition) => watchDecisions(log, partition))
    const worker = startWorker(orderIn(folder), inject(`${SYNCS}:delay_enter=${DELAY_MS}000`))
    await worker.finished()
    const commits = worker.of('committed')
    expect(commits.length).toBeGreaterThanOrEqual(2 * PARTITIONS)
    for (const { tookMs } of commits) expect(tookMs).toBeGreaterThanOrEqual(DELAY_MS)
    let seen = 0
    for (const [partition, sighting] of sightings.entries()) {
      for (const { inputOffset, seenMs } of await sighting.end()) {
        const commit = commits.find((one) => one.partition === partition && one.offset > inputOffset)
        expect(seenMs - (commit?.startMs ?? Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(DELAY_MS)
        seen++
      }
    }
    await log.close()
    expect(seen).toBeGreaterThan(30)
    process.stdout.write(
      `disk: ${acked.length} acknowledgements, ${commits.length} commits, ${seen} decisions waited\n`,
    )
  }, 60_000)

  async function slowFeed(folder: string, few: typeof stream) {
    const feeder = startFeeder(
      { folder, stream: few, from: 0, batchBytes: 4_000 },
      inject(`${SYNCS}:delay_enter=${DELAY_MS}000`),
    )
    await feeder.finished()
    return feeder.of('acked')
  }
})

/** Reads the decisions of a partition while they are written: when each was first seen, wall clock. */
function watchDecisions(log: EmbeddedLog, partition: number) {
  const seen: { readonly inputOffset: number; readonly seenMs: number }[] = []
  const reader = log.openReader({ topic: TOPICS.paymentsDecided.name, partition }, 0)
  let ended = false
  const watching = (async () => {
    for (let more = true; more; ) {
      more = !ended
      const { bytes } = await reader.fetch(1 << 20, 50)
      const seenMs = Date.now()
      for (const record of decodeBatches(bytes)) seen.push({ inputOffset: asOutput(record).inputOffset, seenMs })
    }
    reader.close()
    return seen
  })()
  const end = () => {
    ended = true
    return watching
  }
  return { end }
}

describe.skipIf(cannotInject('strace'))('when the disk fails', () => {
  const FAULTS = [
    { why: 'every sync from one on', fault: 'fdatasync:error=EIO:when=12+', ends: [1] },
    { why: 'one sync, the next would succeed', fault: 'fdatasync:error=EIO:when=9', ends: [1] },
    // LMDB's native code may abort the process while it frees what a failed write has left, after the failure was told.
    { why: 'a write of pages', fault: 'pwrite64:error=EIO:when=50', ends: [1, 'SIGABRT'] },
    { why: 'another write of pages', fault: 'pwrite64:error=EIO:when=45', ends: [1, 'SIGABRT'] },
  ]
  test.each(FAULTS)(
    'SPEC X4: the log, $why: the worker stops and says so; a restart has lost nothing',
    async ({ fault, ends }) => {
      const folder = folders.next(base)
      const worker = startWorker(orderIn(folder), inject(fault))
      const { code, signal } = await worker.ended
      expect(ends).toContain(signal ?? code)
      const [failure] = worker.of('failed')
      expect(failure).toMatchObject({ code: 'STORAGE_FAILED', next: 'stop' })
      expect(failure?.message).toContain(`the log in ${logFolder(folder)} could not be written`)
      expect(worker.of('committed').length).toBeGreaterThan(0)
      await expectDrained(folder, worker.of('committed'))
    },
  )

  test('SPEC X4: the log of a producer: it stops, and everything acknowledged before is there', async () => {
    const folder = folders.next()
    const feeder = startFeeder({ folder, stream, from: 0, batchBytes: 4_000 }, inject('fdatasync:error=EIO:when=10+'))
    expect((await feeder.ended).code).not.toBe(0)
    expect(feeder.errors).toContain('STORAGE_FAILED')
    const acked = [...feeder.of('acked'), ...(await feed(folder, stream))]
    const { missing, compared } = await withLog(folder, (log) => missingRecords(log, mixedStream(stream), acked))
    expect(missing).toEqual([])
    expect(compared).toBeGreaterThan(RECORDS)
  })

  const CHECKPOINT_FAULTS = [
    { why: 'the sync of its folder', paths: (folder: string) => [checkpointFolder(folder)], checkpointRecords: 100 },
    { why: 'the sync of its file', paths: unfinishedFiles, checkpointRecords: 100 },
    { why: 'the sync of the last one, at a stop', paths: unfinishedFiles, checkpointRecords: 10 * RECORDS },
  ]
  test.each(CHECKPOINT_FAULTS)(
    'SPEC X4: a checkpoint, $why: the worker stops; a restart has lost nothing',
    async (row) => {
      const folder = folders.next(base)
      mkdirSync(checkpointFolder(folder))
      const order = { ...orderIn(folder), checkpointRecords: row.checkpointRecords }
      const worker = startWorker(order, inject('fsync:error=EIO', row.paths(folder)))
      expect((await worker.ended).code).toBe(1)
      const [failure] = worker.of('failed')
      expect(failure).toMatchObject({ code: 'CHECKPOINT_FAILED', next: 'stop' })
      expect(failure?.message).toMatch(/^checkpoint payments\.submitted-\d-\d{16}\.checkpoint was not written: EIO/)
      await expectDrained(folder, worker.of('committed'))
    },
  )

  /** Every name under which a checkpoint of the input can be written. */
  function unfinishedFiles(folder: string): string[] {
    return refolds.flatMap(({ dispositions }, partition) =>
      Array.from({ length: dispositions.length + 1 }, (_, offset) =>
        join(checkpointFolder(folder), `${checkpointName(INPUT, partition, offset)}.unfinished`),
      ),
    )
  }
})

describe.skipIf(cannotInject('a mount of its own'))('when the disk is full', () => {
  test('SPEC X4: the disk of the checkpoints: processing goes on, and each failure is reported', async () => {
    const folder = folders.next(base)
    const script = 'mkdir "$0" && mount -t tmpfs -o size=32k tmpfs "$0" && exec "$@"'
    const worker = startWorker(orderIn(folder), ['unshare', '-rm', 'sh', '-c', script, checkpointFolder(folder)])
    await worker.finished()
    const failures = worker.of('survived')
    expect(failures.length).toBeGreaterThan(1)
    for (const { code, next, message } of failures) {
      expect([code, next]).toEqual(['CHECKPOINT_FAILED', 'retry'])
      expect(message).toMatch(/was not written: ENOSPC.*the earlier ones stand/)
    }
    await expectRight(folder, worker.of('left')[0])
  })

  test('SPEC X4: the disk of the log: the worker stops and says so; with more space it goes on without loss', async () => {
    const [folder, kept] = [folders.next(), folders.next()]
    // The mount is seen by this child alone, so it also starts the second worker and copies the outcome out.
    const script = [
      'base=$1 log=$2 kept=$3; shift 3',
      'mkdir -p "$log" "$kept" && mount -t tmpfs -o size=900k tmpfs "$log" && cp -r "$base/." "$log" || exit 7',
      'if "$@"; then exit 8; fi',
      'mount -o remount,size=64m "$log" && "$@" && cp -r "$log/." "$kept"',
    ].join('\n')
    const paths = [base, folder, kept].map(logFolder)
    const worker = startWorker(orderIn(folder), ['unshare', '-rm', 'sh', '-c', script, 'sh', ...paths])
    await worker.finished()
    const [failure] = worker.of('failed')
    expect(failure).toMatchObject({ code: 'DISK_FULL', next: 'stop' })
    expect(failure?.message).toMatch(/is full \(\d+ bytes free\)/)
    const failedAt = worker.lines.findIndex(({ kind }) => kind === 'failed')
    const [first, second] = [worker.lines.slice(0, failedAt), worker.lines.slice(failedAt)]
    for (const lines of [first, second])
      expect(lines.filter(({ kind }) => kind === 'committed').length).toBeGreaterThan(0)
    await expectRight(kept, worker.of('left')[0])
  })
})
