import type { KafkaLog } from '../streams/kafka/kafka-log.ts'
import { produceBatchesV11, type SealedBatch } from '../streams/kafka/produce-api.ts'
import { sealBatch } from '../streams/record/batch-seal.ts'
import { partitionOf } from '../streams/record/partitioner.ts'
import { RecordBatchWriter } from '../streams/record/record-batch-writer.ts'

/** How a batch is sealed that neither a transaction nor a sequence stands behind. */
export const UNSEQUENCED = {
  producerId: -1,
  producerEpoch: -1,
  baseSequence: -1,
  transactional: false,
  appendTimeMs: -1,
  baseOffset: 0,
} as const
/** As large as a busy producer's batches are. */
const BATCH_BYTES = 200_000
const PURPOSE = 'raw-producer'

/**
 * A producer that only a bench may be: whole batches, no repeats, no order between requests in flight. It costs next to
 * nothing, so that what is measured beside it is the pipeline.
 */
export class RawProducer {
  private readonly log: KafkaLog
  private readonly topic: string
  private readonly writers: readonly RecordBatchWriter[]
  private readonly inFlight = new Set<Promise<unknown>>()
  private failure: unknown = null

  constructor(log: KafkaLog, topic: string, partitions: number) {
    this.log = log
    this.topic = topic
    this.writers = Array.from({ length: partitions }, () => new RecordBatchWriter(1 << 18, { bytesMax: BATCH_BYTES }))
    for (const writer of this.writers) writer.open()
  }

  /** Adds a record to the batch of its key's partition. True when that batch is as large as it should get. */
  put(timestampMs: number, key: Uint8Array, value: Uint8Array): boolean {
    const writer = this.writers[partitionOf(key, 0, key.length, this.writers.length)] as RecordBatchWriter
    writer.begin(timestampMs, key, 0, key.length)
    writer.reserve(value.length)
    writer.bytes.set(value, writer.at)
    writer.at += value.length
    writer.end()
    return writer.at > BATCH_BYTES
  }

  /** Requests that are not answered. */
  get waiting(): number {
    return this.inFlight.size
  }

  /** Sends what was put, without waiting for the answer. */
  async send(): Promise<void> {
    const rounds: SealedBatch[][] = []
    for (const [partition, writer] of this.writers.entries()) {
      if (writer.empty) continue
      for (const [round, { bytes }] of writer.finish().entries()) {
        // The writer goes on in its buffer while these are on their way.
        const sealed = bytes.slice()
        sealBatch(sealed, UNSEQUENCED)
        rounds[round] ??= []
        rounds[round].push({ topic: this.topic, partition, bytes: sealed })
      }
      writer.open()
    }
    if (rounds.length === 0) return
    const { brokerId } = await this.log.cluster.leader({ topic: this.topic, partition: 0 })
    for (const batches of rounds) {
      const answer = this.log.cluster.call(brokerId, PURPOSE, produceBatchesV11, null, batches)
      const settled: Promise<void> = answer.then(
        () => void this.inFlight.delete(settled),
        (error: unknown) => {
          this.failure ??= error
          this.inFlight.delete(settled)
        },
      )
      this.inFlight.add(settled)
    }
  }

  /** Waits until at most so many requests are in flight. @throws what the first one that failed was answered with. */
  async settle(inFlightMax = 0): Promise<void> {
    while (this.inFlight.size > inFlightMax) await Promise.race(this.inFlight)
    if (this.failure !== null) throw this.failure
  }
}
