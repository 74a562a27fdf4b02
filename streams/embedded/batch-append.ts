import { type BatchSeal, sealBatch } from '../record/batch-seal.ts'
import type { Store } from './environment.ts'
import { batchKey, partitionKey, producerEpochKey, sequencesKey } from './log-keys.ts'
import {
  decodePartitionState,
  decodeSequences,
  encodePartitionState,
  encodeSequences,
  type ProducerSequences,
} from './log-values.ts'
import { Refused } from './refusal.ts'
import type { BatchToAppend, WriteAnswer, WriteRequest } from './write-request.ts'

/** How many batches a producer's repeats are recognised over, as in Kafka. */
const REMEMBERED_BATCHES = 5
/** Sequences are int32 and begin again at 0. */
const SEQUENCES = 2 ** 31

const NO_PRODUCER = { producerId: -1, producerEpoch: -1, baseSequence: -1 }

/**
 * Puts one batch at its partition's end: assigns the offset, stamps the time of appending, computes the checksum. Runs
 * inside a write transaction.
 */
export function putBatch(
  store: Store,
  { topicId, partition, bytes, recordCount }: BatchToAppend,
  nowMs: number,
  producer: Pick<BatchSeal, 'producerId' | 'producerEpoch' | 'baseSequence'> = NO_PRODUCER,
): { readonly baseOffset: number; readonly appendTimeMs: number } {
  const key = partitionKey(topicId, partition)
  const state = decodePartitionState(store.getBinary(key))
  const baseOffset = state.nextOffset
  const appendTimeMs = Math.max(nowMs, state.lastAppendMs)
  sealBatch(bytes, { ...producer, baseOffset, appendTimeMs, transactional: false })
  store.putSync(batchKey(topicId, partition, baseOffset), bytes)
  state.nextOffset += recordCount
  state.lastAppendMs = appendTimeMs
  state.bytes += bytes.length
  store.putSync(key, encodePartitionState(state))
  return { baseOffset, appendTimeMs }
}

/** A producer's batch: stored once, however often it comes. Source: Kafka's `ProducerAppendInfo`. */
export function appendProduced(store: Store, request: WriteRequest<'append'>): WriteAnswer<'append'> {
  const { batch, producerId, producerEpoch, baseSequence, nowMs } = request
  requireCurrentProducer(store, request)
  const key = sequencesKey(producerId, batch.topicId, batch.partition)
  const known = store.getBinary(key)
  const stored: ProducerSequences = known === undefined ? { epoch: producerEpoch, batches: [] } : decodeSequences(known)
  // A new epoch begins its sequences again, and repeats of the former one are fenced anyway.
  const batches = stored.epoch === producerEpoch ? stored.batches : []
  const same = batches.find((one) => one.baseSequence === baseSequence && one.recordCount === batch.recordCount)
  if (same !== undefined) return { baseOffset: same.baseOffset, appendTimeMs: same.appendTimeMs, repeated: true }

  const last = batches.at(-1)
  const expected = last === undefined ? 0 : (last.baseSequence + last.recordCount) % SEQUENCES
  if (baseSequence !== expected) {
    throw new Refused(
      'OUT_OF_ORDER_SEQUENCE',
      'abort',
      `producer ${producerId} sent sequence ${baseSequence} where ${expected} is next: a batch before it is missing or ` +
        'too old to be recognised; nothing stored, open a new producer and send from what was acknowledged',
      { topic: batch.topic, partition: batch.partition },
    )
  }
  const appended = putBatch(store, batch, nowMs, request)
  const remembered = { baseSequence, recordCount: batch.recordCount, ...appended }
  store.putSync(
    key,
    encodeSequences({ epoch: producerEpoch, batches: [...batches, remembered].slice(-REMEMBERED_BATCHES) }),
  )
  return { ...appended, repeated: false }
}

function requireCurrentProducer(store: Store, { producerId, producerEpoch, batch }: WriteRequest<'append'>): void {
  const epoch = readProducerEpoch(store, producerId)
  if (epoch <= producerEpoch) return
  throw new Refused(
    'PRODUCER_FENCED',
    'fenced',
    `producer ${producerId} was opened again under the same name (epoch ${epoch}, this one has ${producerEpoch}); ` +
      'nothing stored, this one must stop',
    { topic: batch.topic, partition: batch.partition },
  )
}

/** From here on the producer's former epochs append nothing in this environment. */
export function adoptProducer(store: Store, { producerId, producerEpoch }: WriteRequest<'adopt-producer'>): null {
  if (readProducerEpoch(store, producerId) >= producerEpoch) return null
  store.putSync(producerEpochKey(producerId), Buffer.of(producerEpoch >> 8, producerEpoch & 0xff))
  return null
}

function readProducerEpoch(store: Store, producerId: number): number {
  return store.getBinary(producerEpochKey(producerId))?.readUInt16BE() ?? 0
}
