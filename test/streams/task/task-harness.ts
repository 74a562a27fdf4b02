import type { MinuteStores } from '../../../examples/sensor-minutes/minute-stores.ts'
import { encodeReading } from '../../../examples/sensor-minutes/reading.ts'
import { sensorMinutes } from '../../../examples/sensor-minutes/topology.ts'
import type { StreamsError } from '../../../streams/errors.ts'
import { createHashKernel, KeyedHash } from '../../../streams/hash/index.ts'
import type { CheckpointedStore } from '../../../streams/state/section.ts'
import type { TaskStores } from '../../../streams/state/task-stores.ts'
import { BatchProcessor } from '../../../streams/task/batch-processor.ts'
import { Checkpointing, CheckpointTurn } from '../../../streams/task/checkpointing.ts'
import { Task } from '../../../streams/task/task.ts'
import type { TaskOptions } from '../../../streams/task/task-options.ts'
import { type FaultPlan, NO_FAULTS } from '../../../streams/testing/fault-plan.ts'
import { MemoryBroker } from '../../../streams/testing/memory-broker.ts'
import { MemoryCheckpoints } from '../../../streams/testing/memory-checkpoints.ts'
import { MemoryLog } from '../../../streams/testing/memory-log.ts'
import { decodeRecords, encodeRecords, type RecordInput } from '../../../streams/testing/plain-records.ts'
import { VirtualClock } from '../../../streams/testing/virtual-clock.ts'

/** What the harness needs of a topology's stores. */
export interface HarnessStores extends TaskStores {
  readonly sections: readonly CheckpointedStore[]
  digest(): string
}

/** One life of a task: its process, what it said, and how it ended. */
export interface Life<S extends TaskStores> {
  readonly task: Task<S>
  readonly log: MemoryLog
  readonly states: string[]
  readonly errors: StreamsError[]
  /** What `run` rejected with; undefined when it resolved. */
  readonly ended: Promise<StreamsError | undefined>
}

/** A log, a disk and a clock of their own, on which tasks of one partition are started one after the other. */
export class TaskHarness<S extends HarnessStores> {
  readonly clock = new VirtualClock(2_000_000_000_000)
  readonly broker = new MemoryBroker(this.clock)
  readonly disk = new MemoryCheckpoints()
  readonly input: { readonly topic: string; readonly partition: 0 }
  readonly processor: BatchProcessor<S>
  /** Of the checkpoints of the tasks that are started next. */
  checkpointed = { everyRecords: Number.POSITIVE_INFINITY, semanticsVersion: 1 }
  private sequence = 0

  constructor(processor: BatchProcessor<S>, outputTopics: readonly string[]) {
    this.processor = processor
    this.input = { topic: processor.topology.source, partition: 0 }
    const settings = { partitions: 1, retentionMs: -1, retentionBytes: -1 }
    this.broker.createTopics([{ ...settings, topic: this.input.topic, writtenBy: 'producers' }])
    this.broker.createTopics(outputTopics.map((topic) => ({ ...settings, topic })))
  }

  /** The id under which the broker keeps the task's offset. */
  get taskId(): string {
    return `task test ${this.input.topic}-0`
  }

  get committedOffset(): number {
    return this.broker.committed(this.taskId)?.offset ?? 0
  }

  get endOffset(): number {
    return this.broker.bounds(this.input).endOffset
  }

  /** Appends each group of records as a batch of its own. */
  produce(...batches: readonly (readonly RecordInput[])[]): void {
    const producer = this.broker.own(`producer ${this.sequence++}`)
    let baseSequence = 0
    for (const records of batches) {
      for (const { bytes, recordCount } of encodeRecords(records)) {
        this.broker.produce(producer, this.sequence, { ...this.input, bytes, recordCount }, baseSequence)
        baseSequence += recordCount
      }
    }
  }

  /** The checkpoints of the harness's disk as a process sees them. */
  checkpointing(log: MemoryLog, turn: CheckpointTurn = new CheckpointTurn()): Checkpointing<S> {
    const { processor, input } = this
    const { everyRecords, semanticsVersion } = this.checkpointed
    const identity = { topology: 'test', semanticsVersion, ...input, stateKeyId: 'test', createdBy: 'test' }
    return new Checkpointing<S>({
      files: this.disk.of(log.process),
      identity,
      create: () => processor.topology.createStores(0),
      sections: (stores) => stores.sections,
      clock: this.clock,
      intervalMs: Number.POSITIVE_INFINITY,
      intervalRecords: everyRecords,
      turn,
    })
  }

  /** Starts a task in a process of its own. Fetches bring one batch at a time. */
  start(faults: FaultPlan = NO_FAULTS, options: Partial<TaskOptions<S>> = {}): Life<S> {
    const { clock, input, processor } = this
    const log = new MemoryLog(this.broker, clock, faults)
    const states: string[] = []
    const errors: StreamsError[] = []
    const task = new Task<S>({
      applicationId: 'test',
      input,
      log,
      processor,
      checkpoints: this.checkpointing(log),
      clock: { nowMs: () => clock.nowMs(), wait: (delayMs) => log.process.wait(delayMs) },
      fetchBytesMax: 1,
      fetchWaitMs: 10,
      retryBackoffMs: 5,
      onState: (state) => states.push(state),
      onError: (error) => errors.push(error),
      ...options,
    })
    const ended = task.run().then(
      () => undefined,
      (error: StreamsError) => error,
    )
    return { task, log, states, errors, ended }
  }

  /** Lets time pass until the task has committed the whole input or has ended. */
  async settle(life: Life<S>): Promise<void> {
    let ended = false
    void life.ended.then(() => {
      ended = true
    })
    await this.clock.run(this.until(() => ended || life.task.committedOffset === this.endOffset))
  }

  /** Lets time pass until `met` says so. */
  async until(met: () => boolean): Promise<void> {
    while (!met()) await this.clock.wait(1)
  }

  /** Stops a task and waits for its end. */
  stop(life: Life<S>): Promise<StreamsError | undefined> {
    life.task.stop()
    return this.clock.run(life.ended)
  }

  /** The values of an output topic as text. */
  texts(topic: string): string[] {
    const at = { topic, partition: 0 }
    const batches = this.broker.read(at, 0, Number.POSITIVE_INFINITY)
    return batches.flatMap(({ bytes }) => decodeRecords(bytes).map(({ value }) => Buffer.from(value ?? []).toString()))
  }
}

/** The sensor example on a harness; `minutesMax` bounds its rows. */
export function sensorHarness(minutesMax = 1_000): TaskHarness<MinuteStores> {
  const kernel = createHashKernel({ arenaBytes: 1 << 20 })
  const hash = new KeyedHash(kernel, new Uint8Array(16).fill(3))
  const processor = new BatchProcessor(sensorMinutes({ kernel, hash, minutesMax }), kernel)
  return new TaskHarness(processor, ['sensor.minutes', 'sensor.refused'])
}

/** A reading of sensor `a` at so many seconds. */
export function reading(seconds: number, sensor = 'a'): RecordInput {
  return { key: Buffer.from(sensor), value: encodeReading(seconds * 1_000, 1) }
}
