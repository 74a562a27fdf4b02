/** The small values beside the batches, as fixed binary layouts. */

/** Where a partition begins and ends. All zero for one that was never written. */
export interface PartitionState {
  nextOffset: number
  startOffset: number
  /** Append times never go backwards, whatever the clock does. */
  lastAppendMs: number
  /** The bytes of the batches that are kept. */
  bytes: number
}

const PARTITION_STATE_BYTES = 32

export function decodePartitionState(value: Uint8Array | undefined): PartitionState {
  if (value === undefined) return { nextOffset: 0, startOffset: 0, lastAppendMs: 0, bytes: 0 }
  const view = new DataView(value.buffer, value.byteOffset, PARTITION_STATE_BYTES)
  return {
    nextOffset: view.getFloat64(0),
    startOffset: view.getFloat64(8),
    lastAppendMs: view.getFloat64(16),
    bytes: view.getFloat64(24),
  }
}

export function encodePartitionState(state: PartitionState): Uint8Array {
  const view = new DataView(new ArrayBuffer(PARTITION_STATE_BYTES))
  view.setFloat64(0, state.nextOffset)
  view.setFloat64(8, state.startOffset)
  view.setFloat64(16, state.lastAppendMs)
  view.setFloat64(24, state.bytes)
  return new Uint8Array(view.buffer)
}

/** One batch that a producer has appended, as it is remembered for repeats. */
export interface RememberedBatch {
  readonly baseSequence: number
  readonly recordCount: number
  readonly baseOffset: number
  readonly appendTimeMs: number
}

/** A producer's last batches in one partition, oldest first. */
export interface ProducerSequences {
  readonly epoch: number
  readonly batches: readonly RememberedBatch[]
}

const REMEMBERED_BYTES = 24

export function decodeSequences(value: Uint8Array): ProducerSequences {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const batches: RememberedBatch[] = []
  for (let at = 4; at < value.byteLength; at += REMEMBERED_BYTES) {
    batches.push({
      baseSequence: view.getInt32(at),
      recordCount: view.getInt32(at + 4),
      baseOffset: view.getFloat64(at + 8),
      appendTimeMs: view.getFloat64(at + 16),
    })
  }
  return { epoch: view.getInt32(0), batches }
}

export function encodeSequences({ epoch, batches }: ProducerSequences): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + batches.length * REMEMBERED_BYTES))
  view.setInt32(0, epoch)
  let at = 4
  for (const batch of batches) {
    view.setInt32(at, batch.baseSequence)
    view.setInt32(at + 4, batch.recordCount)
    view.setFloat64(at + 8, batch.baseOffset)
    view.setFloat64(at + 16, batch.appendTimeMs)
    at += REMEMBERED_BYTES
  }
  return new Uint8Array(view.buffer)
}

/** A count, exact to 2^53; 0 where none was written. */
export function decodeCount(value: Uint8Array | undefined): number {
  return value === undefined ? 0 : new DataView(value.buffer, value.byteOffset, 8).getFloat64(0)
}

export function encodeCount(count: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, count)
  return new Uint8Array(view.buffer)
}

/** Values that are rare and small enough for JSON. */
export function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

export function decodeJson<T>(value: Uint8Array | undefined): T | null {
  return value === undefined ? null : (JSON.parse(Buffer.from(value).toString()) as T)
}
