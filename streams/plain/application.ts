import type { StreamsError } from '../errors.ts'
import type { Log, TopicPartition } from '../log/log.ts'
import type { CheckpointStore } from '../state/checkpoint-store.ts'
import { Checkpointing } from '../task/checkpointing.ts'
import { OwnedPartition } from '../task/owned-partition.ts'
import { Task } from '../task/task.ts'
import type { TaskCounters } from '../task/task-counters.ts'
import { type Assign, type Assignment, EveryPartition } from './assignment.ts'
import { PlainProcessor } from './plain-processor.ts'
import type { PlainStores } from './plain-stores.ts'
import type { ProcessorTopology } from './processor-topology.ts'
import type { FollowFrom, StreamRecord } from './read-record.ts'
import { RecordSender, type SentRecord } from './record-sender.ts'
import type { Topic } from './topic.ts'
import { followTopic } from './topic-follower.ts'

const FETCH_BYTES_MAX = 1 << 19
const FETCH_WAIT_MS = 250
const RETRY_BACKOFF_MS = 200

/** What an application runs on; the `run` of each log puts it together. */
export interface ApplicationPlatform {
  readonly log: Log
  /** Of this application alone. */
  readonly checkpoints: CheckpointStore
  readonly clock: { nowMs(): number; wait(delayMs: number): Promise<void> }
  /** Tells the log of a topic from every other, so that a checkpoint is never believed beside another log than its own. */
  readonly logIdOf: (topic: string) => Promise<string>
  /** Shares the partitions with other processes of this application; left out, every partition is this one's. */
  readonly assign?: Assign
  /** A task writes a checkpoint after so long, or after so many records. */
  readonly checkpointIntervalMs: number
  readonly checkpointIntervalRecords: number
  /** Told of every error that a task survives. */
  readonly onSurvived: (error: StreamsError) => void
  /** Gives the log back, and what else was opened with it; called when nothing runs any more. */
  readonly close: () => Promise<void>
}

/** When tasks write checkpoints, unless a setting says otherwise. */
export const CHECKPOINT_INTERVALS = { checkpointIntervalMs: 10_000, checkpointIntervalRecords: 100_000 } as const

/** A topology at work: a task for each input partition that this process owns. */
export class Application {
  /** Resolves after `close`, rejects with the error that stopped a task; either way nothing runs any more then. */
  readonly closed: Promise<void>
  private readonly platform: ApplicationPlatform
  private readonly assignment: Assignment
  private readonly owned = new Map<string, OwnedPartition<PlainStores>>()
  private readonly createTask: CreateTask
  private readonly sender: RecordSender
  private readonly followers: Promise<void>[] = []
  private readonly ending = new AbortController()
  private failure: unknown = null
  private readonly settle: PromiseWithResolvers<void> = Promise.withResolvers()

  /** Use the `run` of `sluice/streams/embedded` or `sluice/streams/kafka`. */
  constructor(topology: ProcessorTopology, platform: ApplicationPlatform, createTask: CreateTask) {
    this.platform = platform
    this.closed = this.settle.promise
    this.sender = new RecordSender(platform.log, platform.clock)
    this.createTask = createTask
    const tasks = {
      open: (input: TopicPartition) => this.open(input),
      close: (input: TopicPartition) => this.closeTask(input),
    }
    const sources = topology.processors.map(({ from }) => from)
    this.assignment = platform.assign?.(sources, tasks) ?? new EveryPartition(sources, tasks)
    void this.live()
  }

  /** True when this process knows which tasks are its own, and each has restored its state and processes. */
  get running(): boolean {
    return this.assignment.settled && [...this.owned.values()].every(({ task }) => task?.lifeState === 'RUNNING')
  }

  /** True once it was asked to end, or had to: `send` then refuses. */
  get closing(): boolean {
    return this.ending.signal.aborted
  }

  /**
   * Sends a record from outside. Resolves when the log has it for good. In a partition the order of the calls is kept; a
   * null key takes partitions in turn.
   * @throws StreamsError: refused, or it may stand in the log or not; then sending it again may double it.
   */
  send<K, V>(topic: Topic<K, V>, key: NoInfer<K>, value: NoInfer<V>): Promise<SentRecord> {
    return this.sender.send(topic, key, value)
  }

  /**
   * Hands every committed record of a topic to `handle` while the application runs, one at a time a partition, from what
   * comes next or from the beginning. Nothing is remembered over a restart. What `handle` throws stops the application.
   */
  follow<K, V>(
    topic: Topic<K, V>,
    handle: (record: StreamRecord<K, V>) => void | Promise<void>,
    from: FollowFrom = 'end',
  ): void {
    const { log, clock, onSurvived } = this.platform
    const survive = async (error: StreamsError) => {
      onSurvived(error)
      await clock.wait(RETRY_BACKOFF_MS)
    }
    const following = followTopic(log, topic, from, handle, this.ending.signal, survive)
    this.followers.push(following.catch((error: unknown) => this.fail(error)))
  }

  /** Finishes what was begun, writes checkpoints and ends. Safe to repeat; settles as `closed` does. */
  close(): Promise<void> {
    this.stop()
    return this.closed
  }

  private fail(error: unknown): void {
    this.failure ??= error
    this.stop()
  }

  private stop(): void {
    this.ending.abort()
    this.assignment.stop()
  }

  private open(input: TopicPartition): void {
    const { clock, assign, onSurvived } = this.platform
    const fail = (error: StreamsError) => this.fail(error)
    const partition = new OwnedPartition<PlainStores>({
      warm: Promise.resolve(null),
      createTask: (_, counters) => this.createTask(input, counters),
      // Where nobody says who owns what, whoever fenced a task is its owner now.
      onFenced: assign === undefined ? fail : onSurvived,
      onFailed: fail,
      clock,
    })
    this.owned.set(`${input.topic}-${input.partition}`, partition)
  }

  private async closeTask({ topic, partition }: TopicPartition): Promise<void> {
    const name = `${topic}-${partition}`
    await this.owned.get(name)?.close()
    this.owned.delete(name)
  }

  /** What was sent and what tasks have begun comes to its end before the log is closed under them. */
  private async live(): Promise<void> {
    try {
      await this.assignment.run().catch((error: unknown) => this.fail(error))
      await Promise.all([...this.owned.values()].map((partition) => partition.close()))
      await this.sender.close()
      await Promise.all(this.followers)
      await this.platform.close()
    } catch (error) {
      this.failure ??= error
    }
    if (this.failure === null) this.settle.resolve()
    else this.settle.reject(this.failure)
  }
}

/** Creates the topology's missing topics, then starts its tasks. */
export async function startApplication(
  topology: ProcessorTopology,
  platform: ApplicationPlatform,
): Promise<Application> {
  const keptForever = { retentionMs: -1, retentionBytes: -1 }
  await platform.log.createTopics(
    topology.topics.map((topic) => ({
      ...keptForever,
      topic: topic.name,
      partitions: topic.partitions,
      writtenBy: topology.isWritten(topic) ? ('tasks' as const) : ('producers' as const),
    })),
  )
  return new Application(topology, platform, await taskFactory(topology, platform))
}

type CreateTask = (input: TopicPartition, counters: TaskCounters) => Task<PlainStores>

/** What makes the task of any input partition of the topology. */
async function taskFactory(topology: ProcessorTopology, platform: ApplicationPlatform): Promise<CreateTask> {
  const { processors, deadLetterTopic } = topology
  const sources = await Promise.all(
    processors.map(async (processor) => {
      const logId = await platform.logIdOf(processor.from.name)
      return [processor.from.name, { processor: new PlainProcessor(processor, deadLetterTopic), logId }] as const
    }),
  )
  const byTopic = new Map(sources)
  return (input, counters) => createTask(topology, platform, byTopic.get(input.topic) as Source, input, counters)
}

/** What reads a topic, and which log the topic stands in. */
interface Source {
  readonly processor: PlainProcessor
  readonly logId: string
}

function createTask(
  { name, version }: ProcessorTopology,
  { log, clock, checkpoints, onSurvived, ...platform }: ApplicationPlatform,
  { processor, logId }: Source,
  input: TopicPartition,
  counters: TaskCounters,
): Task<PlainStores> {
  return new Task({
    applicationId: name,
    input,
    log,
    processor,
    checkpoints: new Checkpointing({
      files: checkpoints,
      identity: {
        topology: name,
        semanticsVersion: version,
        ...input,
        stateKeyId: `none@${logId}`,
        createdBy: `sluice/streams ${name} version ${version}`,
      },
      create: () => processor.topology.createStores(input.partition),
      sections: ({ sections }) => sections,
      clock,
      intervalMs: platform.checkpointIntervalMs,
      intervalRecords: platform.checkpointIntervalRecords,
      onFailed: onSurvived,
    }),
    clock,
    fetchBytesMax: FETCH_BYTES_MAX,
    fetchWaitMs: FETCH_WAIT_MS,
    retryBackoffMs: RETRY_BACKOFF_MS,
    counters,
    onError: onSurvived,
  })
}
