import { StreamsError } from '../streams/errors.ts'
import type { Log, TopicPartition } from '../streams/log/log.ts'
import { visitBatches } from '../streams/record/visit-batches.ts'

/** What a dead letter says of a record beside the reason. */
export interface RefusedRecord {
  readonly appendTimeMs: number
  /** A copy; null where there is none, or none any more. */
  readonly value: Uint8Array | null
}

const FETCH_WAIT_MS = 1_000

/** Reads one committed record again: whoever refuses a row has no more than its coordinates. */
export async function readRecord(
  log: Pick<Log, 'openReader'>,
  at: TopicPartition,
  offset: number,
): Promise<RefusedRecord> {
  const reader = log.openReader(at, offset)
  let found: RefusedRecord = { appendTimeMs: 0, value: null }
  try {
    const { bytes } = await reader.fetch(1, FETCH_WAIT_MS)
    visitBatches(bytes, at, offset, offset + 1, ({ timestampMs, bytes: batch, valueAt, valueLength }) => {
      const value = valueLength < 0 ? null : batch.slice(valueAt, valueAt + valueLength)
      found = { appendTimeMs: timestampMs, value }
    })
    return found
  } catch (error) {
    // Retention took it meanwhile: its coordinates and the reason are what is left.
    if (error instanceof StreamsError && error.code === 'OFFSET_OUT_OF_RANGE') return found
    throw error
  } finally {
    reader.close()
  }
}
