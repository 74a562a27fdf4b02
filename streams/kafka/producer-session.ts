import type { Producer } from 'kafkajs'
import { invariant, StreamsError } from '../errors.ts'
import type { Appended, OutputBatch, ProducerSession, TopicPartition } from '../log/log.ts'
import { messagesOf } from './batch-messages.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { kafkaJs } from './kafkajs-client.ts'
import { kafkaJsFailed } from './kafkajs-errors.ts'

/** Sequences are int32, and kafkajs does not wrap them as brokers do: a session ends before its first partition gets there. */
const RECORDS_MAX = 2 ** 31 - 1
/** How often a send is tried again within its session, each time later: about 3 s in all. */
const RETRY = { retries: 5, initialRetryTime: 100, multiplier: 2, maxRetryTime: 1_500 } as const

export interface ProducerLimits {
  /** How many records one partition may get from one session. */
  readonly recordsMax?: number
}

/**
 * Opens an idempotent producer's session: a new producer id from the broker.
 *
 * Kafka ties an identity that outlives a session to transactions, which a payment producer does not use, so there is no
 * named one.
 * @throws StreamsError retry when no broker answers, stop when it refuses.
 */
export async function openProducerSession(
  options: KafkaOptions,
  name: string | null,
  { recordsMax = RECORDS_MAX }: ProducerLimits = {},
): Promise<ProducerSession> {
  if (name !== null) {
    const why = 'a Kafka producer without transactions has no name; open it with null'
    throw new StreamsError('PRODUCER_NAME_UNSUPPORTED', 'stop', why)
  }
  const producer = kafkaJs(options).producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    retry: RETRY,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  })
  try {
    await producer.connect()
  } catch (error) {
    await producer.disconnect().catch(() => undefined)
    throw kafkaJsFailed('InitProducerId', error, 'retry', {})
  }
  return new KafkaProducerSession(producer, recordsMax)
}

/**
 * One producer id of a kafkajs producer, used in the one way in which it is safe.
 *
 * kafkajs counts a batch's sequence before the answer and takes it back after an error, and only then tries again. A
 * second send of the same partition in between is given the same sequence; the broker, which knows a batch by its
 * producer id and sequences alone, takes it for the repeat and acknowledges what it never stores. So:
 *
 * - one send at a time. A retry then has the sequence of the batch it repeats, and is stored once. (Sends of other
 *   partitions would not harm the sequences, but they race kafkajs's retries for the new connection, and lose it.)
 * - one partition a send. A send to several brokers is tried again as a whole when one of them fails, while the others
 *   may still be on their way: those would be stored twice.
 * - any error that comes out ends the session: what became of the batch is unknown, and no later one may take its
 *   sequence. Under a new session the batch has a new producer id and may stand in the log twice; dedup ends the second
 *   (SPEC D2).
 */
class KafkaProducerSession implements ProducerSession {
  // kafkajs does not show the two it was given.
  readonly producerId = -1
  readonly producerEpoch = -1
  readonly #producer: Producer
  readonly #recordsMax: number
  readonly #sent = new Map<string, number>()
  /** Settles when nothing is in flight; every append waits for the one before it. */
  #last: Promise<unknown> = Promise.resolve()
  #ended: StreamsError | null = null

  constructor(producer: Producer, recordsMax: number) {
    this.#producer = producer
    this.#recordsMax = recordsMax
  }

  append(batch: OutputBatch, baseSequence: number): Promise<Appended> {
    const appended = this.#last.then(() => this.#send(batch, baseSequence))
    this.#last = appended.catch(() => undefined)
    return appended
  }

  async close(): Promise<void> {
    this.#ended ??= new StreamsError('SESSION_CLOSED', 'abort', 'the producer session is closed; a new one goes on')
    await this.#producer.disconnect()
    // A send that this cut off connects again for its own retry, and would leave that connection behind.
    void this.#last.then(() => this.#producer.disconnect()).catch(() => undefined)
  }

  async #send(batch: OutputBatch, baseSequence: number): Promise<Appended> {
    if (this.#ended !== null) throw this.#ended
    const { topic, partition, recordCount } = batch
    const place = { topic, partition }
    try {
      const at = `${topic}-${partition}`
      const sent = this.#sent.get(at) ?? 0
      if (baseSequence !== sent) throw outOfOrder(baseSequence, sent, place)
      if (sent + recordCount > this.#recordsMax) {
        const what = 'the partition has no sequences left; a new session goes on'
        throw new StreamsError('PRODUCER_SESSION_FULL', 'abort', what, place)
      }
      const [answer, ...more] = await this.#producer.send({ topic, acks: -1, messages: messagesOf(batch) })
      const isWhole = answer?.baseOffset !== undefined && answer.logAppendTime !== undefined && more.length === 0
      invariant(isWhole, 'one answer to one batch', place)
      this.#sent.set(at, sent + recordCount)
      // Brokers answer a repeat as they answered the batch, so nobody can tell.
      return { baseOffset: Number(answer.baseOffset), appendTimeMs: Number(answer.logAppendTime), repeated: false }
    } catch (error) {
      this.#ended = kafkaJsFailed('Produce', error, 'abort', place)
      throw this.#ended
    }
  }
}

/** The session counts for itself what the broker has, so it knows no repeat: each batch comes next or not at all. */
function outOfOrder(baseSequence: number, next: number, place: TopicPartition): StreamsError {
  const what = `sequence ${baseSequence} came where ${next} is next; nothing was stored, a new session goes on`
  return new StreamsError('OUT_OF_ORDER_SEQUENCE', 'abort', what, place)
}
