import { createAPI, produceV11, Writer } from '@platformatic/kafka'
import { invariant } from '../errors.ts'
import type { TopicPartition } from '../log/log.ts'
import { requestFailed } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'

/** Every replica in sync has it before the answer. */
const ACKS_ALL = -1
/** How long a broker waits for those replicas; shorter than our own patience, so that the answer is the broker's. */
const REPLICATION_WAIT_MS = 20_000

/** What a broker stored. */
export interface Produced {
  readonly baseOffset: number
  /** The log's time where the topic has LogAppendTime, else -1. */
  readonly appendTimeMs: number
}

/** Where and under whose name a batch is written. */
export interface ProduceTarget {
  readonly at: TopicPartition
  /** The connection: one for all that a transaction asks of a broker. */
  readonly purpose: string
  /** Null outside transactions. */
  readonly transactionalId: string | null
}

/**
 * Version 12 has the bytes of version 11 and means: the broker itself adds the partition to the transaction (KIP-890).
 * The library stops at 11. A request holds one batch, since a broker takes one for each partition in a request.
 */
const produceV12 = createAPI<[string | null, TopicPartition, Uint8Array], produceV11.ProduceResponse>(
  0,
  12,
  createRequest,
  produceV11.parseResponse,
)

function createRequest(
  transactionalId: string | null,
  { topic, partition }: TopicPartition,
  batch: Uint8Array,
): Writer {
  return Writer.create()
    .appendString(transactionalId)
    .appendInt16(ACKS_ALL)
    .appendInt32(REPLICATION_WAIT_MS)
    .appendUnsignedVarInt(2)
    .appendString(topic)
    .appendUnsignedVarInt(2)
    .appendInt32(partition)
    .appendUnsignedVarInt(batch.length + 1)
    .append(Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength))
    .appendTaggedFields()
    .appendTaggedFields()
    .appendTaggedFields()
}

/**
 * Sends one sealed batch to the partition's leader. The bytes are not copied: they must not change until this has settled.
 * Calls of one purpose and broker are sent in the order in which they are made, once the first has resolved the leader.
 * @throws StreamsError by what happens next. After a changed leader (KAFKA_NOT_LEADER_OR_FOLLOWER, retry) the metadata is
 *   fresh already, so that sending again reaches the new one; the batch's sequence makes the repeat harmless.
 */
export async function produce(cluster: Cluster, target: ProduceTarget, batch: Uint8Array): Promise<Produced> {
  const { at, purpose, transactionalId } = target
  const leader = await cluster.leader(at)
  try {
    const { responses } = await cluster.call(leader.brokerId, purpose, produceV12, transactionalId, at, batch)
    const stored = responses[0]?.partitionResponses[0]
    invariant(stored !== undefined, 'a Produce answer tells of its partition', at)
    const { baseOffset, logAppendTimeMs } = stored
    return { baseOffset: Number(baseOffset), appendTimeMs: Number(logAppendTimeMs) }
  } catch (cause) {
    const error = requestFailed('Produce', cause, at)
    await cluster.learnFrom(error, at.topic)
    throw error
  }
}
