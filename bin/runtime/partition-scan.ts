import { StreamsError } from '../../streams/errors.ts'
import type { Log, TopicPartition } from '../../streams/log/log.ts'
import { RecordBatchReader } from '../../streams/record/record-batch-reader.ts'

const FETCH_BYTES = 1 << 20
const FETCH_WAIT_MS = 1_000

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

/** Visits the records of a partition with offsets in [`from`, `to`); both must be within its bounds. */
export async function scanPartition(
  log: Log,
  at: TopicPartition,
  from: number,
  to: number,
  visit: VisitRecord,
): Promise<void> {
  if (from >= to) return
  const reader = log.openReader(at, from)
  const cursor = new RecordBatchReader()
  try {
    for (let offset = from; offset < to; ) {
      const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
      visitBatches(bytes, at, offset, to, visit, cursor)
      offset = nextOffset
    }
  } finally {
    reader.close()
  }
}

function corrupt(status: string, { topic, partition }: TopicPartition, offset: number): StreamsError {
  const message = `the log returned a record batch that is ${status}; restore the log's files`
  return new StreamsError('CORRUPT_BATCH', 'stop', message, { topic, partition, offset })
}
