import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../producers/clock.ts'
import { invariant, StreamsError } from '../../streams/errors.ts'
import type { Appended, Log, OutputBatch, ProducerSession } from '../../streams/log/log.ts'
import { requireFinishedBatch, sealBatch } from '../../streams/record/batch-seal.ts'
import { RecordBatchReader } from '../../streams/record/record-batch-reader.ts'

/** What goes wrong with one append: before it is stored, or after, when only the answer is lost. */
export type Fault = 'none' | 'refused' | 'answer-lost' | 'session-lost' | 'session-lost-after' | 'fenced' | 'disk-full'

export interface StoredRecord {
  readonly key: string
  readonly value: Uint8Array | null
}

interface Remembered {
  readonly epoch: number
  readonly baseSequence: number
  readonly recordCount: number
  readonly appended: Appended
}

const REMEMBERED_BATCHES = 5
const SEQUENCES = 2 ** 31

/**
 * The producers' side of the log port in memory, with its whole contract (sequences, repeats, fencing by name) and
 * faults by argument. It also holds producers to theirs: one batch in flight a partition.
 */
export class FaultyLog implements Pick<Log, 'openProducer'> {
  /** Asked once an append; the default is no fault. */
  fault: (batch: OutputBatch, baseSequence: number) => Fault = () => 'none'
  /** Each append waits for this before it is stored. */
  gate: Promise<void> = Promise.resolve()
  readonly partitions = new Map<number, StoredRecord[]>()
  readonly appends: { partition: number; baseSequence: number; recordCount: number; epoch: number }[] = []
  sessionsOpened = 0
  #epochs = new Map<string, number>()
  #nextProducerId = 1_000
  #sequences = new Map<string, Remembered[]>()
  #inFlight = new Set<number>()
  readonly #reader = new RecordBatchReader()

  async openProducer(name: string | null): Promise<ProducerSession> {
    this.sessionsOpened++
    const producerId = name === null ? this.#nextProducerId++ : 1
    const key = name ?? `#${producerId}`
    const epoch = (this.#epochs.get(key) ?? -1) + 1
    this.#epochs.set(key, epoch)
    let lost = false
    return {
      producerId,
      producerEpoch: epoch,
      append: async (batch, baseSequence) => {
        this.appends.push({ partition: batch.partition, baseSequence, recordCount: batch.recordCount, epoch })
        invariant(!this.#inFlight.has(batch.partition), 'one batch in flight a partition', batch)
        this.#inFlight.add(batch.partition)
        try {
          await this.gate
          if (this.#epochs.get(key) !== epoch)
            throw new StreamsError('PRODUCER_FENCED', 'fenced', 'another epoch', batch)
          if (lost) throw new StreamsError('SESSION_LOST', 'abort', 'the session is lost', batch)
          const fault = this.fault(batch, baseSequence)
          lost = fault === 'session-lost' || fault === 'session-lost-after'
          return this.#append(batch, baseSequence, producerId, epoch, fault)
        } finally {
          this.#inFlight.delete(batch.partition)
        }
      },
      close: async () => {},
    }
  }

  /** Everything stored in one partition, in order. */
  records(partition: number): readonly StoredRecord[] {
    return this.partitions.get(partition) ?? []
  }

  #append(batch: OutputBatch, baseSequence: number, producerId: number, epoch: number, fault: Fault): Appended {
    if (fault === 'refused') throw new StreamsError('LOG_BUSY', 'retry', 'try again', batch)
    if (fault === 'session-lost') throw new StreamsError('SESSION_LOST', 'abort', 'the session is lost', batch)
    if (fault === 'fenced') throw new StreamsError('PRODUCER_FENCED', 'fenced', 'another has the name', batch)
    if (fault === 'disk-full') throw new StreamsError('DISK_FULL', 'stop', 'free some space', batch)
    const appended = this.#store(batch, baseSequence, producerId, epoch)
    if (fault === 'answer-lost') throw new StreamsError('ANSWER_LOST', 'retry', 'no answer in time', batch)
    if (fault === 'session-lost-after') throw new StreamsError('SESSION_LOST', 'abort', 'the session is lost', batch)
    return appended
  }

  #store(batch: OutputBatch, baseSequence: number, producerId: number, epoch: number): Appended {
    const key = `${producerId}/${batch.partition}`
    const remembered = (this.#sequences.get(key) ?? []).filter((one) => one.epoch === epoch)
    const known = remembered.find((one) => one.baseSequence === baseSequence && one.recordCount === batch.recordCount)
    if (known !== undefined) return { ...known.appended, repeated: true }
    const last = remembered.at(-1)
    const expected = last === undefined ? 0 : (last.baseSequence + last.recordCount) % SEQUENCES
    if (baseSequence !== expected) throw new StreamsError('OUT_OF_ORDER_SEQUENCE', 'abort', `not ${expected}`, batch)
    const stored = this.partitions.get(batch.partition) ?? []
    const appended = { baseOffset: stored.length, appendTimeMs: 1_000 + stored.length, repeated: false }
    stored.push(...this.#decode(batch, { ...appended, producerId, producerEpoch: epoch, baseSequence }))
    this.partitions.set(batch.partition, stored)
    const entry = { epoch, baseSequence, recordCount: batch.recordCount, appended }
    this.#sequences.set(key, [...remembered, entry].slice(-REMEMBERED_BATCHES))
    return appended
  }

  #decode(batch: OutputBatch, seal: Omit<Parameters<typeof sealBatch>[1], 'transactional'>): StoredRecord[] {
    requireFinishedBatch(batch.bytes, batch.recordCount)
    const bytes = batch.bytes.slice()
    sealBatch(bytes, { ...seal, transactional: false })
    const reader = this.#reader
    const status = reader.open(bytes, new DataView(bytes.buffer), 0, bytes.length)
    invariant(status === 'ok', `a batch that reads back, not ${status}`)
    const records: StoredRecord[] = []
    while (reader.next()) {
      const key = new TextDecoder().decode(bytes.subarray(reader.keyAt, reader.keyAt + reader.keyLength))
      const value = reader.valueLength < 0 ? null : bytes.slice(reader.valueAt, reader.valueAt + reader.valueLength)
      records.push({ key, value })
    }
    invariant(!reader.malformed && records.length === batch.recordCount, 'as many records as the batch says')
    return records
  }
}

/** A clock that nobody waits for: a sleep lets pending work run once, then the time is there. */
export class SkippingClock implements Clock {
  #nowMs = 1_000_000

  now(): number {
    return this.#nowMs
  }

  async sleepUntil(untilMs: number): Promise<void> {
    await setImmediate()
    this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  async turn(): Promise<void> {
    await setImmediate()
  }
}
