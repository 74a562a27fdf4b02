import { StreamsError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import { RecordBatchReader } from '../record/record-batch-reader.ts'
import { type FollowFrom, messageOf, readRecord, type StreamRecord } from './read-record.ts'
import type { Topic } from './topic.ts'

const FETCH_BYTES = 1 << 19
const FETCH_WAIT_MS = 250

/** Told of an error that another try may cure; what it throws ends the following, else it goes on once this resolves. */
export type SurviveError = (error: StreamsError) => Promise<void>

const surviveNone: SurviveError = (error) => Promise.reject(error)

/** Hands every committed record of a topic to `handle`, in offset order within a partition, until `signal` aborts. */
export async function followTopic<K, V>(
  log: Pick<Log, 'bounds' | 'openReader'>,
  topic: Topic<K, V>,
  from: FollowFrom,
  handle: (record: StreamRecord<K, V>) => void | Promise<void>,
  signal: AbortSignal,
  survive: SurviveError = surviveNone,
): Promise<void> {
  const partitions = Array.from({ length: topic.partitions }, (_, partition) => partition)
  await Promise.all(
    partitions.map((partition) => followPartition(log, topic, partition, from, handle, signal, survive)),
  )
}

async function followPartition<K, V>(
  log: Pick<Log, 'bounds' | 'openReader'>,
  topic: Topic<K, V>,
  partition: number,
  from: FollowFrom,
  handle: (record: StreamRecord<K, V>) => void | Promise<void>,
  signal: AbortSignal,
  survive: SurviveError,
): Promise<void> {
  const at = { topic: topic.name, partition }
  const bounds = await untilAnswered(() => log.bounds(at), signal, survive)
  if (bounds === null) return
  let position = from === 'beginning' ? bounds.startOffset : bounds.endOffset
  const reader = log.openReader(at, position)
  try {
    while (!signal.aborted) {
      const fetched = await untilAnswered(() => reader.fetch(FETCH_BYTES, FETCH_WAIT_MS), signal, survive)
      if (fetched === null) return
      for (const record of recordsOf(fetched.bytes, topic, partition, position)) {
        if (signal.aborted) return
        await handle(record)
      }
      position = Math.max(position, fetched.nextOffset)
    }
  } finally {
    reader.close()
  }
}

/** Null when `signal` aborts before there is an answer. */
async function untilAnswered<T>(ask: () => Promise<T>, signal: AbortSignal, survive: SurviveError): Promise<T | null> {
  while (!signal.aborted) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof StreamsError) || error.next === 'stop' || error.next === 'fenced') throw error
      await survive(error)
    }
  }
  return null
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
