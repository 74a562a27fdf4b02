/** Confluent wire format: a zero byte, the schema id as a big-endian int32, then the Avro encoding. */
export const FRAME_BYTES = 5

/** The only magic byte there is. */
export const FRAME_MAGIC = 0

/** Writes the frame's head; the Avro encoding goes to the returned position. */
export function putFrame(out: DataView, at: number, schemaId: number): number {
  out.setUint8(at, FRAME_MAGIC)
  out.setInt32(at + 1, schemaId)
  return at + FRAME_BYTES
}

/** The schema id of the framed value in `[at, end)`, or -1 when there is no frame: too short, or another magic byte. */
export function readFrame(view: DataView, at: number, end: number): number {
  if (end - at < FRAME_BYTES || view.getUint8(at) !== FRAME_MAGIC) return -1
  return view.getInt32(at + 1)
}
