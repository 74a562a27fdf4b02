import type { Producer, RecordMetadata } from 'kafkajs'
import { invariant, StreamsError } from '../errors.ts'
import type { Appended, OutputBatch, ProducerSession } from '../log/log.ts'
import { messagesOf } from './batch-messages.ts'
import type { KafkaCluster } from './cluster.ts'
import { kafkaJs } from './kafkajs-client.ts'
import { kafkaJsFailed } from './kafkajs-errors.ts'

/** Sequences are int32, and kafkajs does not wrap them as brokers do: a session ends before its first partition gets there. */
const RECORDS_MAX = 2 ** 31 - 1
/** How often a send is tried again within its session, each time later: about 3 s in all. */
const RETRY = { retries: 5, initialRetryTime: 100, multiplier: 2, maxRetryTime: 1_500 } as const

/** How many records one partition may get from one session. */
export interface ProducerLimits {
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
  cluster: KafkaCluster,
  name: string | null,
  { recordsMax = RECORDS_MAX }: ProducerLimits = {},
): Promise<ProducerSession> {
  if (name !== null) {
    const why = 'a Kafka producer without transactions has no name; open it with null'
    throw new StreamsError('PRODUCER_NAME_UNSUPPORTED', 'stop', why)
  }
  const producer = kafkaJs(cluster).producer({
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
 * second send of the same partition in between would be given the same sequence; the broker, which knows a batch by its
 * producer id and sequences alone, would take it for the repeat and acknowledge what it never stored. So:
 *
 * - one send in flight a partition. A retry then has the sequence of the batch it repeats, and is stored once.
 * - one partition a send. A send to several brokers is tried again as a whole when one of them fails, while the others
 *   may still be on their way: those would be stored twice.
 * - any error that comes out ends the session: what became of the batch is unknown, and no later one may take its
 *   sequence. Under a new session the batch has a new producer id and may stand in the log twice; dedup ends the second
 *   (SPEC D2).
 */
class KafkaProducerSession implements ProducerSession {
  // kafkajs shows neither of the two it was given; they serve for messages only.
  readonly producerId = -1
  readonly producerEpoch = -1
  readonly #producer: Producer
  readonly #recordsMax: number
  readonly #sent = new Map<string, number>()
  readonly #inFlight = new Map<string, Promise<RecordMetadata[]>>()
  #ended: StreamsError | null = null

  constructor(producer: Producer, recordsMax: number) {
    this.#producer = producer
    this.#recordsMax = recordsMax
  }

  async append(batch: OutputBatch, baseSequence: number): Promise<Appended> {
    const { topic, partition, recordCount } = batch
    const at = `${topic}-${partition}`
    const place = { topic, partition }
    if (this.#ended !== null) throw this.#ended
    const sent = this.#sent.get(at) ?? 0
    invariant(!this.#inFlight.has(at), 'one batch in flight a partition', place)
    invariant(baseSequence === sent, `sequence ${sent} comes next, not ${baseSequence}`, place)
    if (sent + recordCount > this.#recordsMax) {
      throw this.#end(
        new StreamsError('PRODUCER_SESSION_FULL', 'abort', 'no sequences are left; a new session goes on'),
      )
    }
    const messages = messagesOf(batch)
    const sending = this.#producer.send({ topic, acks: -1, messages })
    this.#inFlight.set(at, sending)
    try {
      const [answer, ...more] = await sending
      const isWhole = answer?.baseOffset !== undefined && answer.logAppendTime !== undefined && more.length === 0
      invariant(isWhole, 'one answer to one batch', place)
      this.#sent.set(at, sent + recordCount)
      // Brokers answer a repeat as they answered the batch, so nobody can tell.
      return { baseOffset: Number(answer.baseOffset), appendTimeMs: Number(answer.logAppendTime), repeated: false }
    } catch (error) {
      throw this.#end(kafkaJsFailed('Produce', error, 'abort', place))
    } finally {
      this.#inFlight.delete(at)
    }
  }

  async close(): Promise<void> {
    this.#ended ??= new StreamsError('SESSION_CLOSED', 'abort', 'the producer session is closed; a new one goes on')
    await this.#producer.disconnect()
    // A send that this cut off connects again for its own retry, and would leave that connection behind.
    if (this.#inFlight.size > 0) void this.#disconnectAfter([...this.#inFlight.values()])
  }

  async #disconnectAfter(sends: readonly Promise<RecordMetadata[]>[]): Promise<void> {
    await Promise.allSettled(sends)
    await this.#producer.disconnect().catch(() => undefined)
  }

  #end(error: StreamsError): StreamsError {
    this.#ended ??= error
    return error
  }
}
