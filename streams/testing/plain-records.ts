import { StreamsError } from '../errors.ts'
import type { OutputBatch } from '../log/log.ts'
import { RecordBatchReader } from '../record/record-batch-reader.ts'
import { RecordBatchWriter } from '../record/record-batch-writer.ts'

/** A record before the log has it. */
export interface RecordInput {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** A record as a reader of the log sees it; its bytes are copies. */
export interface PlainRecord extends RecordInput {
  readonly offset: number
  /** The append time where the log stamps it, else the writer's time. */
  readonly timestampMs: number
  readonly headers: readonly (readonly [string, Uint8Array | null])[]
}

/** The records as unsealed batches: usually one, more when they are many or large. */
export function encodeRecords(
  records: readonly RecordInput[],
  timestampMs = 0,
): Omit<OutputBatch, 'topic' | 'partition'>[] {
  const writer = new RecordBatchWriter(4096)
  writer.open()
  for (const { key, value } of records) {
    writer.begin(timestampMs, key ?? NO_BYTES, 0, key?.length ?? -1)
    if (value === null) {
      writer.endNull()
      continue
    }
    writer.reserve(value.length)
    writer.bytes.set(value, writer.at)
    writer.at += value.length
    writer.end()
  }
  return [...writer.finish()]
}

/**
 * The data records of sealed batches that stand back to back, control batches left out.
 * @throws StreamsError CORRUPT_BATCH (stop) when the bytes are not what a log sealed.
 */
export function decodeRecords(bytes: Uint8Array): PlainRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const reader = new RecordBatchReader()
  const records: PlainRecord[] = []
  for (let at = 0; at < bytes.length; at = reader.end) {
    const status = reader.open(bytes, view, at, bytes.length)
    if (status === 'control') continue
    if (status !== 'ok') throw new StreamsError('CORRUPT_BATCH', 'stop', `the batch at byte ${at} is ${status}`)
    while (reader.next()) records.push(recordUnder(reader))
    if (reader.malformed) throw new StreamsError('CORRUPT_BATCH', 'stop', `the batch at byte ${at} is malformed`)
  }
  return records
}

const NO_BYTES = new Uint8Array(0)

function recordUnder(reader: RecordBatchReader): PlainRecord {
  const { bytes, offset, timestampMs } = reader
  const copy = (at: number, length: number) => (length < 0 ? null : bytes.slice(at, at + length))
  const headers: [string, Uint8Array | null][] = []
  while (reader.nextHeader()) {
    const name = new TextDecoder().decode(copy(reader.headerKeyAt, reader.headerKeyLength) ?? NO_BYTES)
    headers.push([name, copy(reader.headerValueAt, reader.headerValueLength)])
  }
  return {
    offset,
    timestampMs,
    key: copy(reader.keyAt, reader.keyLength),
    value: copy(reader.valueAt, reader.valueLength),
    headers,
  }
}
