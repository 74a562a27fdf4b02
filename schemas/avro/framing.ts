/** Confluent wire format: a zero byte, the schema id as a big-endian int32, then the Avro encoding. */
export const FRAME_BYTES = 5

/** The only magic byte there is. */
const FRAME_MAGIC = 0

/** `readFrame`: the first byte is another one. */
export const BAD_MAGIC = -1
/** `readFrame`: the value ends inside the frame's head, or is empty. */
export const SHORT_FRAME = -2

/** Writes the frame's head; the Avro encoding goes to the returned position. */
export function putFrame(out: DataView, at: number, schemaId: number): number {
  out.setUint8(at, FRAME_MAGIC)
  out.setInt32(at + 1, schemaId)
  return at + FRAME_BYTES
}

/**
 * The schema id of the framed value in `[at, end)`, or `BAD_MAGIC` or `SHORT_FRAME`. An id that was written negative
 * comes back above 2^31, where no registry has one.
 */
export function readFrame(view: DataView, at: number, end: number): number {
  if (at < end && view.getUint8(at) !== FRAME_MAGIC) return BAD_MAGIC
  return end - at < FRAME_BYTES ? SHORT_FRAME : view.getUint32(at + 1)
}

/** A value behind its frame, for who has it whole and is in no hurry. */
export function framed(schemaId: number, avro: Uint8Array): Uint8Array {
  const value = new Uint8Array(FRAME_BYTES + avro.length)
  value.set(avro, putFrame(new DataView(value.buffer), 0, schemaId))
  return value
}
