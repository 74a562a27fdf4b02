import { StreamsError } from '../errors.ts'
import type { TopicPartition } from '../log/log.ts'
import { RecordBatchReader } from './record-batch-reader.ts'

/** A record under the cursor: positions point into `bytes`; both are valid during the visit alone. */
export type VisitRecord = (record: RecordBatchReader, view: DataView) => void

/** Visits every record of fetched batches at or past `from`, and before `to`. @throws StreamsError CORRUPT_BATCH */
export function visitBatches(
  bytes: Uint8Array,
  at: TopicPartition,
  from: number,
  to: number,
  visit: VisitRecord,
  reader: RecordBatchReader = new RecordBatchReader(),
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let position = 0; position < bytes.length; position = reader.end) {
    const status = reader.open(bytes, view, position, bytes.length)
    if (status === 'control') continue
    if (status !== 'ok') throw corrupt(status, at, from)
    while (reader.next()) if (reader.offset >= from && reader.offset < to) visit(reader, view)
    if (reader.malformed) throw corrupt('malformed', at, reader.offset)
  }
}

function corrupt(status: string, { topic, partition }: TopicPartition, offset: number): StreamsError {
  const message = `the log returned a record batch that is ${status}; restore the log's files`
  return new StreamsError('CORRUPT_BATCH', 'stop', message, { topic, partition, offset })
}
