import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FRAME_BYTES, readFrame } from '../../schemas/avro/framing.ts'
import { OK } from '../../schemas/avro/scan.ts'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import type { OutputBatch } from '../../streams/log/log.ts'
import { partitionOf } from '../../streams/record/partitioner.ts'
import { RecordBatchReader } from '../../streams/record/record-batch-reader.ts'
import { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import { valuesOf } from '../schemas/arbitrary-values.ts'
import { asOurs, RECORDS, withSlack } from '../schemas/records.ts'
import { onRealParts } from '../support/real-parts.ts'
import { type ForeignRecord, javaClient, type PlacedRecord, pythonClient } from './foreign-clients.ts'

// Goal: other teams' programs write what we read and read what we write, with their own clients and Avro libraries.
// Method: values from avsc; Kafka's client for Java and librdkafka's for Python, each a program of its own.
const START_MS = 600_000
const PARTITIONS = 3
const PAYMENTS = 60
const SCHEMA_ID = 42
const [PAYMENT] = RECORDS
const [DECISION] = RECORDS.filter(({ name }) => name === 'Decision')
const text = new TextEncoder()

await onRealParts(['kafka'], 'clients of other languages', () => {
  let kafka: Kafka
  let log: KafkaLog
  let topics = 0

  beforeAll(async () => {
    kafka = await startKafka()
    log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'test' } })
  }, START_MS)
  afterAll(async () => {
    await log?.close()
    await kafka?.stop()
  }, START_MS)

  async function newTopic(): Promise<string> {
    const topic = `foreign-${++topics}`
    await log.createTopics([{ topic, partitions: PARTITIONS, retentionMs: -1, retentionBytes: -1 }])
    return topic
  }

  /** A value in the Confluent wire format, encoded by avsc. */
  function framed(record: (typeof RECORDS)[number], value: unknown): Uint8Array {
    const frame = Buffer.alloc(FRAME_BYTES)
    frame.writeInt32BE(SCHEMA_ID, 1)
    return new Uint8Array(Buffer.concat([frame, record.reference.toBuffer(value)]))
  }

  const keyOf = (number: number) => text.encode(`acct-${number % 17}`)

  /** What our reader finds in a topic. */
  async function readByUs(topic: string, count: number): Promise<PlacedRecord[]> {
    const found: PlacedRecord[] = []
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const reader = log.openReader({ topic, partition }, 0)
      for (let next = 0, end = 1; next < end; ) {
        const { bytes, nextOffset, endOffset } = await reader.fetch(1 << 20, 1_000)
        found.push(...recordsOf(bytes, partition))
        next = nextOffset
        end = endOffset
      }
      reader.close()
    }
    expect(found).toHaveLength(count)
    return found
  }

  function recordsOf(bytes: Uint8Array, partition: number): PlacedRecord[] {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const batch = new RecordBatchReader()
    const records: PlacedRecord[] = []
    for (let at = 0; at < bytes.length; at = batch.end) {
      expect(batch.open(bytes, view, at, bytes.length)).toBe('ok')
      while (batch.next()) {
        const { keyAt, keyLength, valueAt, valueLength, offset } = batch
        const key = bytes.slice(keyAt, keyAt + keyLength)
        records.push({ partition, offset, key, value: bytes.slice(valueAt, valueAt + valueLength) })
      }
    }
    return records
  }

  const inOrder = (records: readonly PlacedRecord[]) =>
    records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)

  describe.each([javaClient, pythonClient('murmur2_random')])('$name', (client) => {
    test('SPEC R2: its payments are read as they were meant', { timeout: START_MS }, async () => {
      const topic = await newTopic()
      const payments = fc.sample(valuesOf(PAYMENT!.schema), PAYMENTS)
      const records = payments.map((value, i): ForeignRecord => ({ key: keyOf(i), value: framed(PAYMENT!, value) }))
      const placed = await client.produce(kafka.bootstrap[0]!, topic, records)
      const read = await readByUs(topic, PAYMENTS)
      expect(read).toEqual(inOrder(placed))
      for (const [i, { value }] of placed.entries()) {
        const { buffer, view } = withSlack(value)
        expect(readFrame(view, 0, value.length)).toBe(SCHEMA_ID)
        expect(PAYMENT!.reader.wrap(buffer, view, FRAME_BYTES, value.length)).toBe(OK)
        expect(PAYMENT!.reader.toObject()).toEqual(asOurs(PAYMENT!.schema, payments[i]))
      }
    })

    test('SPEC R3: it puts each sender where ours does', { timeout: START_MS }, async () => {
      const topic = await newTopic()
      const records = Array.from({ length: 500 }, (_, i) => ({ key: text.encode(`sender-${i}`), value: keyOf(i) }))
      const placed = await client.produce(kafka.bootstrap[0]!, topic, records)
      expect(placed.map(({ partition }) => partition)).toEqual(
        records.map(({ key }) => partitionOf(key, 0, key.length, PARTITIONS)),
      )
    })

    test('SPEC X1: it reads at read_committed what a task committed, and nothing of what it aborted', {
      timeout: START_MS,
    }, async () => {
      const [input, topic] = [await newTopic(), await newTopic()]
      const decisions = fc.sample(valuesOf(DECISION!.schema), 20).map((value) => framed(DECISION!, value))
      const session = await log.openTask(`foreign-${topics}`, { topic: input, partition: 0 })
      const commit = async (partition: number, offset: number) => {
        session.begin()
        await session.append([batchOf(topic, partition, decisions)])
        await session.sendOffset({ offset, metadata: '' })
        await session.end()
      }
      await commit(0, 1)
      session.begin()
      await session.append([batchOf(topic, 1, decisions)])
      await session.abort()
      await commit(2, 2)
      await session.close()
      const read = inOrder(await client.consume(kafka.bootstrap[0]!, topic, PARTITIONS))
      const expected = [0, 2].flatMap((partition) =>
        decisions.map((value, offset) => ({ partition, offset, key: keyOf(offset), value })),
      )
      expect(read).toEqual(expected)
    })
  })

  test('SPEC R3: librdkafka’s default puts senders elsewhere, so a producer on it must be told', {
    timeout: START_MS,
  }, async () => {
    const topic = await newTopic()
    const records = Array.from({ length: 500 }, (_, i) => ({ key: text.encode(`sender-${i}`), value: keyOf(i) }))
    const placed = await pythonClient('consistent_random').produce(kafka.bootstrap[0]!, topic, records)
    const elsewhere = placed.filter(({ key, partition }) => partitionOf(key, 0, key.length, PARTITIONS) !== partition)
    expect(elsewhere.length).toBeGreaterThan(100)
  })

  function batchOf(topic: string, partition: number, values: readonly Uint8Array[]): OutputBatch {
    const writer = new RecordBatchWriter()
    writer.open()
    for (const [i, value] of values.entries()) {
      const key = keyOf(i)
      writer.begin(1, key, 0, key.length)
      writer.reserve(value.length)
      writer.bytes.set(value, writer.at)
      writer.at += value.length
      writer.end()
    }
    const [batch, ...more] = writer.finish()
    if (batch === undefined || more.length > 0) throw new Error('the values do not make one batch')
    return { topic, partition, ...batch }
  }
})
