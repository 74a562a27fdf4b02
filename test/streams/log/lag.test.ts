import { beforeEach, expect, test } from 'vitest'
import { readLag } from '../../../streams/log/lag.ts'
import { MemoryBroker } from '../../../streams/testing/memory-broker.ts'
import { MemoryLog } from '../../../streams/testing/memory-log.ts'
import { encodeRecords } from '../../../streams/testing/plain-records.ts'

const AT = { topic: 'input', partition: 0 }
let nowMs: number
let broker: MemoryBroker
let log: MemoryLog

/** Batches of two records, at 1,000, 2,000 and 3,000 ms. */
beforeEach(() => {
  const clock = { nowMs: () => nowMs, wait: async () => {} }
  broker = new MemoryBroker(clock)
  broker.createTopics([{ topic: AT.topic, partitions: 1, retentionMs: -1, retentionBytes: -1, writtenBy: 'producers' }])
  log = new MemoryLog(broker, clock)
  const producer = broker.own('producer')
  for (nowMs = 1_000; nowMs <= 3_000; nowMs += 1_000) {
    const record = { key: null, value: Buffer.from('x') }
    const [batch] = encodeRecords([record, record])
    if (batch !== undefined) broker.produce(producer, 1, { ...AT, ...batch }, nowMs / 500 - 2)
  }
})

// prettier-ignore
test.each([
  {
    why: 'nothing is decided: the first record is the oldest',
    committed: 0,
    expected: { records: 6, oldestAppendMs: 1_000 },
  },
  { why: 'it stands within a batch', committed: 3, expected: { records: 3, oldestAppendMs: 2_000 } },
  { why: 'it stands at the beginning of a batch', committed: 4, expected: { records: 2, oldestAppendMs: 3_000 } },
  { why: 'all is decided', committed: 6, expected: { records: 0, oldestAppendMs: null } },
])('lag: $why', async ({ committed, expected }) => {
  expect(await readLag(log, AT, committed)).toEqual(expected)
})

test('lag: what retention has dropped is not waited for', async () => {
  broker.dropBefore(AT, 2)
  expect(await readLag(log, AT, 0)).toEqual({ records: 4, oldestAppendMs: 2_000 })
})

test.each([
  { why: 'is none behind the last record', committed: 6, expected: { records: 0, oldestAppendMs: null } },
  { why: 'counts as long as a record waits before it', committed: 4, expected: { records: 3, oldestAppendMs: 3_000 } },
])('lag: a marker $why', async ({ committed, expected }) => {
  broker.mark(AT)
  expect(await readLag(log, AT, committed)).toEqual(expected)
})
