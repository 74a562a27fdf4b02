import type { RecordBatchReader } from '../record/record-batch-reader.ts'
import type { Topic } from './topic.ts'

/** A record as a processor or a follower is given it. */
export interface StreamRecord<K, V> {
  readonly key: K
  readonly value: V
  /** For a processor the event time, epoch ms: what `eventTimeMs` says, else when the log took the record. */
  readonly timestampMs: number
  readonly partition: number
  readonly offset: number
}

/** Where a follower begins: at the oldest record that is retained, or at what comes next. */
export type FollowFrom = 'beginning' | 'end'

/** The record under the cursor. Throws, saying which part, what the topic's serdes throw. */
export function readRecord<K, V>(
  batch: RecordBatchReader,
  { key, value }: Topic<K, V>,
  partition: number,
): StreamRecord<K, V> {
  const { bytes, offset, timestampMs } = batch
  const part = (at: number, length: number) => (length < 0 ? null : bytes.subarray(at, at + length))
  return {
    key: decode('key', () => key.decode(part(batch.keyAt, batch.keyLength))),
    value: decode('value', () => value.decode(part(batch.valueAt, batch.valueLength))),
    timestampMs,
    partition,
    offset,
  }
}

function decode<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new Error(`its ${name} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
