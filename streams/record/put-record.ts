import type { RecordBatchWriter } from './record-batch-writer.ts'

const NO_BYTES = new Uint8Array(0)

/** Writes one whole record into the writer's open batch; a null value is a tombstone. */
export function putRecord(
  writer: RecordBatchWriter,
  timestampMs: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
): void {
  writer.begin(timestampMs, key ?? NO_BYTES, 0, key?.length ?? -1)
  if (value === null) {
    writer.endNull()
    return
  }
  writer.reserve(value.length)
  writer.bytes.set(value, writer.at)
  writer.at += value.length
  writer.end()
}
