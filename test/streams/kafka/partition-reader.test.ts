import { beforeEach, expect, test } from 'vitest'
import { StreamsError } from '../../../streams/errors.ts'
import type { FetchedPartition } from '../../../streams/kafka/fetch-request.ts'
import { KafkaCounters } from '../../../streams/kafka/kafka-counters.ts'
import { PartitionReader } from '../../../streams/kafka/partition-reader.ts'
import * as layout from '../../../streams/record/batch-layout.ts'
import { sealBatch } from '../../../streams/record/batch-seal.ts'
import { batchOf } from '../log/text-records.ts'

// Goal: a reader tells its broker by which epoch it knows the log, so that a log which was cut off is never read on in silence.
// Method: the reader alone; the test is its fetcher, and hands it the answers.
const AT = { topic: 'topic', partition: 0 }
const TOPIC_ID = '00000000-0000-0000-0000-000000000001'
let reader: PartitionReader
let counters: KafkaCounters

beforeEach(() => {
  counters = new KafkaCounters()
  const source = { counters, pollsSent: 0, attend: () => {}, dismiss: () => {} }
  reader = new PartitionReader(AT, 0, source)
  reader.ledBy({ topicId: TOPIC_ID, brokerId: 1, leaderEpoch: 7 })
})

/** One batch of one record. */
function batch(baseOffset: number, leaderEpoch: number): Uint8Array {
  const { bytes } = batchOf(AT, ['text'])
  const plain = { appendTimeMs: 1, producerId: -1, producerEpoch: -1, baseSequence: -1, transactional: false }
  sealBatch(bytes, { ...plain, baseOffset })
  // The broker's own: no checksum covers it.
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(layout.LEADER_EPOCH, leaderEpoch)
  return bytes
}

function answer(records: readonly Uint8Array[], divergedAt: number | null = null, lastStableOffset = 10): void {
  const demand = reader.demand()
  if (demand === null) throw new Error('the reader wants nothing')
  const place = { topicId: TOPIC_ID, partition: 0, errorCode: 0, logStartOffset: 0, aborted: [] }
  const fetched: FetchedPartition = { ...place, lastStableOffset, divergedAt, records: Buffer.concat(records) }
  reader.accept(fetched, demand)
  reader.answered(1, fetched.lastStableOffset)
}

async function fetch(records: readonly Uint8Array[], maxBytes: number): Promise<number> {
  const fetching = reader.fetch(maxBytes, 1_000)
  answer(records)
  return (await fetching).nextOffset
}

const NOT_SERVED = new StreamsError('KAFKA_NOT_SERVED', 'retry', 'nobody serves the partition', AT)

test('partition reader: the epoch of what was given out outlives a time in which nobody served the partition', async () => {
  expect(await fetch([batch(0, 5), batch(1, 6)], 1)).toBe(1)
  // What was fetched ahead is dropped with its epoch.
  expect(reader.demand()).toMatchObject({ offset: 2, lastFetchedEpoch: 6 })
  reader.fail(NOT_SERVED)
  await expect(reader.fetch(1, 0)).rejects.toBe(NOT_SERVED)
  expect(reader.demand()).toMatchObject({ offset: 1, lastFetchedEpoch: 5 })
})

// prettier-ignore
test.each([
  { why: 'all there was: the next call is to bring all that has come since', partOfAsked: 1 / 9, ahead: false },
  { why: 'an eighth of what was asked for: more stands ready at the next call', partOfAsked: 1 / 8, ahead: true },
])('partition reader: who was given $why', async ({ partOfAsked, ahead }) => {
  const records = [batch(0, 5)]
  const [{ length }] = records as [Uint8Array]
  expect(await fetch(records, length / partOfAsked)).toBe(1)
  expect(reader.demand() !== null).toBe(ahead)
  const next = reader.fetch(length, 1_000)
  answer([batch(1, 5)])
  expect(await next).toMatchObject({ nextOffset: 2 })
})

test('partition reader: a log that was cut off is refused each time, until somebody decides where to go on', async () => {
  expect(await fetch([batch(0, 5)], 1)).toBe(1)
  for (let tries = 0; tries < 2; tries++) {
    const fetching = reader.fetch(1, 1_000)
    expect(reader.demand()).toMatchObject({ offset: 1, lastFetchedEpoch: 5 })
    answer([], 0)
    await expect(fetching).rejects.toMatchObject({ code: 'LOG_TRUNCATED', next: 'stop', place: { ...AT, offset: 1 } })
  }
  reader.seek(0)
  expect(reader.demand()).toMatchObject({ offset: 0, lastFetchedEpoch: -1 })
})

test('partition reader: what became stable while the broker read is no fault, and is given out once the end covers it', async () => {
  const first = reader.fetch(1_000, 1_000)
  for (let answers = 0; answers < 4; answers++) answer([batch(0, 5), batch(1, 5)], null, 0)
  answer([batch(0, 5), batch(1, 5)], null, 1)
  expect(await first).toMatchObject({ nextOffset: 1 })
  const second = reader.fetch(1_000, 1_000)
  answer([batch(1, 5)])
  expect(await second).toMatchObject({ nextOffset: 2 })
  expect(counters.corruptFetchesTotal).toBe(0)
})

test('partition reader: an offset past the end, where something is stable, is a fault of the line or the disk', async () => {
  const fetching = reader.fetch(1_000, 1_000)
  for (let tries = 0; tries < 3; tries++) answer([batch(12, 5)])
  await expect(fetching).rejects.toMatchObject({ code: 'CORRUPT_BATCH', next: 'stop' })
  expect(counters.corruptFetchesTotal).toBe(3)
})

test('partition reader: one that is closed wants nothing more', async () => {
  await fetch([batch(0, 5)], 1)
  expect(reader.demand()).not.toBeNull()
  reader.close()
  expect(reader.demand()).toBeNull()
})
