import type { PaymentSubmitted } from '../schemas/generated/payment-submitted.ts'
import { invariant, StreamsError } from '../streams/errors.ts'
import type { Log } from '../streams/log/log.ts'
import { partitionOf } from '../streams/record/partitioner.ts'
import { RecordBatchWriter } from '../streams/record/record-batch-writer.ts'
import type { EncodedHeaders } from '../streams/record/record-headers.ts'
import { BufferRoom } from './buffer-room.ts'
import type { Clock } from './clock.ts'
import type { MaskPayment } from './mask-payment.ts'
import { sendPaced } from './pacing.ts'
import { type AcknowledgedBatch, type LaneBatch, type LaneOwner, PartitionLane } from './partition-lane.ts'
import { KeyEncoder, MaskingEncoder, type PaymentEncoder } from './payment-encoder.ts'
import { abandoned, ProducerIdentity } from './producer-identity.ts'
import { RememberingEncoder } from './remembering-encoder.ts'

const LINGER_MS = 5
const BATCH_BYTES = 128 * 1024
const BUFFER_BYTES = 32 * 1024 * 1024
/** A batch of the largest size and one value more must stay below what a record batch may have. */
const BATCH_BYTES_MAX = 512 * 1024
const VALUE_BYTES_MAX = 400_000
const WRITER_ROOM_BYTES = 16 * 1024
const SPARE_WRITERS_MAX = 256

export interface PaymentProducerOptions {
  readonly log: Pick<Log, 'openProducer'>
  /** Keeps the producer's identity over restarts and fences a former one of that name; null makes a new identity. */
  readonly name: string | null
  readonly topic: string
  readonly partitions: number
  /** The registry's id of PaymentSubmitted on the topic. */
  readonly paymentSchemaId: number
  /** Applied to every payment before its first byte is encoded; `unmasked` for a foreign producer. */
  readonly mask: MaskPayment
  /** Masks each sender once and keeps the outcome (see RememberingEncoder): for made-up people alone. */
  readonly rememberSenders?: boolean
  readonly clock: Clock
  /** How long a record may wait for others to share its batch; 5 ms. */
  readonly lingerMs?: number
  /** A batch of this size is sent without lingering; 128 KiB, at most 512 KiB. */
  readonly batchBytes?: number
  /** How much may wait for the log before a caller must wait; 32 MiB. */
  readonly bufferBytes?: number
  /** Told of each acknowledged batch, in order within a partition. */
  readonly onAcknowledged?: (batch: AcknowledgedBatch) => void
}

/** Where a record stands in the log. */
export interface Coordinates {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly appendTimeMs: number
}

/** What happened so far. */
export interface ProducerCounts {
  acceptedRecords: number
  acknowledgedRecords: number
  acknowledgedBatches: number
  /** Batches that the log had already when a retry arrived. */
  repeatedBatches: number
  /** Appends tried again with the same sequence. */
  retries: number
  /** Records sent again under a new session: each may stand in the log twice (see PartitionLane). */
  resentRecords: number
}

/**
 * The idempotent payment producer. Payments are masked (SPEC M1), encoded in the Confluent wire format (SPEC R2),
 * keyed by sender account and put into the partition that any Kafka client would choose (SPEC R3). Within a partition
 * the order is kept, one batch is in flight, and a failed append is retried until the log has it.
 *
 * An error that no retry can mend (a fenced name, a full disk) stops the producer: every later call throws it.
 */
export class PaymentProducer {
  readonly counts: Readonly<ProducerCounts>
  readonly #counts: ProducerCounts = {
    acceptedRecords: 0,
    acknowledgedRecords: 0,
    acknowledgedBatches: 0,
    repeatedBatches: 0,
    retries: 0,
    resentRecords: 0,
  }
  readonly #options: PaymentProducerOptions
  readonly #identity: ProducerIdentity
  readonly #batchBytes: number
  readonly #lanes: readonly PartitionLane[]
  readonly #room: BufferRoom
  readonly #values: PaymentEncoder
  readonly #keys = new KeyEncoder()
  readonly #abandon = new AbortController()
  readonly #spareWriters: RecordBatchWriter[] = []
  #lingering = false
  #closed = false
  #failure: StreamsError | null = null

  constructor(options: PaymentProducerOptions) {
    const { log, name, topic, partitions, clock } = options
    this.#options = options
    this.counts = this.#counts
    this.#batchBytes = options.batchBytes ?? BATCH_BYTES
    invariant(this.#batchBytes <= BATCH_BYTES_MAX, `batchBytes is at most ${BATCH_BYTES_MAX}`)
    this.#identity = new ProducerIdentity(log, name, clock, this.#abandon.signal)
    this.#room = new BufferRoom(options.bufferBytes ?? BUFFER_BYTES)
    const { mask, paymentSchemaId, rememberSenders = false } = options
    this.#values = new (rememberSenders ? RememberingEncoder : MaskingEncoder)(mask, paymentSchemaId)
    const owner = this.#laneOwner()
    this.#lanes = Array.from({ length: partitions }, (_, partition) => new PartitionLane({ topic, partition }, owner))
  }

  /**
   * Takes one payment in. Undefined means accepted; a promise means that the buffer is full: it resolves when the
   * payment has been accepted. Records of one sender keep the order of the calls.
   * @throws what `mask` throws, and a RangeError for a value outside its Avro type: then nothing was sent.
   */
  send(payment: PaymentSubmitted): Promise<void> | undefined {
    this.#requireOpen()
    const value = this.#values.encode(payment)
    const { senderAccountId } = payment
    if (!this.#room.isFull) {
      this.#add(senderAccountId, value).sealIfLarge()
      return
    }
    const kept = value.slice()
    return this.#whenThereIsRoom(() => this.#add(senderAccountId, kept).sealIfLarge())
  }

  /** Takes in a record value that is encoded already, or is meant to be no payment; null is a tombstone. As `send`. */
  sendValue(key: string, value: Uint8Array | null): Promise<void> | undefined {
    this.#requireOpen()
    const bytes = value?.length ?? 0
    if (bytes > VALUE_BYTES_MAX) throw new RangeError(`a value of ${bytes} bytes is over ${VALUE_BYTES_MAX}; not sent`)
    if (!this.#room.isFull) {
      this.#add(key, value).sealIfLarge()
      return
    }
    return this.#whenThereIsRoom(() => this.#add(key, value).sealIfLarge())
  }

  /** Takes one payment in and resolves with its coordinates when the log has it on disk; `headers` go with it. */
  async deliver(payment: PaymentSubmitted, headers: EncodedHeaders | null = null): Promise<Coordinates> {
    this.#requireOpen()
    return this.#deliver(payment.senderAccountId, this.#values.encode(payment).slice(), headers)
  }

  /** Takes in a record value that is encoded already, and resolves as `deliver` does. */
  async deliverValue(key: string, value: Uint8Array): Promise<Coordinates> {
    this.#requireOpen()
    return this.#deliver(key, value, null)
  }

  /** Takes in payments as fast as there is room, and resolves with their number when the log has all of them. */
  async sendAll(payments: Iterable<PaymentSubmitted>): Promise<number> {
    const { clock } = this.#options
    const sent = await sendPaced(payments, { dueMs: null, send: (payment) => this.send(payment), clock })
    await this.flush()
    return sent
  }

  /** Sends without lingering; resolves when the log has everything that was accepted before the call. */
  async flush(): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    for (const lane of this.#lanes) lane.seal()
    await Promise.all(this.#lanes.map((lane) => lane.drained()))
  }

  /**
   * Takes nothing more in, waits until the log has everything, and closes the session. When `deadline` aborts first,
   * what is not acknowledged by then is given up, and the close rejects and says so.
   */
  async close(deadline?: AbortSignal): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const giveUp = () => this.#fail(abandoned())
    deadline?.addEventListener('abort', giveUp, { once: true })
    try {
      // Callers who wait for room come in while the buffer drains.
      while (this.#room.bytes > 0) await this.flush()
      if (this.#failure !== null) throw this.#failure
    } finally {
      deadline?.removeEventListener('abort', giveUp)
      this.#abandon.abort()
      await this.#identity.close()
    }
  }

  #deliver(key: string, value: Uint8Array, headers: EncodedHeaders | null): Promise<Coordinates> {
    const accept = async (): Promise<Coordinates> => {
      const lane = this.#add(key, value, headers)
      const index = lane.lastIndex
      const told = lane.told()
      lane.sealIfLarge()
      const { topic, partition, baseOffset, appendTimeMs } = await told
      return { topic, partition, offset: baseOffset + index, appendTimeMs }
    }
    return this.#room.isFull ? this.#whenThereIsRoom(accept) : accept()
  }

  #laneOwner(): LaneOwner {
    return {
      identity: this.#identity,
      batchBytes: this.#batchBytes,
      openBatch: () => this.#openBatch(),
      acknowledged: (batch, writer) => this.#acknowledged(batch, writer),
      retried: () => {
        this.#counts.retries++
      },
      resent: (records) => {
        this.#counts.resentRecords += records
      },
      failed: (error) => this.#fail(error),
    }
  }

  #openBatch(): LaneBatch {
    if (!this.#lingering) void this.#linger()
    const writer = this.#spareWriters.pop() ?? new RecordBatchWriter(this.#batchBytes + WRITER_ROOM_BYTES)
    writer.open()
    return { writer, openedMs: this.#options.clock.now(), recordCount: 0, told: null }
  }

  #acknowledged(batch: AcknowledgedBatch, writer: RecordBatchWriter): void {
    this.#counts.acknowledgedRecords += batch.recordCount
    this.#counts.acknowledgedBatches++
    if (batch.repeated) this.#counts.repeatedBatches++
    const bytes = writer.at
    if (this.#spareWriters.length < SPARE_WRITERS_MAX) this.#spareWriters.push(writer)
    this.#options.onAcknowledged?.(batch)
    this.#room.give(bytes)
  }

  /** Nothing more can be sent. The first error is the one that everybody gets. */
  #fail(error: StreamsError): void {
    if (this.#failure !== null) return
    this.#failure = error
    this.#abandon.abort()
    for (const lane of this.#lanes) lane.giveUp(error)
    this.#room.refuseAll(error)
  }

  #add(key: string, value: Uint8Array | null, headers: EncodedHeaders | null = null): PartitionLane {
    const keyLength = this.#keys.encode(key)
    const keyBytes = this.#keys.bytes
    const lane = this.#lanes[partitionOf(keyBytes, 0, keyLength, this.#lanes.length)]
    invariant(lane !== undefined, 'the partitioner stays within the partitions')
    this.#room.take(lane.add(keyBytes, keyLength, value, headers))
    this.#counts.acceptedRecords++
    return lane
  }

  #whenThereIsRoom<T>(accept: () => T): Promise<Awaited<T>> {
    for (const lane of this.#lanes) lane.sealWhenFree()
    return this.#room.wait(accept)
  }

  async #linger(): Promise<void> {
    const { clock, lingerMs = LINGER_MS } = this.#options
    this.#lingering = true
    await clock.sleepUntil(clock.now() + lingerMs, this.#abandon.signal)
    this.#lingering = false
    for (const lane of this.#lanes) lane.sealWhenFree()
  }

  #requireOpen(): void {
    if (this.#failure !== null) throw this.#failure
    if (this.#closed) throw new StreamsError('PRODUCER_CLOSED', 'stop', 'the producer is closed; open a new one')
  }
}
