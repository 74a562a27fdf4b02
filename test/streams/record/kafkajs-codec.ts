import { createRequire } from 'node:module'

/** kafkajs' record batch codec, the independent reference; it has no types of its own. */
const require = createRequire(import.meta.url)

interface KafkajsEncoder {
  readonly buffer: Buffer
}

interface KafkajsRecordInput {
  readonly offsetDelta: number
  readonly timestampDelta: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Record<string, Buffer>
}

export interface KafkajsBatch {
  readonly firstOffset: string
  readonly maxTimestamp: string
  readonly producerId: string
  readonly producerEpoch: number
  readonly firstSequence: number
  readonly inTransaction: boolean
  readonly timestampType: number
  readonly records: readonly {
    readonly offset: string
    readonly timestamp: string
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly headers: Record<string, Buffer | null>
  }[]
}

const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(batch: Record<string, unknown>): Promise<KafkajsEncoder>
}
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: KafkajsRecordInput) => unknown
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: unknown,
) => Promise<KafkajsBatch>
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => unknown
const Long = require('kafkajs/src/utils/long') as { fromValue(n: number): unknown }

export async function kafkajsEncode(
  header: {
    readonly firstTimestamp: number
    readonly maxTimestamp: number
    readonly producerId: number
    readonly producerEpoch: number
    readonly firstSequence: number
    readonly transactional: boolean
    readonly baseOffset: number
  },
  records: readonly KafkajsRecordInput[],
): Promise<Buffer> {
  const encoder = await RecordBatch({
    ...header,
    firstOffset: Long.fromValue(header.baseOffset),
    producerId: Long.fromValue(header.producerId),
    partitionLeaderEpoch: -1,
    lastOffsetDelta: records.length - 1,
    records: records.map((record) => encodeRecord(record)),
  })
  return encoder.buffer
}

export function kafkajsDecode(bytes: Uint8Array): Promise<KafkajsBatch> {
  return decodeBatch(new Decoder(Buffer.from(bytes)))
}
