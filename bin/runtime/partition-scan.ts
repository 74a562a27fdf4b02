import type { Log, TopicPartition } from '../../streams/log/log.ts'
import { RecordBatchReader } from '../../streams/record/record-batch-reader.ts'
import { type VisitRecord, visitBatches } from '../../streams/record/visit-batches.ts'

const FETCH_BYTES = 1 << 20
const FETCH_WAIT_MS = 1_000

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

/** Whether records stand in [`from`, `to`) of a partition: the end of a transaction takes an offset and is none. */
export async function holdsRecords(log: Log, at: TopicPartition, from: number, to: number): Promise<boolean> {
  let records = 0
  const { startOffset } = await log.bounds(at)
  await scanPartition(log, at, Math.max(from, startOffset), to, () => {
    records++
  })
  return records > 0
}
