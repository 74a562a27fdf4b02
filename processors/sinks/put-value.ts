import { FRAME_BYTES, putFrame } from '../../schemas/avro/framing.ts'
import type { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'

/** Puts one framed value behind `begin`, and ends the record. For outputs that are rare; decisions are written in place. */
export function putValue(out: RecordBatchWriter, schemaId: number, value: Uint8Array): void {
  out.reserve(FRAME_BYTES + value.length)
  const at = putFrame(out.view, out.at, schemaId)
  out.bytes.set(value, at)
  out.at = at + value.length
  out.end()
}
