import { type API, createAPI, endTxnV4, ResponseError, txnOffsetCommitV4 } from '@platformatic/kafka'

/**
 * The requests of KIP-890 (`transaction.version` 2) that the library stops short of. They carry the bytes of the versions
 * before; what differs is what the broker does with them, and what EndTxn answers.
 */

/** What EndTxn answers since KIP-890: the identity of the next transaction. */
export interface EndTxnAnswer {
  /** Read by the connection, which then rests. */
  readonly throttleTimeMs: number
  readonly producerId: bigint
  readonly producerEpoch: number
}

type ArgumentsOf<A> = A extends API<infer Request, unknown> ? Request : never

const END_TXN = 26
const TXN_OFFSET_COMMIT = 28

/** Adds the group's offsets to the transaction itself. */
export const txnOffsetCommitV5: API<ArgumentsOf<typeof txnOffsetCommitV4.api>, unknown> = createAPI(
  TXN_OFFSET_COMMIT,
  5,
  txnOffsetCommitV4.createRequest,
  txnOffsetCommitV4.parseResponse,
)

/** Ends the transaction and begins the next epoch in one step, so that a belated request of this one is refused. */
export const endTxnV5: API<ArgumentsOf<typeof endTxnV4.api>, EndTxnAnswer> = createAPI(
  END_TXN,
  5,
  endTxnV4.createRequest,
  (_correlationId, apiKey, apiVersion, reader): EndTxnAnswer => {
    const throttleTimeMs = reader.readInt32()
    const errorCode = reader.readInt16()
    const answer = { throttleTimeMs, producerId: reader.readInt64(), producerEpoch: reader.readInt16() }
    reader.readTaggedFields()
    // The identity beside an error code is not one: it must not be taken over.
    if (errorCode !== 0) throw new ResponseError(apiKey, apiVersion, { '/': [errorCode, null] }, answer)
    return answer
  },
)
