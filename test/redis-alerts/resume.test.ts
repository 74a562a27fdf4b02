import { beforeEach, expect, test } from 'vitest'
import { COUNT_LIFE_MS } from '../../redis-alerts/lives.ts'
import { resume } from '../../redis-alerts/resume.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { MemoryBroker } from '../../streams/testing/memory-broker.ts'
import { MemoryLog } from '../../streams/testing/memory-log.ts'
import { encodeRecords } from '../../streams/testing/plain-records.ts'

const AT = { topic: TOPICS.fraudAlerts.name, partition: 0 }
const NOW_MS = 10 * COUNT_LIFE_MS
/** Before this offset nothing can be live any more. */
const LIVE_FROM = 6

let broker: MemoryBroker
let log: MemoryLog

/** Five batches of two records: three too old to be live, two within the hour. */
beforeEach(() => {
  let nowMs = 0
  const clock = { nowMs: () => nowMs, wait: async () => {} }
  broker = new MemoryBroker(clock)
  broker.createTopics([{ topic: AT.topic, partitions: 1, retentionMs: -1, retentionBytes: -1, writtenBy: 'producers' }])
  log = new MemoryLog(broker, clock)
  const producer = broker.own('producer')
  const ages = [5, 3, 1.1, 0.9, 0.1].map((lives) => lives * COUNT_LIFE_MS)
  for (const [index, ageMs] of ages.entries()) {
    nowMs = NOW_MS - ageMs
    const record = { key: null, value: Buffer.from('x') }
    const [batch] = encodeRecords([record, record])
    if (batch !== undefined) broker.produce(producer, 1, { ...AT, ...batch }, index * 2)
  }
})

test.each([
  { why: 'the store goes on behind its own offset', held: 3, expected: { offset: 4, previousOffset: 3 } },
  { why: 'the store has everything', held: 9, expected: { offset: 10, previousOffset: 9 } },
  { why: 'its own offset counts, not the group’s', held: 3, committed: 8, expected: { offset: 4, previousOffset: 3 } },
  { why: 'nobody was here before: what can be live', expected: { offset: LIVE_FROM, previousOffset: -1 } },
  { why: 'emptied: what can be live', committed: 10, expected: { offset: LIVE_FROM, previousOffset: -1 } },
  { why: 'emptied: what nobody has had, though it is old', committed: 1, expected: { offset: 1, previousOffset: -1 } },
])('SPEC A3: resume: $why', async ({ held, committed, expected }) => {
  const group = log.group('alerts')
  if (committed !== undefined) await group.commit(AT, { offset: committed, metadata: '' })
  expect(await resume(log, group, AT, held, NOW_MS)).toEqual({ ...expected, lostOffsets: 0 })
})

test('SPEC A3: resume: what retention took before the store had it is told', async () => {
  broker.dropBefore(AT, 6)
  const { offset, lostOffsets } = await resume(log, log.group('alerts'), AT, 1, NOW_MS)
  expect({ offset, lostOffsets }).toEqual({ offset: 6, lostOffsets: 4 })
})

test('SPEC A3: resume: a log that ends before the store’s offset stops the alerter', async () => {
  const resumed = resume(log, log.group('alerts'), AT, 10, NOW_MS)
  await expect(resumed).rejects.toMatchObject({ code: 'ALERTS_AHEAD_OF_LOG', next: 'stop' })
})
