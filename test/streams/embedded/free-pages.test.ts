import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openEmbeddedLog } from '../../../streams/embedded/embedded-log.ts'
import { RecordBatchWriter } from '../../../streams/record/record-batch-writer.ts'

// Goal: what retention has dropped can be read nowhere in the log's files once its pages were overwritten; what is kept stands.
const HOUR_MS = 3_600_000
const KEPT = 'this-one-stays'
/** A batch that stands within a page of others, one that takes a page, and one of many. */
const SIZES = [80, 900, 2_500, 40_000]

test('SPEC B4: the bytes of dropped batches are gone from the files of the log; those of kept ones are not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-pages-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  let nowMs = 0
  const log = await openEmbeddedLog({ directory, clock: { nowMs: () => nowMs } })
  onTestFinished(() => log.close())
  await log.createTopics([
    { topic: 'in', partitions: 2, retentionMs: HOUR_MS, retentionBytes: -1, writtenBy: 'producers' },
  ])
  const producer = await log.openProducer(null)
  const sequences = [0, 0]
  const append = async (text: string, bytes: number, partition: number) => {
    const writer = new RecordBatchWriter()
    writer.open()
    const value = Buffer.alloc(bytes, text)
    writer.begin(nowMs, value, 0, 8)
    writer.reserve(value.length)
    writer.bytes.set(value, writer.at)
    writer.at += value.length
    writer.end()
    for (const batch of writer.finish()) {
      await producer.append({ topic: 'in', partition, ...batch }, sequences[partition] ?? 0)
      sequences[partition] = (sequences[partition] ?? 0) + batch.recordCount
    }
  }
  for (let n = 0; n < 120; n++) await append(`dropped-${n % 2}-`, SIZES[n % SIZES.length] ?? 0, n % 2)
  nowMs = 2 * HOUR_MS
  for (let n = 0; n < 12; n++) await append(KEPT, SIZES[n % SIZES.length] ?? 0, n % 2)
  const stored = () => readFileSync(join(directory, 'inputs', 'data.mdb')).toString('latin1')
  expect(stored()).toContain('dropped-0')
  while ((await log.runRetention(nowMs)).more);
  expect(stored()).toContain('dropped-0')
  await log.overwriteFreePages()
  const pages = await log.overwriteFreePages()
  expect(pages).toBeGreaterThan(0)
  expect(stored()).not.toContain('dropped-')
  expect(stored()).toContain(KEPT)
  // Nobody meets what the pages were filled with.
  const reader = log.openReader({ topic: 'in', partition: 0 }, 60)
  const { bytes, nextOffset } = await reader.fetch(1 << 20, 0)
  reader.close()
  expect([nextOffset, Buffer.from(bytes).includes(KEPT)]).toEqual([66, true])
})
