import { framed } from '../../schemas/avro/framing.ts'
import { encodeHookDelivery, type HookDelivery } from '../../schemas/generated/hook-delivery.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Log, ProducerSession } from '../../streams/log/log.ts'
import { partitionOf } from '../../streams/record/partitioner.ts'
import { putRecord } from '../../streams/record/put-record.ts'
import { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'

const BATCH_BYTES = 16_384
const { name: TOPIC, partitions: PARTITIONS } = TOPICS.hooksDeliveries

interface Pending {
  readonly delivery: HookDelivery
  resolve(place: DeliveryPlace): void
  reject(error: unknown): void
}

/** Where a record stands on `hooks.deliveries`. */
export interface DeliveryPlace {
  readonly partition: number
  readonly offset: number
}

/**
 * Writes to `hooks.deliveries`. What comes while a write is under way goes out together with the next. It holds no more than
 * there are tries under way.
 */
export class DeliveryLog {
  private readonly log: Pick<Log, 'openProducer'>
  private readonly schemaId: number
  private session: ProducerSession | null = null
  private readonly sequences = new Map<number, number>()
  private pending: Pending[] = []
  private isWriting = false

  constructor(log: Pick<Log, 'openProducer'>, schemaId: number) {
    this.log = log
    this.schemaId = schemaId
  }

  /** Resolves once the log has it durably. @throws StreamsError; the log of deliveries is then of no use any more. */
  append(delivery: HookDelivery): Promise<DeliveryPlace> {
    return new Promise((resolve, reject) => {
      this.pending.push({ delivery, resolve, reject })
      void this.writeAll()
    })
  }

  async close(): Promise<void> {
    // What broke it is told already.
    await this.session?.close().catch(() => {})
  }

  private async writeAll(): Promise<void> {
    if (this.isWriting) return
    this.isWriting = true
    while (this.pending.length > 0) {
      const group = this.pending
      this.pending = []
      const byPartition = Map.groupBy(group, ({ delivery }) => deliveryPartition(delivery.actionId))
      try {
        for (const [partition, part] of byPartition) await this.write(partition, part)
      } catch (error) {
        for (const { reject } of [...group, ...this.pending]) reject(error)
        this.pending = []
      }
    }
    this.isWriting = false
  }

  private async write(partition: number, part: readonly Pending[]): Promise<void> {
    this.session ??= await this.log.openProducer(null)
    const writer = new RecordBatchWriter(BATCH_BYTES)
    for (const { delivery } of part) {
      const value = framed(this.schemaId, encodeHookDelivery(delivery))
      putRecord(writer, delivery.triedAt, Buffer.from(delivery.actionId), value)
    }
    let written = 0
    for (const { bytes, recordCount } of writer.finish()) {
      const sequence = this.sequences.get(partition) ?? 0
      const { baseOffset } = await this.session.append({ topic: TOPIC, partition, bytes, recordCount }, sequence)
      this.sequences.set(partition, sequence + recordCount)
      for (let i = 0; i < recordCount; i++) part[written++]!.resolve({ partition, offset: baseOffset + i })
    }
  }
}

/** All records of an action stand in one partition, in their order. */
function deliveryPartition(actionId: string): number {
  const key = Buffer.from(actionId)
  return partitionOf(key, 0, key.length, PARTITIONS)
}
