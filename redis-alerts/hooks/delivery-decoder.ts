import { FRAME_BYTES, readFrame } from '../../schemas/avro/framing.ts'
import { OK } from '../../schemas/avro/scan.ts'
import { type HookDelivery, HookDeliveryReader } from '../../schemas/generated/hook-delivery.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import { visitBatches } from '../../streams/record/visit-batches.ts'

/** A delivery and its offset on `hooks.deliveries`. */
export interface RecordedDelivery {
  readonly delivery: HookDelivery
  readonly offset: number
}

/** Reads records of `hooks.deliveries`; one instance serves batch after batch. What is none is passed over: only hooks write there. */
export class DeliveryDecoder {
  private readonly schemaId: number
  private readonly reader = new HookDeliveryReader()

  constructor(schemaId: number) {
    this.schemaId = schemaId
  }

  /** The deliveries of fetched batches with offsets in [`from`, `to`). @throws StreamsError CORRUPT_BATCH */
  read(bytes: Uint8Array, at: TopicPartition, from: number, to: number): RecordedDelivery[] {
    const deliveries: RecordedDelivery[] = []
    visitBatches(bytes, at, from, to, ({ bytes: batch, offset, valueAt, valueLength }, view) => {
      const end = valueAt + valueLength
      if (valueLength < FRAME_BYTES || readFrame(view, valueAt, end) !== this.schemaId) return
      if (this.reader.wrap(batch, view, valueAt + FRAME_BYTES, end) !== OK) return
      deliveries.push({ delivery: this.reader.toObject(), offset })
    })
    return deliveries
  }
}
