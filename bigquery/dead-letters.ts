import { framed } from '../schemas/avro/framing.ts'
import { encodeDeadLetter } from '../schemas/generated/dead-letter.ts'
import type { DeadLetterReason } from '../schemas/generated/enums.ts'
import { TOPICS } from '../schemas/topics.ts'
import type { Log, OutputBatch, TopicPartition } from '../streams/log/log.ts'
import { putRecord } from '../streams/record/put-record.ts'
import { RecordBatchWriter } from '../streams/record/record-batch-writer.ts'
import { readRecord } from './refused-records.ts'
import type { Refusal } from './storage/table-stream.ts'

export interface DeadLetterOptions {
  readonly schemaId: number
  readonly semanticsVersion: number
  /** 32 hex digits, keyed (SPEC M6). */
  readonly hashOf: (value: Uint8Array) => string
}

/** A table refuses what none of the chain's own reasons names; the detail says which table and column, and why. */
const REASON: DeadLetterReason = 'UNKNOWN'
const BATCH_BYTES = 4_096

/** One dead letter for each refused row, to go with the position that passes it over: so each is written once. */
export async function refusalLetters(
  log: Pick<Log, 'openReader'>,
  options: DeadLetterOptions,
  at: TopicPartition,
  refusals: readonly Refusal[],
): Promise<readonly OutputBatch[]> {
  const writer = new RecordBatchWriter(BATCH_BYTES)
  for (const { table, column, offset, rule } of refusals) {
    const { appendTimeMs, value } = await readRecord(log, at, offset)
    const letter = encodeDeadLetter({
      reason: REASON,
      detail: `${column === null ? table : `${table}.${column}`}: ${rule}`,
      inputTopic: at.topic,
      inputPartition: at.partition,
      inputOffset: offset,
      appendTime: appendTimeMs,
      valueHash: options.hashOf(value ?? new Uint8Array(0)),
      valueBytes: value?.length ?? -1,
      semanticsVersion: options.semanticsVersion,
    })
    putRecord(writer, appendTimeMs, null, framed(options.schemaId, letter))
  }
  const { name: topic } = TOPICS.paymentsDlq
  return writer.finish().map(({ bytes, recordCount }) => ({ topic, partition: at.partition, bytes, recordCount }))
}
