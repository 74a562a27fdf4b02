import { StreamsError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import { RecordBatchReader } from '../record/record-batch-reader.ts'
import { type FollowFrom, messageOf, readRecord, type StreamRecord } from './read-record.ts'
import type { Topic } from './topic.ts'

const FETCH_BYTES = 1 << 19
const FETCH_WAIT_MS = 250

/** Hands every committed record of a topic to `handle`, in offset order within a partition, until `signal` aborts. */
export async function followTopic<K, V>(
  log: Pick<Log, 'bounds' | 'openReader'>,
  topic: Topic<K, V>,
  from: FollowFrom,
  handle: (record: StreamRecord<K, V>) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const partitions = Array.from({ length: topic.partitions }, (_, partition) => partition)
  await Promise.all(partitions.map((partition) => followPartition(log, topic, partition, from, handle, signal)))
}

async function followPartition<K, V>(
  log: Pick<Log, 'bounds' | 'openReader'>,
  topic: Topic<K, V>,
  partition: number,
  from: FollowFrom,
  handle: (record: StreamRecord<K, V>) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const at = { topic: topic.name, partition }
  const { startOffset, endOffset } = await log.bounds(at)
  let position = from === 'beginning' ? startOffset : endOffset
  const reader = log.openReader(at, position)
  try {
    while (!signal.aborted) {
      const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
      for (const record of recordsOf(bytes, topic, partition, position)) {
        if (signal.aborted) return
        await handle(record)
      }
      position = Math.max(position, nextOffset)
    }
  } finally {
    reader.close()
  }
}

/** The records of fetched batches from `position` on. */
function recordsOf<K, V>(
  bytes: Uint8Array,
  topic: Topic<K, V>,
  partition: number,
  position: number,
): StreamRecord<K, V>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const batch = new RecordBatchReader()
  const records: StreamRecord<K, V>[] = []
  const place = { topic: topic.name, partition }
  for (let from = 0; from < bytes.length; from = batch.end) {
    const status = batch.open(bytes, view, from, bytes.length)
    const whole = status === 'ok' || status === 'control'
    if (!whole) throw new StreamsError('CORRUPT_BATCH', 'stop', `the log returned a batch that is ${status}`, place)
    while (batch.next()) {
      if (batch.offset < position) continue
      try {
        records.push(readRecord(batch, topic, partition))
      } catch (cause) {
        const what = `a record cannot be read: ${messageOf(cause)}`
        throw new StreamsError('UNREADABLE_RECORD', 'stop', what, { ...place, offset: batch.offset }, cause)
      }
    }
    if (batch.malformed) throw new StreamsError('CORRUPT_BATCH', 'stop', 'the log returned a malformed batch', place)
  }
  return records
}
