import { type API, createAPI, ProduceAcks, produceV11, Writer } from '@platformatic/kafka'
import type { TopicPartition } from '../log/log.ts'

/** One sealed record batch on its way to its partition: a Produce request takes one a partition. */
export interface SealedBatch extends TopicPartition {
  readonly bytes: Uint8Array
}

type ProduceApi = API<[transactionalId: string | null, batches: readonly SealedBatch[]], produceV11.ProduceResponse>

const PRODUCE = 0
/** How long the leader may wait for its followers. */
const ACKNOWLEDGE_WITHIN_MS = 30_000

/** Whole batches as they are, acknowledged by every replica in sync. */
export const produceBatchesV11: ProduceApi = createAPI(PRODUCE, 11, createRequest, produceV11.parseResponse)

/** The same bytes since KIP-890: partitions that a transaction had not named before are added to it. */
export const produceBatchesV12: ProduceApi = createAPI(PRODUCE, 12, createRequest, produceV11.parseResponse)

function createRequest(transactionalId: string | null, batches: readonly SealedBatch[]): Writer {
  const topics = [...Map.groupBy(batches, ({ topic }) => topic)]
  return Writer.create()
    .appendString(transactionalId)
    .appendInt16(ProduceAcks.ALL)
    .appendInt32(ACKNOWLEDGE_WITHIN_MS)
    .appendArray(topics, (writer, [topic, ofTopic]) => {
      writer.appendString(topic).appendArray(ofTopic, (inner, { partition, bytes }) => {
        inner.appendInt32(partition).appendUnsignedVarInt(bytes.length + 1)
        inner.append(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
      })
    })
    .appendTaggedFields()
}
