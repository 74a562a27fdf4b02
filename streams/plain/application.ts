import type { StreamsError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import type { CheckpointStore } from '../state/checkpoint-store.ts'
import { Checkpointing } from '../task/checkpointing.ts'
import { Task } from '../task/task.ts'
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
  /** Tells logs apart, so that a checkpoint is never believed beside another log than its own. */
  readonly logId: string
  /** A task writes a checkpoint after so long, or after so many records. */
  readonly checkpointIntervalMs: number
  readonly checkpointIntervalRecords: number
  /** Told of every error that a task survives. */
  readonly onSurvived: (error: StreamsError) => void
  /** Gives the log back, and what else was opened with it; called when nothing runs any more. */
  readonly close: () => Promise<void>
}

/** A topology at work: a task for each input partition, in this process. */
export class Application {
  /** Resolves after `close`, rejects with the error that stopped a task; either way nothing runs any more then. */
  readonly closed: Promise<void>
  private readonly platform: ApplicationPlatform
  private readonly tasks: readonly Task<PlainStores>[]
  private readonly sender: RecordSender
  private readonly followers: Promise<void>[] = []
  private readonly ending = new AbortController()
  private failure: unknown = null
  private readonly settle: PromiseWithResolvers<void> = Promise.withResolvers()

  /** Use the `run` of `sluice/streams/embedded` or `sluice/streams/kafka`. */
  constructor(topology: ProcessorTopology, platform: ApplicationPlatform) {
    this.platform = platform
    this.closed = this.settle.promise
    this.sender = new RecordSender(platform.log, platform.clock)
    this.tasks = topology.processors.flatMap((processor) => {
      const runner = new PlainProcessor(processor, topology.deadLetterTopic)
      const partitions = Array.from({ length: processor.from.partitions }, (_, partition) => partition)
      return partitions.map((partition) => createTask(topology, runner, partition, platform))
    })
    const runs = this.tasks.map((task) => task.run().catch((error: unknown) => this.fail(error)))
    void this.end(Promise.all(runs))
  }

  /** True when every task has restored its state and processes. */
  get running(): boolean {
    return this.tasks.every(({ lifeState }) => lifeState === 'RUNNING')
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
    const following = followTopic(this.platform.log, topic, from, handle, this.ending.signal)
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
    for (const task of this.tasks) task.stop()
  }

  /** What was sent and what tasks have begun comes to its end before the log is closed under them. */
  private async end(runs: Promise<unknown>): Promise<void> {
    try {
      await runs
      this.stop()
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
  return new Application(topology, platform)
}

function createTask(
  { name, version }: ProcessorTopology,
  processor: PlainProcessor,
  partition: number,
  platform: ApplicationPlatform,
): Task<PlainStores> {
  const { log, clock, checkpoints, logId, onSurvived } = platform
  const topic = processor.topology.source
  return new Task({
    applicationId: name,
    input: { topic, partition },
    log,
    processor,
    checkpoints: new Checkpointing({
      files: checkpoints,
      identity: {
        topology: name,
        semanticsVersion: version,
        topic,
        partition,
        stateKeyId: `none@${logId}`,
        createdBy: `sluice/streams ${name} version ${version}`,
      },
      create: () => processor.topology.createStores(partition),
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
    onError: onSurvived,
  })
}
