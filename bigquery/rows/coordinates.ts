import type { TopicPartition } from '../../streams/log/log.ts'
import { type AnyRow, ARCHIVE_SCHEMA_VERSION } from '../schema/tables.ts'

/** The columns that every table ends with. */
export type Coordinates = Pick<
  AnyRow,
  'kafka_topic' | 'kafka_partition' | 'kafka_offset' | 'ingest_time' | 'schema_version'
>

/** A committed record on its way into rows. */
export interface RecordPlace {
  readonly coordinates: Coordinates
  /** When the log took the record, epoch ms. */
  readonly appendTimeMs: number
}

export function recordPlace(
  { topic, partition }: TopicPartition,
  offset: number,
  appendTimeMs: number,
  ingestTimeMs: number,
): RecordPlace {
  return {
    appendTimeMs,
    coordinates: {
      kafka_topic: topic,
      kafka_partition: partition,
      kafka_offset: offset,
      ingest_time: ingestTimeMs,
      schema_version: ARCHIVE_SCHEMA_VERSION,
    },
  }
}
