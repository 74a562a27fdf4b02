import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type EmbeddedLog, openEmbeddedLog } from '../../../streams/embedded/embedded-log.ts'
import type { TopicPartition } from '../../../streams/log/log.ts'
import { recordsIn } from '../log/text-records.ts'
import { LogChild } from './child-process.ts'
import { cannotInject } from './fault-tools.ts'

// Goal: an acknowledgement and what readers see wait for the disk; a disk that fails stops the log and loses nothing.
// Method: a child under strace, which delays or fails its syncs, or on a file system of a few megabytes.

const SYNCS = 'fsync,fdatasync,msync,sync_file_range'
const DELAY_MS = 300
const REOPENINGS = 25

describe('the disk under the embedded log', () => {
  let directory: string
  let log: EmbeddedLog | null = null
  let child: LogChild | null = null

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sluice-disk-'))
  })
  afterEach(async () => {
    await child?.kill()
    await log?.close()
    log = null
    rmSync(directory, { recursive: true })
  })

  async function open(): Promise<EmbeddedLog> {
    log = await openEmbeddedLog({ directory, clock: { nowMs: () => Date.now() } })
    await log.createTopics([
      { topic: 'in', partitions: 1, retentionMs: -1, retentionBytes: -1, writtenBy: 'producers' },
      { topic: 'out', partitions: 2, retentionMs: -1, retentionBytes: -1 },
    ])
    return log
  }

  /** Reads a partition while it is written: the wall clock at which each batch was first seen, by its base offset. */
  async function watch(opened: EmbeddedLog, at: TopicPartition, batches: number): Promise<Map<number, number>> {
    const seen = new Map<number, number>()
    const reader = opened.openReader(at, 0)
    while (seen.size < batches) {
      const { bytes } = await reader.fetch(1, 10_000)
      const [first] = recordsIn(bytes)
      if (first === undefined) throw new Error('nothing came')
      seen.set(first.offset, Date.now())
    }
    reader.close()
    return seen
  }

  describe.skipIf(cannotInject('strace'))('when syncs are slow', () => {
    test('SPEC X4: no acknowledgement and no reader is faster than the sync', async () => {
      const opened = await open()
      child = new LogChild(
        directory,
        'pace',
        [4],
        [
          'strace',
          '-fqqq',
          '-o',
          '/dev/null',
          '-e',
          `trace=${SYNCS}`,
          '-e',
          `inject=${SYNCS}:delay_enter=${DELAY_MS}000`,
        ],
      )
      const [seenIn, seenOut] = await Promise.all([
        watch(opened, { topic: 'in', partition: 0 }, 4),
        watch(opened, { topic: 'out', partition: 0 }, 4),
        child.finished(),
      ])
      const appended = child.of('appended')
      const committed = child.of('committed')
      expect([appended.length, committed.length]).toEqual([4, 4])
      for (const { tookMs } of [...appended, ...committed]) expect(tookMs).toBeGreaterThanOrEqual(DELAY_MS)
      for (const { baseOffset, startMs } of appended) {
        expect((seenIn.get(baseOffset) ?? 0) - startMs).toBeGreaterThanOrEqual(DELAY_MS)
      }
      const seen = [...seenOut.values()]
      for (const [n, { startMs }] of committed.entries()) {
        expect((seen[n] ?? 0) - startMs).toBeGreaterThanOrEqual(DELAY_MS)
      }
    })
  })

  describe.skipIf(cannotInject('strace'))('when another process opens the log slowly', () => {
    // LMDB reads the file's last transaction, maps the file, then tells all processes what it read: the map is made to take long.
    test('SPEC X4: what is acknowledged meanwhile stays, and nobody is stopped', async () => {
      await (await open()).close()
      // The number that went back does harm when nobody is committing: the writer leaves gaps.
      child = new LogChild(directory, 'drip')
      await child.told('appended')
      const before = child.of('appended').length
      const trace = join(directory, 'trace')
      const opener = new LogChild(
        directory,
        'reopen',
        [REOPENINGS],
        ['strace', '-fqqq', '-o', trace, '-e', 'trace=mmap', '-e', 'inject=mmap:delay_exit=12000'],
      )
      await opener.finished()
      const meanwhile = child.of('appended').length - before
      await child.told('appended', child.of('appended').length + 1)
      await child.kill()
      const delayed = readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => line.includes('(DELAYED)')).length
      expect(opener.of('reopened')).toHaveLength(REOPENINGS)
      expect(delayed).toBeGreaterThan(REOPENINGS)
      expect(meanwhile).toBeGreaterThan(REOPENINGS)
      await expectAcknowledged(child)
    }, 60_000)
  })

  describe.skipIf(cannotInject('strace'))('when the disk fails', () => {
    // After a failed write LMDB's own clean-up now and then damages its heap, and the C library aborts the process, or it ends with
    // SIGSEGV: another way to stop, after which the restart must have as much. A failed sync always stops in order.
    const FAULTS = [
      { why: 'the sync of the pages', inject: 'fdatasync:error=EIO:when=6+' },
      { why: 'one sync of the pages, the next would succeed', inject: 'fdatasync:error=EIO:when=6' },
      { why: 'a write, of pages or of the page that names them', inject: 'pwrite64:error=EIO:when=33' },
      { why: 'another write', inject: 'pwrite64:error=EIO:when=34' },
      { why: 'and another', inject: 'pwrite64:error=EIO:when=36' },
    ]
    test.each(FAULTS)(
      'SPEC X4: $why: the log stops for good, and a restart has all that was acknowledged',
      async ({ inject }) => {
        await (await open()).close()
        child = new LogChild(
          directory,
          'fill',
          [],
          ['strace', '-fqqq', '-o', '/dev/null', '-e', `trace=${inject.split(':')[0]}`, '-e', `inject=${inject}`],
        )
        const aborted = await child.finishedOrAborted()
        expect(aborted && inject.startsWith('fdatasync'), 'a failed sync aborted the process').toBe(false)
        const failures = child.of('failed')
        if (!aborted) expect(failures).toHaveLength(3)
        for (const failure of failures) expect(failure).toMatchObject({ code: 'STORAGE_FAILED', next: 'stop' })
        if (!aborted) expect(failures[0]?.message).toContain(directory)
        await expectAcknowledged(child)
      },
    )
  })

  describe.skipIf(cannotInject('a mount of its own'))('when the disk is full', () => {
    test('SPEC X4: the log stops naming folder and free space; with more space a restart goes on without loss', async () => {
      // The mount is seen by this child alone, so it also checks and goes on after the space has grown.
      const script = [
        `mount -t tmpfs -o size=4m tmpfs ${directory}`,
        '"$@"',
        `mount -o remount,size=64m ${directory}`,
        'set -- "$1" "$2" "$3" pace 3',
        '"$@"',
      ].join(' && ')
      child = new LogChild(directory, 'fill', [], ['unshare', '-rm', 'sh', '-c', script, 'sh'])
      await child.finished()
      const [failure, ...later] = child.of('failed')
      expect(failure).toMatchObject({ code: 'DISK_FULL', next: 'stop' })
      expect(failure?.message).toMatch(new RegExp(`${directory} is full \\(\\d+ bytes free\\)`))
      expect(later.map(({ code }) => code)).toEqual(['DISK_FULL', 'DISK_FULL'])
      // The second run's first batch stands directly behind the last one that the first run was told of.
      const offsets = child.of('appended').map(({ baseOffset }) => baseOffset)
      const [third = 0, second = 0, first = 0] = offsets.slice(-3).reverse()
      const last = offsets.length - 4
      expect(last).toBeGreaterThan(0)
      expect(first).toBe((offsets[last] ?? 0) + 100 + (last % 5)) // A filling child's batch n has 100 + n % 5 records.
      expect([second - first, third - second]).toEqual([1, 2])
    })
  })

  async function expectAcknowledged(from: LogChild): Promise<void> {
    const reader = (await open()).openReader({ topic: 'in', partition: 0 }, 0)
    const texts: string[] = []
    for (let end = 1; texts.length < end; ) {
      const fetched = await reader.fetch(4 << 20, 0)
      texts.push(...recordsIn(fetched.bytes).map(({ text }) => text))
      end = fetched.endOffset
    }
    expect(from.of('appended').length).toBeGreaterThan(0)
    for (const { baseOffset, text } of from.of('appended')) expect(texts[baseOffset]).toBe(text)
  }
})
