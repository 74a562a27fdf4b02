import type { OutputBatch, TopicPartition } from '../../../streams/log/log.ts'
import { RecordBatchReader } from '../../../streams/record/record-batch-reader.ts'
import { RecordBatchWriter } from '../../../streams/record/record-batch-writer.ts'

/** A record of a test: its value as text, where it stands, and when it was appended. */
export interface TextRecord {
  readonly offset: number
  readonly text: string
  readonly appendTimeMs: number
}

/** One unsealed batch with a record for each text, keyless. */
export function batchOf(at: TopicPartition, texts: readonly string[]): OutputBatch {
  const writer = new RecordBatchWriter(4096)
  writer.open()
  for (const text of texts) {
    const value = Buffer.from(text)
    writer.begin(1, value, 0, -1)
    writer.reserve(value.length)
    writer.bytes.set(value, writer.at)
    writer.at += value.length
    writer.end()
  }
  const [batch, ...rest] = writer.finish()
  if (batch === undefined || rest.length > 0) throw new Error('the texts do not make one batch')
  return { ...at, ...batch }
}

/** The records of whole sealed batches. Throws at anything that is not one. */
export function recordsIn(bytes: Uint8Array): TextRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const reader = new RecordBatchReader()
  const records: TextRecord[] = []
  for (let at = 0; at < bytes.length; at = reader.end) {
    const status = reader.open(bytes, view, at, bytes.length)
    if (status === 'control') continue
    if (status !== 'ok') throw new Error(`batch at ${at} is ${status}`)
    while (reader.next()) {
      const text = Buffer.from(bytes.subarray(reader.valueAt, reader.valueAt + reader.valueLength)).toString()
      records.push({ offset: reader.offset, text, appendTimeMs: reader.appendTimeMs })
    }
    if (reader.malformed) throw new Error(`batch at ${at} is malformed`)
  }
  return records
}
