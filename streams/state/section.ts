/** How many bytes one slice of a checkpoint holds at most, so that the event loop is never held up for long. */
export const SLICE_BYTES = 1 << 19

/** The frozen state of one store, given out in slices. */
export interface SectionSnapshot {
  /** All slices together; known from the start. */
  readonly byteLength: number
  /** The next slice, at most about SLICE_BYTES, or null after the last. It is valid until the next call. */
  next(): Uint8Array | null
  /** Ends the snapshot, whether all was read or not. */
  release(): void
}

/** The verified bytes of one section. */
export interface SectionReader {
  readonly byteLength: number
  /** Fills the whole target. */
  read(target: Uint8Array): Promise<void>
}

/** A store that stands in checkpoints under a name of its own. */
export interface CheckpointedStore {
  readonly name: string
  /** What the bytes are; a checkpoint with another layout is refused. */
  readonly layout: string
  /** Freezes the committed state. The store goes on; no overlay may be open at this moment. */
  snapshot(): SectionSnapshot
  /** Fills the store, which must be new, and rebuilds its index. */
  restore(reader: SectionReader): Promise<void>
}

/** The memory of a typed array as bytes. */
export function bytesOf(array: Int32Array | Float64Array | Uint8Array, from = 0, to = array.length): Uint8Array {
  const width = array.BYTES_PER_ELEMENT
  return new Uint8Array(array.buffer, array.byteOffset + from * width, (to - from) * width)
}
