import { type API, createAPI, fetchV17, type Reader } from '@platformatic/kafka'
import type { AbortedTransaction } from './committed-batches.ts'

/** What a response says of one partition. `records` lies in the connection's buffer: valid only during the call that gets it. */
export interface FetchedPartition {
  readonly topicId: string
  readonly partition: number
  readonly errorCode: number
  /** End of what a read_committed reader may see; -1 with an error. */
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** Where the leader's log parts from the one that was read so far: records that were read are gone; null as a rule. */
  readonly divergedAt: number | null
  readonly aborted: readonly AbortedTransaction[]
  readonly records: Uint8Array
}

/** What a response says for itself. */
export interface FetchAnswer {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly sessionId: number
}

export type FetchApi = API<Parameters<typeof fetchV17.createRequest>, FetchAnswer>

/**
 * Fetch version 17, whose parser hands each partition to `take` while the response lies in the receive buffer, and copies
 * nothing itself. A parser gets no context of its request, so each connection has an API object of its own.
 */
export function fetchApi(take: (fetched: FetchedPartition) => void): FetchApi {
  return createAPI(1, 17, fetchV17.createRequest, (_correlationId, _apiKey, _apiVersion, reader) => {
    const answer = { throttleTimeMs: reader.readInt32(), errorCode: reader.readInt16(), sessionId: reader.readInt32() }
    if (answer.errorCode !== 0) return answer
    reader.readArray((topic) => {
      const topicId = topic.readUUID()
      topic.readArray((partition) => take(readPartition(topicId, partition)), true, false)
    })
    return answer
  })
}

function readPartition(topicId: string, reader: Reader): FetchedPartition {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  reader.skip(8) // The high watermark; committed readers go by the next.
  const lastStableOffset = Number(reader.readInt64())
  const logStartOffset = Number(reader.readInt64())
  const aborted = reader.readNullableArray((entry) => ({
    producerId: Number(entry.readInt64()),
    firstOffset: Number(entry.readInt64()),
  }))
  reader.skip(4) // The preferred replica; only asked for with a rack.
  const length = Math.max(0, reader.readUnsignedVarInt() - 1)
  const records = reader.buffer.subarray(reader.position, reader.position + length).buffer
  reader.skip(length)
  const divergedAt = readDivergence(reader)
  return {
    topicId,
    partition,
    errorCode,
    lastStableOffset,
    logStartOffset,
    divergedAt,
    aborted: aborted ?? [],
    records,
  }
}

/** The tagged fields of a partition: 0 is the diverging epoch, with the offset at which that epoch ends. */
function readDivergence(reader: Reader): number | null {
  let divergedAt: number | null = null
  for (let left = reader.readUnsignedVarInt(); left > 0; left--) {
    const tag = reader.readUnsignedVarInt()
    const end = reader.readUnsignedVarInt() + reader.position
    if (tag === 0) {
      const epoch = reader.readInt32()
      const endOffset = Number(reader.readInt64())
      if (epoch >= 0) divergedAt = endOffset
    }
    reader.skip(end - reader.position)
  }
  return divergedAt
}
