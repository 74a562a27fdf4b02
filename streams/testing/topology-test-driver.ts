import { StreamsError } from '../errors.ts'
import { PunctuationSchedule } from '../punctuation.ts'
import { sealBatch } from '../record/batch-seal.ts'
import { encodeHeaders } from '../record/record-headers.ts'
import type { TaskStores } from '../state/task-stores.ts'
import type { TaskCounters } from '../task/task-counters.ts'
import { TaskOutputs } from '../task/task-outputs.ts'
import type { TaskProcessor } from '../task/task-processor.ts'
import { decodeRecords, encodeRecords, type PlainRecord, type RecordInput } from './plain-records.ts'

/** Where and when the log is said to have taken a record. */
export interface InputPlace {
  readonly partition?: number
  /** Default: the driver's wall clock. */
  readonly appendTimeMs?: number
}

/** A record of an output topic. */
export interface OutputRecord extends PlainRecord {
  readonly topic: string
  readonly partition: number
}

/** One partition: its state, where its input stands and the outputs of the batch under way. */
interface DrivenTask<S> {
  readonly stores: S
  readonly outputs: TaskOutputs
  readonly punctuations: PunctuationSchedule<S>
  nextOffset: number
}

/**
 * Runs a topology without a log, after Kafka's TopologyTestDriver: what is piped in has been processed, and can be read
 * out, when the call returns. Stream time moves by the records alone, the wall clock by `advanceWallClock` alone.
 */
export class TopologyTestDriver<S extends TaskStores> {
  private readonly processor: TaskProcessor<S>
  private readonly tasks = new Map<number, DrivenTask<S>>()
  private readonly topics = new Map<string, OutputRecord[]>()
  private readonly endOffsets = new Map<string, number>()
  private wallClockMs: number

  constructor(processor: TaskProcessor<S>, wallClockMs = 0) {
    this.processor = processor
    this.wallClockMs = wallClockMs
  }

  get nowMs(): number {
    return this.wallClockMs
  }

  /** Moves the wall clock, which stamps inputs and outputs from now on, and runs what is due by it; stream time stays. */
  advanceWallClock(byMs: number): void {
    this.wallClockMs += byMs
    for (const { punctuations, stores } of this.tasks.values()) punctuations.run(stores, this.wallClockMs)
  }

  /** One record in a batch of its own. Returns its offset. */
  pipeInput(topic: string, key: Uint8Array | null, value: Uint8Array | null, place: InputPlace = {}): number {
    return this.pipeBatch(topic, [{ key, value }], place)
  }

  /**
   * The records in one batch, processed in one pass as a task would. Returns the offset of the first.
   * @throws StreamsError when a store is at its bound and expiry frees nothing: the record at `place.offset` and those
   * after it have changed nothing and are not taken, those before it stand.
   */
  pipeBatch(topic: string, records: readonly RecordInput[], place: InputPlace = {}): number {
    const { source } = this.processor.topology
    if (topic !== source) throw new StreamsError('UNKNOWN_TOPIC', 'stop', `the topology reads ${source}`, { topic })
    const { partition = 0, appendTimeMs = this.wallClockMs } = place
    const task = this.task(partition)
    const baseOffset = task.nextOffset
    for (const { bytes } of encodeRecords(records, appendTimeMs)) {
      sealBatch(bytes, { ...UNSEQUENCED, baseOffset: task.nextOffset, appendTimeMs })
      this.processBatch(task, partition, bytes)
    }
    return baseOffset
  }

  /** The oldest record of an output topic that was not read yet; null when there is none. */
  readOutput(topic: string): OutputRecord | null {
    return this.topics.get(topic)?.shift() ?? null
  }

  /** All records of an output topic that were not read yet, in order. */
  readOutputs(topic: string): OutputRecord[] {
    return this.topics.get(topic)?.splice(0) ?? []
  }

  /** The state of a partition. */
  stores(partition = 0): S {
    return this.task(partition).stores
  }

  /** What the last batch of a partition came to. */
  counters(partition = 0): TaskCounters {
    return this.task(partition).outputs.counters
  }

  private task(partition: number): DrivenTask<S> {
    const task = this.tasks.get(partition)
    if (task !== undefined) return task
    const { topology } = this.processor
    const stores = topology.createStores(partition)
    const punctuations = new PunctuationSchedule(topology.punctuations, 'wall-clock')
    punctuations.start(this.wallClockMs)
    const created = { stores, outputs: new TaskOutputs(partition), punctuations, nextOffset: 0 }
    this.tasks.set(partition, created)
    return created
  }

  private processBatch(task: DrivenTask<S>, partition: number, bytes: Uint8Array): void {
    const { stores, outputs } = task
    const at = { topic: this.processor.topology.source, partition }
    for (let cleared = false; ; ) {
      outputs.open(encodeHeaders([['processed-at', new TextEncoder().encode(String(this.wallClockMs))]]))
      stores.set.open()
      const progress = this.processor.process(stores, outputs, at, bytes, task.nextOffset, Number.POSITIVE_INFINITY)
      stores.set.seal()
      stores.set.mergeOldest()
      this.publish(outputs)
      const moved = progress.nextOffset > task.nextOffset
      task.nextOffset = progress.nextOffset
      stores.expire(progress.blockedBy !== null)
      if (progress.blockedBy === null) return
      if (!moved && cleared) throw progress.blockedBy
      cleared = !moved
    }
  }

  private publish(outputs: TaskOutputs): void {
    for (const { topic, partition, bytes, recordCount } of outputs.finish()) {
      const at = `${topic}-${partition}`
      const baseOffset = this.endOffsets.get(at) ?? 0
      sealBatch(bytes, { ...UNSEQUENCED, baseOffset, appendTimeMs: this.wallClockMs })
      this.endOffsets.set(at, baseOffset + recordCount)
      const records = this.topics.get(topic) ?? []
      records.push(...decodeRecords(bytes).map((record) => ({ ...record, topic, partition })))
      this.topics.set(topic, records)
    }
  }
}

const UNSEQUENCED = { producerId: -1, producerEpoch: -1, baseSequence: -1, transactional: false } as const
