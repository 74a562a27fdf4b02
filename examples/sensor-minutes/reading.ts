import type { ValueReader } from '../../streams/topology.ts'

/** Schema id of the one record type; any number that the producers agree on. */
export const READING_SCHEMA_ID = 1

const FRAME_BYTES = 5
/** Event time in ms and the measured value, two doubles. */
const READING_BYTES = 16

/** Index into a topology's `decode` reasons. */
const SHORT = 1
const LONG = 2

/** A reading in place: nothing is copied, a field is read when asked for. */
export class ReadingReader implements ValueReader {
  private view: DataView = new DataView(new ArrayBuffer(0))
  private at = 0

  wrap(_buffer: Uint8Array, view: DataView, start: number, end: number): number {
    if (end - start !== READING_BYTES) return end - start < READING_BYTES ? SHORT : LONG
    this.view = view
    this.at = start
    return 0
  }

  get eventTimeMs(): number {
    return this.view.getFloat64(this.at)
  }

  get value(): number {
    return this.view.getFloat64(this.at + 8)
  }
}

/** The record value of a reading: a Confluent frame and the two doubles. */
export function encodeReading(eventTimeMs: number, value: number): Uint8Array {
  const bytes = new Uint8Array(FRAME_BYTES + READING_BYTES)
  const view = new DataView(bytes.buffer)
  view.setInt32(1, READING_SCHEMA_ID)
  view.setFloat64(FRAME_BYTES, eventTimeMs)
  view.setFloat64(FRAME_BYTES + 8, value)
  return bytes
}
