import { randomUUID } from 'node:crypto'
import { StreamsError } from '../errors.ts'
import type {
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
import { currentProcess } from '../machine/process-birth.ts'
import { requireFinishedBatch } from '../record/batch-seal.ts'
import { readGroupOffset, readTopic, readTopics } from './catalog.ts'
import { claimFolder, FOLDER_FORMAT } from './data-folder.ts'
import { diskBytes, ENVIRONMENTS, type EnvironmentName, usedBytes } from './environment.ts'
import { type Environment, openEnvironments } from './environments.ts'
import { overwriteFreePages } from './free-pages.ts'
import { partitionKey, versionKey } from './log-keys.ts'
import type { LogStatistics } from './log-statistics.ts'
import { decodeCount, decodePartitionState } from './log-values.ts'
import { PartitionReader } from './partition-reader.ts'
import { EmbeddedProducerSession } from './producer-session.ts'
import { TailWatch } from './tail-watch.ts'
import { readLivingOwner, readTaskOffset } from './task-commit.ts'
import { EmbeddedTaskSession } from './task-session.ts'
import type { BatchToAppend, StoredPartition, StoredTopic, WriteAnswer } from './write-request.ts'

/** No writer of ours makes a batch near this; a reader's buffer must be able to hold one. */
const BATCH_BYTES_MAX = 8 << 20
const BYTES_MAX_DEFAULT = 32 * 2 ** 30
/** Batches that one call of `runRetention` drops at most, so that no commit waits long for it. */
const RETENTION_BATCHES_MAX = 64

export interface EmbeddedLogSettings {
  /** The data folder. It is created when missing, and holds nothing of another folder. */
  readonly directory: string
  /** The wall clock, epoch ms: it stamps what is appended. */
  readonly clock: { nowMs(): number }
  /** The most bytes that the folder's batches may take; half for producers' topics, half for tasks'. Default 32 GiB. */
  readonly bytesMax?: number
  /**
   * While readers wait, how often they look for what other processes have appended, ms; 1 by default. A look costs some us for each of
   * them, so who gathers what has come does not look more often than that helps.
   */
  readonly lookMs?: number
  /** Told of every transaction that this process has written and synced, by part of the log, and how long it took. */
  readonly onSynced?: (part: EnvironmentName, syncMs: number) => void
}

/** The log port on one machine, and what only this log has. */
export interface EmbeddedLog extends Log {
  /**
   * Drops old batches by the topics' retention, a bounded number of them; call again soon when `more`. `keepFrom` is the
   * oldest offset of a partition that somebody still needs (default: nobody).
   */
  runRetention(nowMs: number, keepFrom?: (at: TopicPartition) => number): Promise<WriteAnswer<'retain'>>
  /**
   * Overwrites the pages that dropped batches have left in the files of the log, so that nothing of them can be read there either; costs as
   * many writes as the files have free pages. What was dropped in the last moments needs another call. Returns the pages.
   */
  overwriteFreePages(): Promise<number>
  /**
   * Appends batches of topics that producers write, one a partition, in one transaction: readers see all or none. No
   * sequence guards them: after a lost answer they may be appended again, so their records must say themselves that they
   * are repeats.
   */
  appendTogether(batches: readonly OutputBatch[]): Promise<WriteAnswer<'append-together'>>
  /** What a task has committed, for readers beside it; null before its first commit. */
  committedOffset(applicationId: string, input: TopicPartition): Promise<CommittedOffset | null>
  /** The id of the process that owns a task and runs; null when the task is free. */
  taskOwner(applicationId: string, input: TopicPartition): Promise<number | null>
  stat(): LogStatistics
  /** The error that stopped the log for good, or null. */
  readonly stopped: StreamsError | null
}

/**
 * Opens the log in a folder, together with any number of other processes. Whatever it acknowledges is on the disk, and
 * nothing else is visible to readers.
 *
 * After an error of the disk the log is stopped: every call rejects with that error (`next: 'stop'`), and only a new
 * process goes on.
 * @throws StreamsError (stop) when the folder is of another format, mixed from two folders, or cannot be written.
 */
export async function openEmbeddedLog(settings: EmbeddedLogSettings): Promise<EmbeddedLog> {
  return new FolderLog(settings)
}

class FolderLog implements EmbeddedLog {
  stopped: StreamsError | null = null
  private readonly clock: { nowMs(): number }
  private readonly directory: string
  private readonly folderId: string
  private readonly environments: Readonly<Record<EnvironmentName, Environment>>
  private readonly tail: TailWatch
  private readonly topicCache = new Map<string, StoredTopic>()
  private readonly sessions = new Set<TaskSession>()

  constructor({ directory, clock, bytesMax = BYTES_MAX_DEFAULT, lookMs = 1, onSynced }: EmbeddedLogSettings) {
    this.clock = clock
    this.directory = directory
    const fresh = { format: FOLDER_FORMAT, folderId: randomUUID(), createdAtMs: clock.nowMs() }
    this.folderId = claimFolder(directory, fresh).folderId
    this.tail = new TailWatch({ version: () => this.version(), nowMs: () => performance.now(), lookMs })
    this.environments = openEnvironments(
      { directory, folderId: this.folderId, bytesMax },
      (part, syncMs) => {
        this.tail.wake()
        onSynced?.(part, syncMs)
      },
      (error) => this.stop(error),
    )
  }

  async createTopics(topics: readonly TopicSettings[]): Promise<void> {
    this.requireOpen()
    const complete = topics.map((topic) => ({ ...topic, writtenBy: topic.writtenBy ?? ('tasks' as const) }))
    await this.environments.catalog.writer.write<'create-topics'>({ kind: 'create-topics', topics: complete })
    this.topicCache.clear()
  }

  async topics(): Promise<readonly TopicSettings[]> {
    this.requireOpen()
    this.refresh()
    return readTopics(this.environments.catalog.store).map(({ topicId: _, ...settings }) => settings)
  }

  async bounds(at: TopicPartition): Promise<LogBounds> {
    this.requireOpen()
    this.refresh()
    const { startOffset, nextOffset } = this.readState(this.locate(at))
    return { startOffset, endOffset: nextOffset }
  }

  openReader(at: TopicPartition, offset: number): LogReader {
    this.requireOpen()
    const { topicId } = this.locate(at)
    return new PartitionReader(at, offset, {
      store: this.environmentOf(at.topic).store,
      topicId,
      tail: this.tail,
      monotonicMs: () => performance.now(),
      requireOpen: () => this.requireOpen(),
    })
  }

  async openTask(applicationId: string, at: TopicPartition): Promise<TaskSession> {
    this.requireOpen()
    const task = { applicationId, input: this.locate(at) }
    const { writer, store } = this.environments.outputs
    const { epoch } = await writer.write<'open-task'>({ kind: 'open-task', ...task, process: currentProcess() })
    const session: TaskSession = new EmbeddedTaskSession(task, epoch, {
      nowMs: () => this.clock.nowMs(),
      write: (request, memory) => writer.write(request, memory),
      readOffset: () => {
        this.refresh()
        return readTaskOffset(store, task)
      },
      toAppend: (batch) => this.toAppend(batch, 'outputs'),
      released: () => this.sessions.delete(session),
    })
    this.sessions.add(session)
    return session
  }

  async openProducer(name: string | null): Promise<ProducerSession> {
    this.requireOpen()
    const { catalog, inputs, outputs } = this.environments
    const producer = await catalog.writer.write<'open-producer'>({ kind: 'open-producer', name })
    // A name's former session is fenced at once, everywhere, and not only where the new one happens to append.
    if (producer.producerEpoch > 0) {
      await Promise.all(
        [inputs, outputs].map(({ writer }) => writer.write<'adopt-producer'>({ kind: 'adopt-producer', ...producer })),
      )
    }
    return new EmbeddedProducerSession(producer, async (output, { producerId, producerEpoch }, baseSequence) => {
      const batch = this.toAppend(output)
      const nowMs = this.clock.nowMs()
      return this.environmentOf(output.topic).writer.write<'append'>(
        { kind: 'append', batch, producerId, producerEpoch, baseSequence, nowMs },
        [batch.bytes.buffer as ArrayBuffer],
      )
    })
  }

  group(groupId: string): GroupOffsets {
    const { store, writer } = this.environments.catalog
    return {
      committed: async (at): Promise<CommittedOffset | null> => {
        this.requireOpen()
        this.refresh()
        return readGroupOffset(store, groupId, this.locate(at))
      },
      commit: async (at, next): Promise<void> => {
        await writer.write<'commit-group'>({ kind: 'commit-group', groupId, at: this.locate(at), next })
      },
    }
  }

  async runRetention(
    nowMs: number,
    keepFrom: (at: TopicPartition) => number = () => Number.POSITIVE_INFINITY,
  ): Promise<WriteAnswer<'retain'>> {
    this.requireOpen()
    const total = { batchesDropped: 0, bytesDropped: 0, more: false }
    for (const name of ['inputs', 'outputs'] as const) {
      const partitions = this.allPartitions()
        .filter(({ stored }) => environmentName(stored) === name)
        .filter(({ stored }) => stored.retentionMs >= 0 || stored.retentionBytes >= 0)
        .map(({ stored, at }) => ({ ...stored, ...at, keepFrom: keepFrom(at) }))
      const { writer } = this.environments[name]
      if (partitions.length === 0) continue
      const dropped = await writer.write<'retain'>({
        kind: 'retain',
        partitions,
        nowMs,
        batchesMax: RETENTION_BATCHES_MAX,
      })
      total.batchesDropped += dropped.batchesDropped
      total.bytesDropped += dropped.bytesDropped
      total.more ||= dropped.more
    }
    return total
  }

  async overwriteFreePages(): Promise<number> {
    this.requireOpen()
    let pages = 0
    for (const name of ENVIRONMENTS) pages += await overwriteFreePages(this.directory, this.environments[name])
    return pages
  }

  async appendTogether(outputs: readonly OutputBatch[]): Promise<WriteAnswer<'append-together'>> {
    this.requireOpen()
    const batches = outputs.map((output) => this.toAppend(output, 'inputs'))
    const memory = batches.map(({ bytes }) => bytes.buffer as ArrayBuffer)
    const nowMs = this.clock.nowMs()
    return this.environments.inputs.writer.write<'append-together'>({ kind: 'append-together', batches, nowMs }, memory)
  }

  async committedOffset(applicationId: string, input: TopicPartition): Promise<CommittedOffset | null> {
    this.requireOpen()
    this.refresh()
    return readTaskOffset(this.environments.outputs.store, { applicationId, input: this.locate(input) })
  }

  async taskOwner(applicationId: string, input: TopicPartition): Promise<number | null> {
    this.requireOpen()
    this.refresh()
    const task = { applicationId, input: this.locate(input) }
    return readLivingOwner(this.environments.outputs.store, task)?.pid ?? null
  }

  stat(): LogStatistics {
    this.requireOpen()
    this.refresh()
    return {
      directory: this.directory,
      folderId: this.folderId,
      environments: Object.values(this.environments).map(({ name, store, writer, bytesMax }) => ({
        name,
        bytesOnDisk: diskBytes(this.directory, name),
        bytesUsed: usedBytes(store),
        bytesMax,
        syncs: writer.syncs,
        requests: writer.requests,
      })),
      partitions: this.allPartitions().map(({ stored, at }) => {
        const { startOffset, nextOffset, bytes } = this.readState({ topicId: stored.topicId, ...at })
        return { ...at, startOffset, endOffset: nextOffset, bytes }
      }),
    }
  }

  async close(): Promise<void> {
    if (this.stopped?.code === 'LOG_CLOSED') return
    for (const session of [...this.sessions]) await session.close()
    const environments = Object.values(this.environments)
    await Promise.all(environments.map(({ writer }) => writer.close()))
    this.stopped ??= new StreamsError('LOG_CLOSED', 'stop', 'the log is closed; open it again')
    this.tail.release() // Readers that wait learn it now.
    await Promise.all(environments.map(({ closeStore }) => closeStore()))
  }

  private allPartitions(): { readonly stored: StoredTopic; readonly at: TopicPartition }[] {
    return readTopics(this.environments.catalog.store).flatMap((stored) =>
      Array.from({ length: stored.partitions }, (_, partition) => ({ stored, at: { topic: stored.topic, partition } })),
    )
  }

  private environmentOf(topic: string): Environment {
    return this.environments[environmentName(this.requireTopic(topic))]
  }

  private readState({ topic, topicId, partition }: StoredPartition): ReturnType<typeof decodePartitionState> {
    return decodePartitionState(this.environmentOf(topic).store.getBinary(partitionKey(topicId, partition)))
  }

  /** Checks an output and copies it: its memory moves to the writing thread, and the caller's stays the caller's. */
  private toAppend(batch: OutputBatch, required?: EnvironmentName): BatchToAppend {
    const at = this.locate(batch)
    requireFinishedBatch(batch.bytes, batch.recordCount)
    if (batch.bytes.length > BATCH_BYTES_MAX) {
      const size = `a batch of ${batch.bytes.length} bytes is over the ${BATCH_BYTES_MAX} that the log takes`
      throw new StreamsError('BATCH_TOO_LARGE', 'stop', `${size}; nothing stored`, batch)
    }
    if (required !== undefined && environmentName(this.requireTopic(batch.topic)) !== required) {
      const what =
        required === 'outputs'
          ? 'a task cannot write a topic of producers in its transaction; declare the topic writtenBy tasks'
          : 'only topics of producers are written together; declare the topic writtenBy producers'
      throw new StreamsError('WRITER_DIFFERS', 'stop', what, batch)
    }
    return { ...at, bytes: batch.bytes.slice(), recordCount: batch.recordCount }
  }

  private locate({ topic, partition }: TopicPartition): StoredPartition {
    const { topicId, partitions } = this.requireTopic(topic)
    if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return { topicId, topic, partition }
    throw new StreamsError('UNKNOWN_PARTITION', 'stop', `the topic has ${partitions} partitions`, { topic, partition })
  }

  private requireTopic(topic: string): StoredTopic {
    const known = this.topicCache.get(topic)
    if (known !== undefined) return known
    this.refresh() // Another process may have created it a moment ago.
    const stored = readTopic(this.environments.catalog.store, topic)
    if (stored === null) throw new StreamsError('UNKNOWN_TOPIC', 'stop', 'no such topic; create it first', { topic })
    this.topicCache.set(topic, stored)
    return stored
  }

  /** Lets the next read see the newest commit. */
  private refresh(): void {
    for (const { store } of Object.values(this.environments)) store.resetReadTxn()
  }

  /** Changes with every append of any process. */
  private version(): number {
    const { inputs, outputs } = this.environments
    let version = 0
    for (const { store } of [inputs, outputs]) {
      store.resetReadTxn()
      version += decodeCount(store.getBinaryFast(versionKey))
    }
    return version
  }

  private requireOpen(): void {
    if (this.stopped !== null) throw this.stopped
  }

  private stop(error: StreamsError): void {
    this.stopped ??= error
    this.tail.release()
  }
}

function environmentName({ writtenBy }: StoredTopic): EnvironmentName {
  return writtenBy === 'producers' ? 'inputs' : 'outputs'
}
