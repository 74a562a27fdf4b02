/**
 * The log port: what the runtime, the producers and the sinks need of a partitioned, transactional, append-only log.
 * `streams/embedded` implements it on one machine, `streams/kafka` on a cluster, `streams/testing` in memory with faults.
 *
 * Bytes are whole record batches in Kafka's v2 format. Offsets are numbers (exact to 2^53). Readers see committed
 * records only (read_committed). Times are epoch ms.
 */

/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A position in one input partition, with the text that travels in the commit's metadata (stream time). */
export interface CommittedOffset {
  /** The next offset to process. */
  readonly offset: number
  readonly metadata: string
  /** On a cluster, where it is known: the epoch of the leader that wrote the last record before `offset`. */
  readonly leaderEpoch?: number
}

/** The retained range of a partition: `startOffset` is the oldest readable offset, `endOffset` one past the newest committed. */
export interface LogBounds {
  readonly startOffset: number
  readonly endOffset: number
}

/**
 * Whole record batches in offset order. `bytes` holds complete v2 batches back to back and may begin before the offset
 * asked for (drop by offset). It stays valid until the next `fetch` of the same reader.
 */
export interface FetchedBatches {
  readonly bytes: Uint8Array
  /** The offset to fetch next: one past the last record of `bytes`, control records included. */
  readonly nextOffset: number
  /** End of the partition when this was fetched; `endOffset - nextOffset` is the lag. */
  readonly endOffset: number
  /** On a cluster: the epoch of the leader that wrote the last record before `nextOffset`. */
  readonly leaderEpoch?: number
}

/** A position that moves over one partition. Not safe for overlapping calls. */
export interface LogReader {
  /**
   * Waits until at least one batch is there or `waitMs` has passed (then `bytes` is empty). Returns at most about
   * `maxBytes`, but always at least one whole batch. Where records are stored that no reader may see (control records,
   * aborted transactions), it returns once `nextOffset` has moved past them, with empty `bytes`.
   * @throws OffsetOutOfRangeError when the position is no longer retained: the caller decides, nothing is reset in silence.
   */
  fetch(maxBytes: number, waitMs: number): Promise<FetchedBatches>
  seek(offset: number): void
  close(): void
}

/** One output batch of a transaction: an unsealed v2 batch (base offset 0, CRC unset); the session seals it. */
export interface OutputBatch extends TopicPartition {
  /** The batch's bytes; they belong to the session until `end` has settled. */
  readonly bytes: Uint8Array
  readonly recordCount: number
}

/**
 * The transactional session of one task: at most one transaction open at a time. Opening a session fences the
 * former owner of the same transactional id (Kafka) or is refused while that owner lives (embedded: OwnerAliveError).
 * After any rejection the session is dead: close it, open a new one, read the committed offset, replay (SPEC X2).
 */
export interface TaskSession {
  /**
   * The stable committed input offset, or null when nothing was ever committed. Within a transaction: what stood before it.
   */
  committed(): Promise<CommittedOffset | null>
  begin(): void
  append(batches: readonly OutputBatch[]): Promise<void>
  sendOffset(next: CommittedOffset): Promise<void>
  /**
   * Resolves when outputs and offset are durable together: no reader ever sees one without the other standing. On a
   * cluster readers see the outputs a moment later. A rejection leaves the outcome unknown.
   */
  end(): Promise<void>
  abort(): Promise<void>
  close(): Promise<void>
  /** How long records should gather before a task that keeps up begins its next transaction, ms; not at all where it is left out. */
  readonly restMs?: number
}

/** What a producer gets back for one acknowledged batch. */
export interface Appended {
  readonly baseOffset: number
  readonly appendTimeMs: number
  /** True when the log had this (producer, sequence) already and stored nothing again. */
  readonly repeated: boolean
}

/**
 * An idempotent producer's session: sequences are per partition, so no batch is stored twice. A gap is refused
 * (OUT_OF_ORDER_SEQUENCE, abort). A repeat of the last five batches is answered as they were; on a cluster it is refused like a gap,
 * since the session itself repeats what got no answer (ADR 0018), and a refusal ends the session.
 */
export interface ProducerSession {
  readonly producerId: number
  readonly producerEpoch: number
  /**
   * Appends one unsealed batch; `baseSequence` counts records of this producer in this partition, from 0.
   * Resolves after the disk has it.
   */
  append(batch: OutputBatch, baseSequence: number): Promise<Appended>
  close(): Promise<void>
}

/** Offsets of a group of sinks (SPEC: each sink is its own consumer group). */
export interface GroupOffsets {
  committed(at: TopicPartition): Promise<CommittedOffset | null>
  commit(at: TopicPartition, next: CommittedOffset): Promise<void>
}

/** A topic as the log must hold it. */
export interface TopicSettings {
  readonly topic: string
  readonly partitions: number
  /** Records older than this (append time) may be dropped; -1 keeps all. */
  readonly retentionMs: number
  /** The oldest batches are dropped once a partition is larger than this; -1 is no bound. */
  readonly retentionBytes: number
  /**
   * Who appends: producers alone, or tasks (and producers too). A task's transaction refuses a topic of producers; the
   * embedded log keeps the two apart so that neither waits for the other's sync. Default: tasks.
   */
  readonly writtenBy?: 'producers' | 'tasks'
}

export interface Log {
  /** Creates the topics that are missing; refuses a topic whose partition count differs. */
  createTopics(topics: readonly TopicSettings[]): Promise<void>
  topics(): Promise<readonly TopicSettings[]>
  bounds(at: TopicPartition): Promise<LogBounds>
  /**
   * `leaderEpoch` as it was committed with the offset: where an election has cut off the record before it, `fetch` rejects with
   * LOG_TRUNCATED (stop) instead of going on with what was written in its place.
   */
  openReader(at: TopicPartition, offset: number, leaderEpoch?: number): LogReader
  /** `input` names the task's partition; `applicationId` and `input` make the transactional id. */
  openTask(applicationId: string, input: TopicPartition): Promise<TaskSession>
  /**
   * `name` keeps a producer's identity over restarts, and fences the former owner of the name; null makes a new identity. A cluster
   * knows no names: any but null is refused (stop).
   */
  openProducer(name: string | null): Promise<ProducerSession>
  group(groupId: string): GroupOffsets
  close(): Promise<void>
}
