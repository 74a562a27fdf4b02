import { putVarint, varintBytes } from './varint.ts'

/** How wide `RecordBatchWriter` copies headers. */
export const STRIDE_BYTES = 8

/** Record headers ready to be copied behind a value: encoded once, used for many records. */
export interface EncodedHeaders {
  readonly count: number
  /** The headers back to back, without their count. A caller may patch a value of fixed length in place. */
  readonly bytes: Uint8Array
  /** The same bytes, and behind them enough to be read in whole strides of 8. */
  readonly view: DataView
}

/** Encodes `[key, value]` pairs in order. A null value stays null. */
export function encodeHeaders(headers: readonly (readonly [string, Uint8Array | null])[]): EncodedHeaders {
  const encoder = new TextEncoder()
  const parts = headers.map(([key, value]) => ({ key: encoder.encode(key), value }))
  const size = parts.reduce((sum, { key, value }) => sum + fieldBytes(key) + fieldBytes(value), 0)
  const { buffer } = new Uint8Array(size + STRIDE_BYTES - 1)
  const bytes = new Uint8Array(buffer, 0, size)
  let at = 0
  for (const { key, value } of parts) at = putField(bytes, putField(bytes, at, key), value)
  return { count: headers.length, bytes, view: new DataView(buffer) }
}

function fieldBytes(field: Uint8Array | null): number {
  return field === null ? varintBytes(-1) : varintBytes(field.length) + field.length
}

function putField(out: Uint8Array, at: number, field: Uint8Array | null): number {
  if (field === null) return putVarint(out, at, -1)
  const from = putVarint(out, at, field.length)
  out.set(field, from)
  return from + field.length
}
