import { framed } from '../schemas/avro/framing.ts'
import { encodeDeadLetter } from '../schemas/generated/dead-letter.ts'
import { TOPICS } from '../schemas/topics.ts'
import type { Log, ProducerSession } from '../streams/log/log.ts'
import { putRecord } from '../streams/record/put-record.ts'
import { RecordBatchWriter } from '../streams/record/record-batch-writer.ts'
import type { MalformedRecord } from './entry-decoder.ts'

export interface DeadLetterOptions {
  readonly schemaId: number
  readonly semanticsVersion: number
  /** 32 hex digits, keyed (SPEC M6). */
  readonly hashOf: (value: Uint8Array) => string
}

const BATCH_BYTES = 4_096

/**
 * Writes malformed alerts to `payments.dlq`: at least once, since a crash between the letter and the store's offset leads to
 * a second letter with the same coordinates.
 */
export class DeadLetters {
  private readonly log: Pick<Log, 'openProducer'>
  private readonly options: DeadLetterOptions
  private session: ProducerSession | null = null
  private readonly sequences = new Map<number, number>()

  constructor(log: Pick<Log, 'openProducer'>, options: DeadLetterOptions) {
    this.log = log
    this.options = options
  }

  async append(records: readonly MalformedRecord[]): Promise<void> {
    try {
      for (const record of records) await this.appendOne(record)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    const { session } = this
    this.session = null
    this.sequences.clear()
    // What broke it is told already.
    await session?.close().catch(() => {})
  }

  private async appendOne(record: MalformedRecord): Promise<void> {
    this.session ??= await this.log.openProducer(null)
    const { partition } = record
    const sequence = this.sequences.get(partition) ?? 0
    const writer = new RecordBatchWriter(BATCH_BYTES)
    putRecord(writer, record.appendTimeMs, null, framed(this.options.schemaId, this.encode(record)))
    for (const { bytes, recordCount } of writer.finish()) {
      await this.session.append({ topic: TOPICS.paymentsDlq.name, partition, bytes, recordCount }, sequence)
    }
    this.sequences.set(partition, sequence + 1)
  }

  private encode({ topic, partition, offset, reason, detail, appendTimeMs, value }: MalformedRecord): Uint8Array {
    const { semanticsVersion, hashOf } = this.options
    return encodeDeadLetter({
      reason,
      detail,
      inputTopic: topic,
      inputPartition: partition,
      inputOffset: offset,
      appendTime: appendTimeMs,
      valueHash: hashOf(value ?? new Uint8Array(0)),
      valueBytes: value?.length ?? -1,
      semanticsVersion,
    })
  }
}
