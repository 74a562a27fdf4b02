import { expect, onTestFinished, test } from 'vitest'
import { requireKeptOffsets, restoreOffsets } from '../../bin/runtime/kept-offsets.ts'
import { APPLICATION_ID, INPUT_TOPIC, PARTITIONS } from '../../bin/runtime/session.ts'
import { topicSettings } from '../../bin/runtime/topic-settings.ts'
import { framed } from '../../schemas/avro/framing.ts'
import { type DeadLetter, encodeDeadLetter } from '../../schemas/generated/dead-letter.ts'
import { type Duplicate, encodeDuplicate } from '../../schemas/generated/duplicate.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { openEmbeddedLog } from '../../streams/embedded/embedded-log.ts'
import { encodeBatches } from '../support/offline-chain.ts'
import { SCHEMA_IDS } from '../support/payments-driver.ts'
import { temporaryFolder } from './sluice-process.ts'

// Goal: offsets that are gone are seen, and found again from what the outputs say, whatever else stands among them.
// The embedded log forgets no offset: an application that never committed is one whose offsets are gone.
const PARTITION = 3
const INPUT = { topic: INPUT_TOPIC, partition: PARTITION }
const DECIDED = TOPICS.paymentsDecided.name
const DUPLICATES = TOPICS.paymentsDuplicates.name
const DEAD_LETTERS = TOPICS.paymentsDlq.name

const duplicate = (more: Partial<Duplicate>): Uint8Array =>
  framed(
    SCHEMA_IDS.duplicate,
    encodeDuplicate({
      transactionId: 'tx-1',
      senderAccountId: 'ACC-1',
      eventTime: 0,
      inputTopic: INPUT_TOPIC,
      inputPartition: PARTITION,
      inputOffset: 0,
      appendTime: 0,
      firstOffset: 0,
      firstStreamTime: 0,
      semanticsVersion: 1,
      ...more,
    }),
  )
const deadLetter = (more: Partial<DeadLetter>): Uint8Array =>
  framed(
    SCHEMA_IDS.deadLetter,
    encodeDeadLetter({
      reason: 'NULL_VALUE',
      detail: 'value',
      inputTopic: INPUT_TOPIC,
      inputPartition: PARTITION,
      inputOffset: 0,
      appendTime: 0,
      valueHash: '0'.repeat(32),
      valueBytes: -1,
      semanticsVersion: 1,
      ...more,
    }),
  )
const FOREIGN = Uint8Array.of(1)

/** An embedded log with these values in the partition's outputs, and nothing committed for the application. */
async function logWith(outputs: Readonly<Record<string, readonly Uint8Array[]>>) {
  const log = await openEmbeddedLog({ directory: temporaryFolder(), clock: { nowMs: () => Date.now() } })
  onTestFinished(() => log.close())
  await log.createTopics(topicSettings({ logBytesMax: null, retentionMs: -1 }))
  const session = await log.openTask('writer', INPUT)
  session.begin()
  for (const [topic, values] of Object.entries(outputs)) {
    const bytes = new Uint8Array(
      encodeBatches(
        values.map((value) => ({ appendTimeMs: 0, key: 'a', value })),
        0,
        0,
      ),
    )
    await session.append([{ topic, partition: PARTITION, bytes, recordCount: values.length }])
  }
  await session.end()
  await session.close()
  return log
}

test('SPEC X1: offsets are missing only where decisions stand', async () => {
  const fresh = await logWith({ [DUPLICATES]: [duplicate({})] })
  await requireKeptOffsets(fresh, fresh.group(APPLICATION_ID))
  const log = await logWith({ [DECIDED]: [FOREIGN] })
  const group = log.group(APPLICATION_ID)
  const lost = { code: 'OFFSETS_LOST', next: 'stop', place: INPUT }
  await expect(requireKeptOffsets(log, group)).rejects.toMatchObject(lost)
  await group.commit(INPUT, { offset: 0, metadata: '' })
  await requireKeptOffsets(log, group)
})

test('SPEC X1: the partition goes on behind the last input that any verdict tells of, far from the end of its topic too', async () => {
  const far: Uint8Array[] = new Array(1_500).fill(FOREIGN)
  const log = await logWith({
    [DECIDED]: [FOREIGN],
    [DUPLICATES]: [duplicate({ inputOffset: 41 }), duplicate({ inputOffset: 70, inputPartition: PARTITION + 1 })],
    [DEAD_LETTERS]: [
      deadLetter({ inputOffset: 57 }),
      deadLetter({ inputOffset: 900, inputTopic: 'fraud.alerts' }),
      ...far,
    ],
  })
  const group = log.group(APPLICATION_ID)
  expect(await restoreOffsets(log, group, SCHEMA_IDS)).toEqual([{ ...INPUT, offset: 58 }])
  expect((await group.committed(INPUT))?.offset).toBe(58)
  expect(await restoreOffsets(log, group, SCHEMA_IDS)).toEqual([])
  const others = Array.from({ length: PARTITIONS }, (_, partition) => partition).filter((one) => one !== PARTITION)
  for (const partition of others) expect(await group.committed({ topic: INPUT_TOPIC, partition })).toBeNull()
})

test('SPEC X1: where no verdict is retained no offset is made up', async () => {
  const log = await logWith({ [DECIDED]: [FOREIGN] })
  const group = log.group(APPLICATION_ID)
  await expect(restoreOffsets(log, group, SCHEMA_IDS)).rejects.toMatchObject({ code: 'OFFSETS_LOST', place: INPUT })
  expect(await group.committed(INPUT)).toBeNull()
})
