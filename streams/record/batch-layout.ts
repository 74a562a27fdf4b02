/**
 * Where the fields of a v2 record batch stand, in bytes from its start.
 * Source: Kafka's `DefaultRecordBatch`; https://kafka.apache.org/documentation/#recordbatch
 */
export const BASE_OFFSET = 0
export const BATCH_LENGTH = 8
export const LEADER_EPOCH = 12
export const MAGIC = 16
export const CRC = 17
export const ATTRIBUTES = 21
export const LAST_OFFSET_DELTA = 23
export const BASE_TIMESTAMP = 27
export const MAX_TIMESTAMP = 35
export const PRODUCER_ID = 43
export const PRODUCER_EPOCH = 51
export const BASE_SEQUENCE = 53
export const RECORD_COUNT = 57
/** The header's size: the first record begins here. */
export const HEADER_BYTES = 61

/** Base offset and length stand outside what the length counts. */
export const LENGTH_OVERHEAD_BYTES = 12
/** The CRC covers everything from the attributes to the end. */
export const CRC_FROM = ATTRIBUTES

export const MAGIC_V2 = 2
export const COMPRESSION_MASK = 0x07
export const LOG_APPEND_TIME = 0x08
export const TRANSACTIONAL = 0x10
export const CONTROL = 0x20

/** The big-endian int64 at `at`, exact to 2^53. */
export function getInt64(view: DataView, at: number): number {
  return view.getInt32(at) * 4294967296 + view.getUint32(at + 4)
}

export function putInt64(view: DataView, at: number, n: number): void {
  view.setInt32(at, Math.floor(n / 4294967296))
  view.setUint32(at + 4, n >>> 0)
}
