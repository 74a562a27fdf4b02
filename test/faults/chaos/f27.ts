import { strict as assert } from 'node:assert'
import { Kafka as KafkaJs, logLevel, Partitioners } from 'kafkajs'
import { INPUT_TOPIC, PARTITIONS } from '../../../bin/runtime/session.ts'
import { FRAME_BYTES } from '../../../schemas/avro/framing.ts'
import { DeadLetterReader } from '../../../schemas/generated/dead-letter.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { setOfTopics } from '../../support/topic-setting.ts'
import { readOutputs } from '../stored-records.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

const TWO_MEGABYTES = 2 << 20
const DEPTH = 20_000
const COPIES = 20

/** Schema ids are resolved at the start (F28), so no registry can be away while a record is decided. */
export const poison: Row = {
  row: 'F27',
  title:
    'poison in every partition: bad magic byte, unknown schema id, truncated Avro, 2 MB records, deep JSON, and what the simulator forges',
  expectation: 'each is a dead letter of its transaction, the offset goes on, and payments around it are decided',
  async run({ open, short }) {
    const stand = await open()
    const worker = stand.worker('one')
    await stand.owns(worker, PARTITIONS)
    const poisoned = await stand.feed.sendWhile(500, async () => {
      await stand.until('payments are under way', async () => (await stand.waiting()) > 0)
      return sendPoison(stand, short ? 2 : COPIES)
    })
    await stand.feed.send(short ? 1_000 : 10_000, { scenario: 'poison' })
    await stand.decided()
    await stand.leave(worker)
    await stand.audit()
    const letters = await deadLetters(stand)
    for (const at of poisoned) assert.ok(letters.has(at), `${at} is no dead letter`)
  },
}

/** Past our own producer, which refuses some of it. Returns `partition-offset` of each. */
async function sendPoison(stand: Stand, copies: number): Promise<string[]> {
  const client = new KafkaJs({ brokers: [...stand.kafka.bootstrap], logLevel: logLevel.NOTHING })
  await setOfTopics(stand.kafka.bootstrap, [INPUT_TOPIC], 'max.message.bytes', String(2 * TWO_MEGABYTES))
  const payment = stand.session.ids.payment
  const frame = (magic: number, id: number, length: number) => {
    const bytes = Buffer.alloc(5 + length, 0x41)
    bytes.writeUInt8(magic, 0)
    bytes.writeUInt32BE(id, 1)
    return bytes
  }
  const values = [
    frame(7, payment, 100),
    frame(0, 1_000_000, 100),
    frame(0, payment, 3),
    frame(0, payment, TWO_MEGABYTES),
    Buffer.from(`${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`),
    Buffer.alloc(0),
  ]
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner, maxInFlightRequests: 1 })
  await producer.connect()
  const sent: string[] = []
  for (let copy = 0; copy < copies; copy++) {
    for (const [i, value] of values.entries()) {
      const partition = (copy * values.length + i) % PARTITIONS
      const [answer] = await producer.send({ topic: INPUT_TOPIC, messages: [{ partition, key: 'poisoner', value }] })
      sent.push(`${partition}-${answer?.baseOffset}`)
      await stand.strike()
    }
  }
  await producer.disconnect()
  stand.feed.acknowledged += sent.length
  return sent
}

/** `partition-offset` of the input of each dead letter. */
async function deadLetters({ session }: Stand): Promise<Set<string>> {
  const found = new Set<string>()
  const reader = new DeadLetterReader()
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const { value } of (await readOutputs(session.log, partition)).get(TOPICS.paymentsDlq.name) ?? []) {
      const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
      reader.wrap(value, view, FRAME_BYTES, value.length)
      found.add(`${reader.inputPartition}-${reader.inputOffset}`)
    }
  }
  return found
}
