import { framed } from '../schemas/avro/framing.ts'
import type { OtpChannel } from '../schemas/generated/enums.ts'
import { encodeOtpDelivery } from '../schemas/generated/otp-delivery.ts'
import { TOPICS } from '../schemas/topics.ts'
import { partitionOf } from '../streams/record/partitioner.ts'
import { putRecord } from '../streams/record/put-record.ts'
import { RecordBatchWriter } from '../streams/record/record-batch-writer.ts'
import type { RecordAppender } from './record-appender.ts'

const { name: TOPIC, partitions: PARTITIONS } = TOPICS.otpDeliveries
const BATCH_BYTES = 4_096
const TEXT = new TextEncoder()

export interface DeliveryQueueOptions {
  readonly schemaId: number
  readonly channel: OtpChannel
  readonly nowMs: () => number
}

/** Appends to `otp.deliveries` that a challenge's code waits. A record that comes twice sends nothing twice. */
export async function queueDelivery(
  appender: RecordAppender,
  challengeId: string,
  { schemaId, channel, nowMs }: DeliveryQueueOptions,
): Promise<void> {
  const key = TEXT.encode(challengeId)
  const partition = partitionOf(key, 0, key.length, PARTITIONS)
  const writer = new RecordBatchWriter(BATCH_BYTES)
  putRecord(writer, nowMs(), key, framed(schemaId, encodeOtpDelivery({ challengeId, channel })))
  for (const batch of writer.finish()) await appender.append({ topic: TOPIC, partition, ...batch })
}
