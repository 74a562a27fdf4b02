import { invariant, StreamsError } from '../streams/errors.ts'
import type { Appended, TopicPartition } from '../streams/log/log.ts'
import type { RecordBatchWriter } from '../streams/record/record-batch-writer.ts'
import type { EncodedHeaders } from '../streams/record/record-headers.ts'
import type { Generation, ProducerIdentity } from './producer-identity.ts'

/** A batch takes no further record past this many: sequences and offsets within a batch stay small. */
const BATCH_RECORDS_MAX = 32_768
/** Sequences are int32 and begin again at 0. */
const SEQUENCES = 2 ** 31

/** A batch that the log has. */
export interface AcknowledgedBatch extends TopicPartition, Appended {
  readonly recordCount: number
}

/** A batch from its first record to its acknowledgement. */
export interface LaneBatch {
  readonly writer: RecordBatchWriter
  /** When its first record came; the record time of all, which the log replaces by its own. */
  readonly openedMs: number
  recordCount: number
  /** Made when the first caller asks to be told. */
  told: PromiseWithResolvers<AcknowledgedBatch> | null
}

/** What a lane needs of the producer around it. */
export interface LaneOwner {
  readonly identity: ProducerIdentity
  readonly batchBytes: number
  openBatch(): LaneBatch
  /** The log has the batch, and its writer's bytes are free again. */
  acknowledged(batch: AcknowledgedBatch, writer: RecordBatchWriter): void
  retried(): void
  resent(records: number): void
  failed(error: StreamsError): void
}

/**
 * The records of one partition on their way to the log, in order: one batch open, sealed ones waiting, one in flight.
 *
 * A batch that failed is appended again with the same sequence, so a lost acknowledgement is answered as a repeat and
 * nothing is stored twice. When the session itself is lost, the batch in flight has an unknown outcome: it goes again
 * under a new session, whose sequences begin at 0, and may then stand in the log twice. Same ids, same content: dedup
 * ends the second (SPEC D2), and the producer counts such records as resent.
 */
export class PartitionLane {
  readonly at: TopicPartition
  readonly #owner: LaneOwner
  readonly #waiting: LaneBatch[] = []
  #open: LaneBatch | null = null
  #generation = -1
  #nextSequence = 0
  #pumping = false
  #sealWhenFree = false

  constructor(at: TopicPartition, owner: LaneOwner) {
    this.at = at
    this.#owner = owner
  }

  /** Adds one record and returns by how many bytes the open batch grew. `value` null is a tombstone, which has no headers. */
  add(key: Uint8Array, keyLength: number, value: Uint8Array | null, headers: EncodedHeaders | null = null): number {
    this.#open ??= this.#owner.openBatch()
    const { writer, openedMs } = this.#open
    const before = writer.at
    writer.begin(openedMs, key, 0, keyLength)
    if (value === null) writer.endNull()
    else {
      writer.reserve(value.length)
      writer.bytes.set(value, writer.at)
      writer.at += value.length
      if (headers === null) writer.end()
      else writer.endWithHeaders(headers)
    }
    this.#open.recordCount++
    return writer.at - before
  }

  /** The index in its batch of the record added last. */
  get lastIndex(): number {
    return (this.#open?.recordCount ?? 0) - 1
  }

  /** Resolves when the log has the open batch. Ask before it is sealed. */
  told(): Promise<AcknowledgedBatch> {
    invariant(this.#open !== null, 'a lane without an open batch has nothing to tell', this.at)
    this.#open.told ??= Promise.withResolvers<AcknowledgedBatch>()
    return this.#open.told.promise
  }

  /** Seals the open batch when it is as large as one should be. */
  sealIfLarge(): void {
    if (this.#open === null) return
    const { writer, recordCount } = this.#open
    if (writer.at >= this.#owner.batchBytes || recordCount >= BATCH_RECORDS_MAX) this.seal()
  }

  /** Ends the open batch, if any, and sends it when its turn comes. */
  seal(): void {
    this.#sealWhenFree = false
    if (this.#open === null) return
    this.#waiting.push(this.#open)
    this.#open = null
    if (!this.#pumping) void this.#pump()
  }

  /**
   * Ends the open batch as soon as no other is on its way: while the log is busy it goes on growing, so a slow log gets
   * larger batches and not more of them.
   */
  sealWhenFree(): void {
    if (this.#pumping) this.#sealWhenFree = true
    else this.seal()
  }

  /** Resolves when the log has everything that was sealed before the call; rejects when it is given up. */
  async drained(): Promise<void> {
    const last = this.#waiting.at(-1)
    if (last === undefined) return
    last.told ??= Promise.withResolvers<AcknowledgedBatch>()
    await last.told.promise
  }

  /** Tells everybody who waits that nothing more will come. */
  giveUp(error: StreamsError): void {
    for (const batch of [...this.#waiting, ...(this.#open === null ? [] : [this.#open])]) batch.told?.reject(error)
    this.#waiting.length = 0
    this.#open = null
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    try {
      for (let batch = this.#waiting[0]; batch !== undefined; batch = this.#waiting[0]) {
        const acknowledged = await this.#deliver(batch)
        if (this.#waiting.shift() !== batch) return // Given up meanwhile.
        batch.told?.resolve(acknowledged)
        this.#owner.acknowledged(acknowledged, batch.writer)
        if (this.#sealWhenFree && this.#waiting.length === 0) this.seal()
      }
    } catch (error) {
      this.#owner.failed(asStreamsError(error, this.at))
    } finally {
      this.#pumping = false
    }
  }

  /** Appends one batch, as often as it takes. */
  async #deliver(batch: LaneBatch): Promise<AcknowledgedBatch> {
    const { identity } = this.#owner
    const [finished, ...more] = batch.writer.finish()
    invariant(finished !== undefined && more.length === 0, 'a lane batch is one record batch', this.at)
    let generation = await identity.current()
    for (let attempt = 0; ; attempt++) {
      const sequence = this.#sequenceIn(generation)
      try {
        const appended = await generation.session.append({ ...this.at, ...finished }, sequence)
        this.#nextSequence = sequenceAfter(sequence, finished.recordCount)
        return { ...this.at, ...appended, recordCount: finished.recordCount }
      } catch (error) {
        const next = await this.#afterFailure(error, generation)
        if (next === generation) this.#owner.retried()
        else this.#owner.resent(finished.recordCount)
        generation = next
        await identity.backOff(attempt)
      }
    }
  }

  /** The session to try again with: the same one, or the next when this one is lost. Throws what cannot be tried again. */
  async #afterFailure(error: unknown, generation: Generation): Promise<Generation> {
    const { identity } = this.#owner
    const current = await identity.current()
    // Another lane has renewed the session, which fenced this one: no error of its own.
    if (current.number !== generation.number) return current
    if (!(error instanceof StreamsError)) throw error
    if (error.next === 'retry') return generation
    if (error.next === 'abort') return identity.renew(generation)
    throw error
  }

  #sequenceIn(generation: Generation): number {
    if (this.#generation !== generation.number) {
      this.#nextSequence = 0
      this.#generation = generation.number
    }
    return this.#nextSequence
  }
}

/** The sequence of the record that follows `records` ones from `sequence` on. */
export function sequenceAfter(sequence: number, records: number): number {
  return (sequence + records) % SEQUENCES
}

function asStreamsError(error: unknown, at: TopicPartition): StreamsError {
  if (error instanceof StreamsError) return error
  return new StreamsError('PRODUCER_FAILED', 'stop', `the producer stopped: ${String(error)}`, at, error)
}
