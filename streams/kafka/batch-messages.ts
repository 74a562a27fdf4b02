import type { Message } from 'kafkajs'
import { invariant } from '../errors.ts'
import type { OutputBatch } from '../log/log.ts'
import { sealBatch } from '../record/batch-seal.ts'
import { RecordBatchReader } from '../record/record-batch-reader.ts'

const UNSEALED = {
  baseOffset: 0,
  appendTimeMs: -1,
  producerId: -1,
  producerEpoch: -1,
  baseSequence: -1,
  transactional: false,
} as const

/**
 * The records of a finished batch as kafkajs takes them: it writes record batches of its own. Keys, values and headers
 * are views into the batch's bytes, which must stay as they are until the send has settled.
 */
export function messagesOf({ topic, partition, bytes, recordCount }: OutputBatch): Message[] {
  const place = { topic, partition }
  sealBatch(bytes, UNSEALED)
  const reader = new RecordBatchReader()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const status = reader.open(bytes, view, 0, bytes.length)
  invariant(status === 'ok', `a producer's batch reads back, not ${status}`, place)
  const messages: Message[] = []
  while (reader.next()) {
    messages.push({
      partition,
      key: part(bytes, reader.keyAt, reader.keyLength),
      value: part(bytes, reader.valueAt, reader.valueLength),
      timestamp: String(reader.timestampMs),
      headers: headersOf(bytes, reader),
    })
  }
  invariant(!reader.malformed && messages.length === recordCount, 'as many records as the batch says', place)
  return messages
}

/** A producer writes headers with values, and each key once. */
function headersOf(bytes: Uint8Array, reader: RecordBatchReader): Record<string, Buffer> {
  const headers: Record<string, Buffer> = {}
  while (reader.nextHeader()) {
    const { headerKeyAt, headerKeyLength, headerValueAt, headerValueLength } = reader
    const key = Buffer.from(bytes.buffer, bytes.byteOffset + headerKeyAt, headerKeyLength).toString()
    headers[key] = part(bytes, headerValueAt, headerValueLength) ?? Buffer.alloc(0)
  }
  return headers
}

function part(bytes: Uint8Array, at: number, length: number): Buffer | null {
  return length < 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset + at, length)
}
