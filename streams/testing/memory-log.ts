import { StreamsError } from '../errors.ts'
import type {
  Appended,
  CommittedOffset,
  GroupOffsets,
  Log,
  LogBounds,
  LogReader,
  OutputBatch,
  ProducerSession,
  TaskSession,
  TopicPartition,
  TopicSettings,
} from '../log/log.ts'
import { type FaultPlan, NO_FAULTS } from './fault-plan.ts'
import type { MemoryBroker } from './memory-broker.ts'
import { MemoryReader } from './memory-reader.ts'
import { MemoryTaskSession } from './memory-task-session.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { Clock } from './virtual-clock.ts'

/**
 * The log port in memory, as one process sees it, with every fault that `faults` has in store. Several of these on one
 * broker are several processes on one log; a crash ends one of them and leaves what was durable.
 */
export class MemoryLog implements Log {
  readonly process: SimulatedProcess
  private readonly broker: MemoryBroker
  private nextProducer = 0
  private readonly readers = new Set<MemoryReader>()

  constructor(broker: MemoryBroker, clock: Clock, faults: FaultPlan = NO_FAULTS) {
    this.broker = broker
    this.process = new SimulatedProcess(clock, faults)
  }

  async createTopics(topics: readonly TopicSettings[]): Promise<void> {
    this.process.requireAlive()
    this.broker.createTopics(topics)
  }

  async topics(): Promise<readonly TopicSettings[]> {
    this.process.requireAlive()
    return this.broker.topics
  }

  async bounds(at: TopicPartition): Promise<LogBounds> {
    this.process.requireAlive()
    return this.broker.bounds(at)
  }

  openReader(at: TopicPartition, offset: number): LogReader {
    const reader = new MemoryReader(this.broker, this.process, at, offset)
    this.readers.add(reader)
    return reader
  }

  async openTask(applicationId: string, input: TopicPartition): Promise<TaskSession> {
    const id = `task ${applicationId} ${input.topic}-${input.partition}`
    const identity = await this.process.request('open-task', input, () => this.broker.own(id))
    return new MemoryTaskSession(this.broker, this.process, identity, input)
  }

  async openProducer(name: string | null): Promise<ProducerSession> {
    this.process.requireAlive()
    const { broker, process } = this
    const known = name ?? `unnamed ${process.id}-${this.nextProducer++}`
    return new MemoryProducer(broker, process, known)
  }

  group(groupId: string): GroupOffsets {
    const { broker, process } = this
    const idOf = ({ topic, partition }: TopicPartition) => `group ${groupId} ${topic}-${partition}`
    return {
      async committed(at: TopicPartition): Promise<CommittedOffset | null> {
        process.requireAlive()
        return broker.committed(idOf(at))
      },
      async commit(at: TopicPartition, next: CommittedOffset): Promise<void> {
        process.requireAlive()
        broker.commitOffset(idOf(at), next)
      },
    }
  }

  async close(): Promise<void> {
    for (const reader of this.readers) reader.close()
    this.process.end(new StreamsError('LOG_CLOSED', 'stop', 'the log is closed'))
  }
}

/** One epoch of one producer. Batches of one partition keep the order of the calls; partitions overtake each other. */
class MemoryProducer implements ProducerSession {
  readonly producerId: number
  readonly producerEpoch: number
  private readonly broker: MemoryBroker
  private readonly process: SimulatedProcess
  private readonly name: string
  private readonly lanes = new Map<string, Promise<unknown>>()
  private closed = false

  constructor(broker: MemoryBroker, process: SimulatedProcess, name: string) {
    this.broker = broker
    this.process = process
    this.name = `producer ${name}`
    this.producerId = broker.producerId(name)
    this.producerEpoch = broker.own(this.name).epoch
  }

  async append(batch: OutputBatch, baseSequence: number): Promise<Appended> {
    if (this.closed) throw new StreamsError('SESSION_CLOSED', 'stop', 'the producer session is closed', batch)
    const lane = `${batch.topic}-${batch.partition}`
    const { broker, producerId } = this
    const identity = { id: this.name, epoch: this.producerEpoch }
    // The bytes are the caller's again once this call has settled, and a belated request arrives after that.
    const sent = { ...batch, bytes: batch.bytes.slice() }
    const before = this.lanes.get(lane)
    const appended = (before ?? Promise.resolve()).then(() =>
      this.process.request('produce', batch, () => broker.produce(identity, producerId, sent, baseSequence)),
    )
    // What goes wrong with one batch is its sender's to see; the next one is sent all the same.
    this.lanes.set(
      lane,
      appended.catch(() => {}),
    )
    return appended
  }

  async close(): Promise<void> {
    this.closed = true
  }
}
