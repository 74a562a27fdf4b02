import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type EmbeddedLog, openEmbeddedLog } from '../../../streams/embedded/embedded-log.ts'
import type { ProducerSession } from '../../../streams/log/log.ts'
import { batchOf, recordsIn } from '../log/text-records.ts'

const IN = { topic: 'in', partition: 0 }

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'sluice-log-'))
}

describe('the embedded log', () => {
  let directory: string
  let nowMs: number
  const opened: EmbeddedLog[] = []
  const clock = { nowMs: () => nowMs }

  async function open(settings: { directory?: string; bytesMax?: number } = {}): Promise<EmbeddedLog> {
    const log = await openEmbeddedLog({ directory, clock, ...settings })
    opened.push(log)
    return log
  }

  beforeEach(() => {
    directory = temporaryFolder()
    nowMs = 1_000_000
  })
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close()
    rmSync(directory, { recursive: true })
  })

  const topic = (retention: { retentionMs?: number; retentionBytes?: number } = {}) =>
    ({ topic: 'in', partitions: 1, retentionMs: -1, retentionBytes: -1, writtenBy: 'producers', ...retention }) as const

  /** Appends `count` batches of one record of `size` bytes, one a second. */
  async function appendBatches(log: EmbeddedLog, count: number, size = 1_000): Promise<void> {
    const producer = await log.openProducer(null)
    for (let sequence = 0; sequence < count; sequence++) {
      nowMs += 1_000
      await producer.append(batchOf(IN, ['x'.repeat(size)]), sequence)
    }
  }

  describe('data folder', () => {
    test('what was acknowledged is there when the folder is opened again', async () => {
      const log = await open()
      await log.createTopics([topic()])
      await appendBatches(log, 3)
      const { folderId } = log.stat()
      await log.close()
      const again = await open()
      expect(again.stat().folderId).toBe(folderId)
      expect(await again.bounds(IN)).toEqual({ startOffset: 0, endOffset: 3 })
    })

    test('another format is refused by name', async () => {
      await (await open()).close()
      const path = join(directory, 'sluice-log.json')
      const identity = JSON.parse(readFileSync(path, 'utf8')) as object
      writeFileSync(path, JSON.stringify({ ...identity, format: 99 }))
      await expect(open()).rejects.toMatchObject({ code: 'UNKNOWN_FORMAT', next: 'stop' })
      await expect(open()).rejects.toThrow(/is format 99, this version reads format 1/)
    })

    test('an identity that cannot be read is refused, not replaced', async () => {
      await (await open()).close()
      writeFileSync(join(directory, 'sluice-log.json'), '')
      await expect(open()).rejects.toMatchObject({ code: 'UNKNOWN_FORMAT' })
    })

    test('files of two data folders never mix', async () => {
      await (await open()).close()
      const other = temporaryFolder()
      await (await open({ directory: other })).close()
      await cp(join(other, 'outputs'), join(directory, 'outputs'), { recursive: true })
      rmSync(other, { recursive: true })
      await expect(open()).rejects.toMatchObject({ code: 'FOLDER_MIXED', next: 'stop' })
    })
  })

  test('append time never goes backwards when the clock does', async () => {
    const log = await open()
    await log.createTopics([topic()])
    const producer = await log.openProducer(null)
    nowMs = 5_000
    await producer.append(batchOf(IN, ['a']), 0)
    nowMs = 3_000
    expect(await producer.append(batchOf(IN, ['b']), 1)).toMatchObject({ appendTimeMs: 5_000 })
    nowMs = 6_000
    expect(await producer.append(batchOf(IN, ['c']), 2)).toMatchObject({ appendTimeMs: 6_000 })
  })

  test('those who work on at an acknowledgement for longer than a sync takes leave turns to the event loop', async () => {
    const WORK_MS = 30
    const TIMES = 10
    const log = await open()
    await log.createTopics([topic()])
    const [first, second] = [await log.openProducer(null), await log.openProducer(null)]
    for (const producer of [first, second]) await producer.append(batchOf(IN, ['the thread has begun']), 0)
    const work = () => {
      for (const endMs = performance.now() + WORK_MS; performance.now() < endMs; );
    }
    const sendAndWork = async (producer: ProducerSession) => {
      for (let sequence = 1; sequence <= TIMES; sequence++) {
        await producer.append(batchOf(IN, ['x']), sequence)
        work()
      }
    }
    let turnsWithWork = 0
    const count = (sinceMs: number) => {
      if (performance.now() - sinceMs >= WORK_MS) turnsWithWork++
      turn = setImmediate(count, performance.now())
    }
    let turn = setImmediate(count, performance.now())
    // One works while what the other sent is synced, so that an acknowledgement is always there when the work is done.
    const sent = sendAndWork(first)
    await nextTurn()
    work()
    await Promise.all([sent, sendAndWork(second)])
    await nextTurn()
    clearImmediate(turn)
    expect(turnsWithWork).toBeGreaterThanOrEqual(TIMES)
  })

  test('a task cannot write what producers alone write', async () => {
    const log = await open()
    await log.createTopics([topic()])
    const session = await log.openTask('app', IN)
    session.begin()
    await session.append([batchOf(IN, ['loop'])])
    await expect(session.end()).rejects.toMatchObject({ code: 'WRITER_DIFFERS', next: 'stop' })
    expect(await log.bounds(IN)).toMatchObject({ endOffset: 0 })
  })

  test('a closed log says so, and a waiting reader learns it', async () => {
    const log = await open()
    await log.createTopics([topic()])
    const waiting = log.openReader(IN, 0).fetch(1, 60_000)
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'LOG_CLOSED' })
    await log.close()
    await outcome
    await expect(log.topics()).rejects.toMatchObject({ code: 'LOG_CLOSED' })
  })

  test('a log whose writing thread could not begin says so, and can be closed', async () => {
    const before = await open()
    await before.createTopics([topic()])
    await before.close()
    const log = await open()
    const gate = join(directory, 'catalog', 'gate')
    renameSync(gate, `${gate}.away`)
    writeFileSync(gate, 'a file where a folder should be')
    const commit = () => log.group('g').commit(IN, { offset: 1, metadata: '' })
    await expect(commit()).rejects.toMatchObject({ code: 'STORAGE_FAILED', next: 'stop' })
    await log.close()
    await expect(commit()).rejects.toMatchObject({ next: 'stop' })
  })

  test('a closed reader waits no longer', async () => {
    const log = await open()
    await log.createTopics([topic()])
    const reader = log.openReader(IN, 0)
    const waiting = reader.fetch(1, 60_000)
    reader.close()
    expect((await waiting).bytes).toHaveLength(0)
  })

  test('requests that arrive together share a sync', async () => {
    const log = await open()
    await log.createTopics([topic()])
    const producer = await log.openProducer(null)
    const before = log.stat().environments.find(({ name }) => name === 'inputs')
    await Promise.all(Array.from({ length: 100 }, (_, sequence) => producer.append(batchOf(IN, ['x']), sequence)))
    const after = log.stat().environments.find(({ name }) => name === 'inputs')
    expect((after?.requests ?? 0) - (before?.requests ?? 0)).toBe(100)
    expect((after?.syncs ?? 0) - (before?.syncs ?? 0)).toBeLessThan(30)
  })

  describe('retention', () => {
    test('drops whole batches by age, and a reader of a dropped offset is told', async () => {
      const log = await open()
      await log.createTopics([topic({ retentionMs: 4_500 })])
      await appendBatches(log, 10)
      expect(await log.runRetention(nowMs)).toMatchObject({ batchesDropped: 5, more: false })
      expect(await log.bounds(IN)).toEqual({ startOffset: 5, endOffset: 10 })
      await expect(log.openReader(IN, 4).fetch(1, 0)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
      expect(recordsIn((await log.openReader(IN, 5).fetch(1 << 20, 0)).bytes).map(({ offset }) => offset)).toEqual([
        5, 6, 7, 8, 9,
      ])
    })

    test('drops the oldest by bytes', async () => {
      const log = await open()
      await log.createTopics([topic({ retentionBytes: 3_500 })])
      await appendBatches(log, 10)
      await log.runRetention(nowMs)
      expect(await log.bounds(IN)).toEqual({ startOffset: 7, endOffset: 10 })
      expect(log.stat().partitions).toMatchObject([{ startOffset: 7, endOffset: 10 }])
      expect(log.stat().partitions[0]?.bytes).toBeLessThanOrEqual(3_500)
    })

    test('never drops what somebody still needs', async () => {
      const log = await open()
      await log.createTopics([topic({ retentionMs: 0 })])
      await appendBatches(log, 10)
      nowMs += 60_000
      await log.runRetention(nowMs, () => 3)
      expect(await log.bounds(IN)).toEqual({ startOffset: 3, endOffset: 10 })
      await log.runRetention(nowMs)
      expect(await log.bounds(IN)).toEqual({ startOffset: 10, endOffset: 10 })
    })

    test('does a bounded amount of work a call and says that there is more', async () => {
      const log = await open()
      await log.createTopics([topic({ retentionMs: 0 })])
      await appendBatches(log, 70, 10)
      nowMs += 60_000
      expect(await log.runRetention(nowMs)).toMatchObject({ batchesDropped: 64, more: true })
      expect(await log.runRetention(nowMs)).toMatchObject({ batchesDropped: 6, more: false })
    })

    test('lets the file reuse its pages: it stops growing', async () => {
      const log = await open()
      await log.createTopics([topic({ retentionBytes: 1_000_000 })])
      const producer = await log.openProducer(null)
      const reader = log.openReader(IN, 0)
      let sequence = 0
      const sizes: number[] = []
      for (let round = 0; round < 6; round++) {
        for (let i = 0; i < 60; i++) {
          // Sizes differ, as they do in life: free runs of pages must fit other batches than those that left them.
          await producer.append(batchOf(IN, ['x'.repeat(40_000 + ((sequence * 7_919) % 60_000))]), sequence++)
          await reader.fetch(1 << 20, 0)
          await log.runRetention(nowMs)
        }
        sizes.push(log.stat().environments.find(({ name }) => name === 'inputs')?.bytesOnDisk ?? 0)
      }
      expect(sizes.at(-1)).toBeLessThan(4_000_000)
      expect(sizes.at(-1)).toBeLessThanOrEqual((sizes[2] ?? 0) * 1.1)
    })
  })

  test('a full log refuses by name of the setting, stores nothing, and goes on after retention', async () => {
    const log = await open({ bytesMax: 1_000_000 })
    await log.createTopics([topic({ retentionBytes: 0 })])
    const producer = await log.openProducer(null)
    const big = 'x'.repeat(100_000)
    let sequence = 0
    const fill = async () => {
      for (; sequence < 20; sequence++) await producer.append(batchOf(IN, [big]), sequence)
    }
    await expect(fill()).rejects.toMatchObject({ code: 'LOG_FULL', next: 'stop' })
    await expect(fill()).rejects.toThrow(/bytesMax/)
    expect(await log.bounds(IN)).toEqual({ startOffset: 0, endOffset: sequence })
    expect(sequence).toBeGreaterThan(2)
    await log.runRetention(nowMs)
    await producer.append(batchOf(IN, [big]), sequence)
    expect(log.stopped).toBeNull()
  })
})
