import { RecordBatchReader } from '../record/record-batch-reader.ts'
import type { FetchedBatches, Log, TopicPartition } from './log.ts'

/** How far a task is behind its input. */
export interface Lag {
  /** Records without a disposition. */
  readonly records: number
  /** Append time of the oldest of them, epoch ms; null when there is none. */
  readonly oldestAppendMs: number | null
}

/** An open transaction of a producer that keeps readers of a partition from what is stored. */
export interface HeldBack {
  /** Where readers stand. */
  readonly offset: number
  /** Stored records from there on. */
  readonly records: number
}

const NONE: Lag = { records: 0, oldestAppendMs: null }

/**
 * Reads from the log itself how far behind a task is whose committed offset is `committedOffset`. So it also holds while
 * the task restores, is stuck or has ended.
 */
export async function readLag(log: Log, at: TopicPartition, committedOffset: number): Promise<Lag> {
  const { startOffset, endOffset } = await log.bounds(at)
  const offset = Math.max(committedOffset, startOffset)
  if (offset >= endOffset) return NONE
  const reader = log.openReader(at, offset)
  try {
    for (let from = offset; ; ) {
      const fetched = await reader.fetch(1, 0)
      if (fetched.bytes.length > 0) {
        return { records: endOffset - offset, oldestAppendMs: appendTimeOf(fetched, offset) }
      }
      // Markers and aborted records have offsets and need no disposition.
      if (fetched.nextOffset >= endOffset) return NONE
      if (fetched.nextOffset === from) return { records: endOffset - offset, oldestAppendMs: null }
      from = fetched.nextOffset
    }
  } finally {
    reader.close()
  }
}

/** The time of the first record from `offset` on. */
function appendTimeOf({ bytes }: FetchedBatches, offset: number): number | null {
  const batch = new RecordBatchReader()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; at = batch.end) {
    if (batch.open(bytes, view, at, bytes.length) !== 'ok') return null
    while (batch.next()) if (batch.offset >= offset) return batch.timestampMs
  }
  return null
}
