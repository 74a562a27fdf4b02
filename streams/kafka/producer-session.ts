import { setImmediate } from 'node:timers/promises'
import type { Producer, RecordMetadata } from 'kafkajs'
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

/** A request of several batches is no larger, as Java's producer has it: kafkajs encodes it in one go, and nothing else runs meanwhile. */
const REQUEST_BYTES_MAX = 1 << 20

export interface ProducerOptions {
  /** How many records one partition may get from one session. */
  readonly recordsMax?: number
  /** The broker that leads a partition. Batches for one broker then share a request; without it each goes alone. */
  readonly leaderOf?: (at: TopicPartition) => Promise<number>
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
  producerOptions: ProducerOptions = {},
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
  return new KafkaProducerSession(producer, producerOptions)
}

/** A batch that waits for its send, or is on its way. */
interface Waiting {
  readonly batch: OutputBatch
  readonly baseSequence: number
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: StreamsError) => void
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
 * - one broker a send, and one batch of a partition. A send to several brokers is tried again as a whole when one of them
 *   fails, while the others may still be on their way: those would be stored twice. All that waits for one broker goes
 *   together: a partition's batch would wait for those of all others otherwise.
 * - any error that comes out ends the session: what became of the batches is unknown, and no later one may take their
 *   sequences. Under a new session a batch has a new producer id and may stand in the log twice; dedup ends the second
 *   (SPEC D2). So it may when a leader moves while its answer is lost, since kafkajs then asks two brokers.
 */
class KafkaProducerSession implements ProducerSession {
  // kafkajs does not show the two it was given.
  readonly producerId = -1
  readonly producerEpoch = -1
  readonly #producer: Producer
  readonly #recordsMax: number
  readonly #leaderOf: ProducerOptions['leaderOf']
  readonly #sent = new Map<string, number>()
  /** As many as there are appends that nobody has answered: a payment producer has one for each partition. */
  #waiting: Waiting[] = []
  #sending: Promise<void> | null = null
  #ended: StreamsError | null = null

  constructor(producer: Producer, { recordsMax = RECORDS_MAX, leaderOf }: ProducerOptions) {
    this.#producer = producer
    this.#recordsMax = recordsMax
    this.#leaderOf = leaderOf
  }

  append(batch: OutputBatch, baseSequence: number): Promise<Appended> {
    const { promise, resolve, reject } = Promise.withResolvers<Appended>()
    this.#waiting.push({ batch, baseSequence, resolve, reject })
    this.#sending ??= this.#sendWaiting()
    return promise
  }

  async close(): Promise<void> {
    this.#ended ??= new StreamsError('SESSION_CLOSED', 'abort', 'the producer session is closed; a new one goes on')
    await this.#producer.disconnect()
    // A send that this cut off connects again for its own retry, and would leave that connection behind.
    void this.#sending?.then(() => this.#producer.disconnect()).catch(() => undefined)
  }

  /** One send after the other. What is appended in the same turn of the event loop is there when the first one begins. */
  async #sendWaiting(): Promise<void> {
    await setImmediate()
    while (this.#waiting.length > 0) await this.#send(await this.#takeTogether())
    this.#sending = null
  }

  /** The first that waits, and the first of each other partition of its topic that the same broker leads, as many as one request takes. */
  async #takeTogether(): Promise<Waiting[]> {
    const firsts = new Map<string, Waiting>()
    for (const one of this.#waiting) {
      const at = nameOf(one.batch)
      if (!firsts.has(at)) firsts.set(at, one)
    }
    const [first, ...others] = [...firsts.values()] as [Waiting, ...Waiting[]]
    const leader = await this.#leader(first)
    const leaders = await Promise.all(others.map((one) => this.#leader(one)))
    const together = [first]
    let bytes = first.batch.bytes.length
    for (const [at, one] of others.entries()) {
      const isTogether = leader !== null && leaders[at] === leader && one.batch.topic === first.batch.topic
      if (!isTogether || bytes + one.batch.bytes.length > REQUEST_BYTES_MAX) continue
      bytes += one.batch.bytes.length
      together.push(one)
    }
    this.#waiting = this.#waiting.filter((one) => !together.includes(one))
    return together
  }

  async #leader({ batch: { topic, partition } }: Waiting): Promise<number | null> {
    // Who does not know asks for one partition alone, and kafkajs finds its leader.
    return this.#leaderOf?.({ topic, partition }).catch(() => null) ?? null
  }

  /** Settles each of them, and never rejects. */
  async #send(together: readonly Waiting[]): Promise<void> {
    const [{ batch }, ...others] = together as [Waiting, ...Waiting[]]
    const { topic, partition } = batch
    try {
      if (this.#ended !== null) throw this.#ended
      for (const one of together) this.#requireNext(one)
      const messages = together.flatMap((one) => messagesOf(one.batch))
      const answers = await this.#producer.send({ topic, acks: -1, messages })
      for (const one of together) one.resolve(this.#appended(one, answers))
    } catch (error) {
      // kafkajs does not say which of several partitions it was.
      const place = others.length === 0 ? { topic, partition } : { topic }
      this.#ended = kafkaJsFailed('Produce', error, 'abort', place)
      for (const one of together) one.reject(this.#ended)
    }
  }

  #requireNext({ batch: { topic, partition, recordCount }, baseSequence }: Waiting): void {
    const place = { topic, partition }
    const sent = this.#sent.get(nameOf(place)) ?? 0
    if (baseSequence !== sent) throw outOfOrder(baseSequence, sent, place)
    if (sent + recordCount <= this.#recordsMax) return
    const what = 'the partition has no sequences left; a new session goes on'
    throw new StreamsError('PRODUCER_SESSION_FULL', 'abort', what, place)
  }

  #appended({ batch: { topic, partition, recordCount }, baseSequence }: Waiting, answers: RecordMetadata[]): Appended {
    const place = { topic, partition }
    const [answer, ...more] = answers.filter((one) => one.partition === partition)
    const isWhole = answer?.baseOffset !== undefined && answer.logAppendTime !== undefined && more.length === 0
    invariant(isWhole, 'one answer to one batch', place)
    this.#sent.set(nameOf(place), baseSequence + recordCount)
    // Brokers answer a repeat as they answered the batch, so nobody can tell.
    return { baseOffset: Number(answer.baseOffset), appendTimeMs: Number(answer.logAppendTime), repeated: false }
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** The session counts for itself what the broker has, so it knows no repeat: each batch comes next or not at all. */
function outOfOrder(baseSequence: number, next: number, place: TopicPartition): StreamsError {
  const what = `sequence ${baseSequence} came where ${next} is next; nothing was stored, a new session goes on`
  return new StreamsError('OUT_OF_ORDER_SEQUENCE', 'abort', what, place)
}
