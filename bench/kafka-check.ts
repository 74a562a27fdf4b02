import { createHash } from 'node:crypto'
import avsc from 'avsc'
import kafkajs from 'kafkajs'
import { SCHEMAS } from '../schemas/generated/schemas.ts'
import { TOPICS } from '../schemas/topics.ts'
import { PARTITIONS } from './kafka-ground.ts'

/**
 * Reads what the tasks wrote as somebody else would: kafkajs at read_committed, avsc, nothing of ours. Each input offset must
 * have exactly one decision, repeat or dead letter. Arguments: bootstrap, number of inputs. Sends `Checked`.
 */
export interface Checked {
  /** Dispositions by topic. */
  readonly counts: Readonly<Record<string, number>>
  readonly distinct: number
  readonly doubled: number
  /** Over keys and values in offset order, partition after partition: equal for every run over the same input. */
  readonly digest: string
}

interface Coordinates {
  readonly input_partition: number
  readonly input_offset: number
}

const FRAME_BYTES = 5
/** The registry's ids of this tree, as they stand in each value. */
const TYPES: Readonly<Record<number, avsc.Type>> = {
  3: avsc.Type.forSchema(JSON.parse(SCHEMAS.Decision)),
  5: avsc.Type.forSchema(JSON.parse(SCHEMAS.DeadLetter)),
  8: avsc.Type.forSchema(JSON.parse(SCHEMAS.Duplicate)),
}
const READ = [TOPICS.paymentsDecided.name, TOPICS.paymentsDuplicates.name, TOPICS.paymentsDlq.name]

async function check(bootstrap: string, inputs: number): Promise<Checked> {
  const kafka = new kafkajs.Kafka({ brokers: [bootstrap], clientId: 'checker', logLevel: kafkajs.logLevel.ERROR })
  const ends = await endsOf(kafka.admin())
  const seen = Array.from({ length: PARTITIONS }, () => new Uint8Array(inputs))
  const digests = new Map([...ends.keys()].sort().map((at) => [at, createHash('sha256')]))
  const counts: Record<string, number> = Object.fromEntries(READ.map((topic) => [topic, 0]))
  let distinct = 0
  let doubled = 0
  const take = (topic: string, partition: number, key: Uint8Array | null, value: Buffer) => {
    digests
      .get(`${topic}-${partition}`)
      ?.update(key ?? '')
      .update(value)
    const type = TYPES[value.readInt32BE(1)]
    if (type === undefined) return // The end of a challenge or review, which is no disposition.
    const { input_partition: at, input_offset: offset } = type.fromBuffer(value.subarray(FRAME_BYTES)) as Coordinates
    const offsets = seen[at] as Uint8Array
    if (offsets[offset] === 0) distinct++
    else doubled++
    offsets[offset] = 1
    counts[topic] = (counts[topic] ?? 0) + 1
  }

  const consumer = kafka.consumer({ groupId: `checker-${process.pid}`, readUncommitted: false, maxBytes: 8 << 20 })
  await consumer.connect()
  await consumer.subscribe({ topics: READ, fromBeginning: true })
  const left = new Set([...ends].filter(([, end]) => end > 0).map(([at]) => at))
  const done = Promise.withResolvers<void>()
  if (left.size === 0) done.resolve()
  consumer.on(consumer.events.CRASH, ({ payload }) => done.reject(payload.error))
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, resolveOffset }) => {
      const { topic, partition, messages } = batch
      const at = `${topic}-${partition}`
      for (const { key, value } of messages) if (value !== null) take(topic, partition, key, value)
      resolveOffset(batch.lastOffset())
      // The last offset of a partition is a marker, which kafkajs counts and does not hand out.
      if (Number(batch.lastOffset()) >= (ends.get(at) ?? 0) - 2) left.delete(at)
      if (left.size === 0) done.resolve()
    },
  })
  await done.promise
  await consumer.disconnect()
  const digest = createHash('sha256')
  for (const one of digests.values()) digest.update(one.digest())
  return { counts, distinct, doubled, digest: digest.digest('hex').slice(0, 16) }
}

async function endsOf(admin: kafkajs.Admin): Promise<Map<string, number>> {
  await admin.connect()
  const ends = new Map<string, number>()
  for (const topic of READ) {
    for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
      ends.set(`${topic}-${partition}`, Number(high))
    }
  }
  await admin.disconnect()
  return ends
}

const [bootstrap = '', inputs] = process.argv.slice(2)
process.send?.(await check(bootstrap, Number(inputs)), () => process.disconnect())
