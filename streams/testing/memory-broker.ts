import { StreamsError } from '../errors.ts'
import type { Appended, CommittedOffset, LogBounds, OutputBatch, TopicPartition, TopicSettings } from '../log/log.ts'
import { requireFinishedBatch, sealBatch } from '../record/batch-seal.ts'

/** How many batches a producer's repeats are recognised over, as in Kafka. */
const REMEMBERED_BATCHES = 5

/** A sealed batch where it stands. */
interface StoredBatch {
  readonly baseOffset: number
  readonly nextOffset: number
  readonly bytes: Uint8Array
}

interface SentBatch extends Omit<Appended, 'repeated'> {
  readonly baseSequence: number
  readonly recordCount: number
}

interface StoredPartition {
  batches: StoredBatch[]
  startOffset: number
  endOffset: number
  lastAppendMs: number
  /** By producer id: its epoch and its last batches here. */
  readonly sequences: Map<number, { readonly epoch: number; readonly sent: readonly SentBatch[] }>
  /** Called once, at the next append. */
  readonly watchers: Set<() => void>
}

/** Who sends: a session of a task or of a producer. */
export interface Identity {
  readonly id: string
  readonly epoch: number
}

/**
 * What is durable of a log in memory: it outlives the processes that use it. Every method is one atomic step; the
 * waiting, and everything that can go wrong while waiting, is `MemoryLog`'s.
 */
export class MemoryBroker {
  private readonly clock: { nowMs(): number }
  private readonly settings = new Map<string, TopicSettings>()
  private readonly partitions = new Map<string, StoredPartition>()
  private readonly epochs = new Map<string, number>()
  private readonly offsets = new Map<string, CommittedOffset>()
  /** By task: what is decided to be committed and does not show yet, outputs and then offsets. */
  private readonly ending = new Map<string, readonly OutputBatch[]>()
  private readonly unstable = new Map<string, readonly CommittedOffset[]>()
  private readonly producerIds = new Map<string, number>()

  constructor(clock: { nowMs(): number }) {
    this.clock = clock
  }

  get topics(): readonly TopicSettings[] {
    return [...this.settings.values()]
  }

  createTopics(topics: readonly TopicSettings[]): void {
    for (const topic of topics) {
      const known = this.settings.get(topic.topic)
      if (known !== undefined && known.partitions !== topic.partitions) {
        const what = `the topic has ${known.partitions} partitions, not ${topic.partitions}; change the setting back`
        throw new StreamsError('PARTITIONS_DIFFER', 'stop', what, { topic: topic.topic })
      }
      this.settings.set(topic.topic, topic)
    }
  }

  bounds(at: TopicPartition): LogBounds {
    const { startOffset, endOffset } = this.partition(at)
    return { startOffset, endOffset }
  }

  /** Whole batches from the one that holds `offset`, about `maxBytes` but at least one; none at the end. */
  read(at: TopicPartition, offset: number, maxBytes: number): readonly StoredBatch[] {
    const { batches, startOffset, endOffset } = this.partition(at)
    if (offset < startOffset || offset > endOffset) {
      const what = `the log holds offsets ${startOffset} to ${endOffset}: decide where to go on, nothing was skipped`
      throw new StreamsError('OFFSET_OUT_OF_RANGE', 'stop', what, { ...at, offset })
    }
    const first = batches.findIndex((batch) => batch.nextOffset > offset)
    if (first < 0) return []
    let until = first + 1
    let size = batches[first]?.bytes.length ?? 0
    for (; until < batches.length; until++) {
      size += batches[until]?.bytes.length ?? 0
      if (size > maxBytes) break
    }
    return batches.slice(first, until)
  }

  /** Calls `arrived` at the next append; the answer takes that back. */
  watch(at: TopicPartition, arrived: () => void): () => void {
    const { watchers } = this.partition(at)
    watchers.add(arrived)
    return () => watchers.delete(arrived)
  }

  /**
   * Makes the caller the owner of `id`; what the former one sends from now on is refused.
   * @throws StreamsError CONCURRENT_TRANSACTIONS (retry) while the outputs of an ended transaction do not show yet.
   */
  own(id: string): Identity {
    if (this.ending.has(id)) {
      throw new StreamsError('CONCURRENT_TRANSACTIONS', 'retry', `a transaction of ${id} still ends; try again`)
    }
    const epoch = (this.epochs.get(id) ?? -1) + 1
    this.epochs.set(id, epoch)
    return { id, epoch }
  }

  /** @throws StreamsError UNSTABLE_OFFSET (retry) while an offset is decided to be committed and does not show yet. */
  committed(id: string): CommittedOffset | null {
    if (this.unstable.has(id)) {
      throw new StreamsError('UNSTABLE_OFFSET', 'retry', `the offset of ${id} is about to change; try again`)
    }
    return this.offsets.get(id) ?? null
  }

  commitOffset(id: string, next: CommittedOffset): void {
    this.offsets.set(id, next)
  }

  /**
   * Decides that outputs and offset of a task's transaction are committed, together or not at all. As in Kafka they show
   * a little later: first the outputs (`showOutputs`), then the offset (`showOffset`).
   */
  endTask(task: Identity, batches: readonly OutputBatch[], next: CommittedOffset | null, at: TopicPartition): void {
    this.requireOwner(task, 'TASK_FENCED', at)
    for (const batch of batches) this.requireWritable(batch)
    this.ending.set(task.id, batches)
    if (next !== null) this.unstable.set(task.id, [...(this.unstable.get(task.id) ?? []), next])
  }

  /** Whether outputs of an ended transaction do not show yet: then no other one of this task may begin. */
  isEnding(id: string): boolean {
    return this.ending.has(id)
  }

  /** Whether all that was decided for this task shows. */
  isStable(id: string): boolean {
    return !this.ending.has(id) && !this.unstable.has(id)
  }

  showOutputs(id: string): void {
    for (const batch of this.ending.get(id) ?? []) this.put(batch, UNSEQUENCED)
    this.ending.delete(id)
  }

  /** Shows the oldest offset that does not show yet. */
  showOffset(id: string): void {
    const [next, ...later] = this.unstable.get(id) ?? []
    if (next !== undefined) this.offsets.set(id, next)
    if (later.length === 0) this.unstable.delete(id)
    else this.unstable.set(id, later)
  }

  /** A number of its own for each producer's name. */
  producerId(name: string): number {
    const id = this.producerIds.get(name) ?? this.producerIds.size + 1
    this.producerIds.set(name, id)
    return id
  }

  /** A producer's batch: stored once, however often it comes. */
  produce(producer: Identity, producerId: number, batch: OutputBatch, baseSequence: number): Appended {
    this.requireOwner(producer, 'PRODUCER_FENCED', batch)
    requireFinishedBatch(batch.bytes, batch.recordCount)
    const { sequences } = this.partition(batch)
    const { epoch } = producer
    const known = sequences.get(producerId)
    const sent = known?.epoch === epoch ? known.sent : []
    const same = sent.find((one) => one.baseSequence === baseSequence && one.recordCount === batch.recordCount)
    if (same !== undefined) return { baseOffset: same.baseOffset, appendTimeMs: same.appendTimeMs, repeated: true }
    const last = sent.at(-1)
    const expected = last === undefined ? 0 : last.baseSequence + last.recordCount
    if (baseSequence !== expected) {
      const what = `sequence ${baseSequence} came where ${expected} is next; nothing stored, open a new producer`
      throw new StreamsError('OUT_OF_ORDER_SEQUENCE', 'abort', what, placeOf(batch))
    }
    const appended = this.put(batch, { producerId, producerEpoch: epoch, baseSequence })
    const remembered = { baseSequence, recordCount: batch.recordCount, ...appended }
    sequences.set(producerId, { epoch, sent: [...sent, remembered].slice(-REMEMBERED_BATCHES) })
    return { ...appended, repeated: false }
  }

  /** The end of a transaction of some other client: it takes an offset, and no reader sees it. */
  mark(at: TopicPartition): void {
    const partition = this.partition(at)
    partition.endOffset++
    wake(partition)
  }

  /** Retention: drops whole batches that end at or before `offset`. */
  dropBefore(at: TopicPartition, offset: number): void {
    const partition = this.partition(at)
    partition.batches = partition.batches.filter(({ nextOffset }) => nextOffset > offset)
    partition.startOffset = partition.batches[0]?.baseOffset ?? partition.endOffset
  }

  /** The stored bytes themselves of the batch that holds `offset`, for tests that damage them. */
  storedBytes(at: TopicPartition, offset: number): Uint8Array {
    const [batch] = this.read(at, offset, 1)
    if (batch === undefined) throw new StreamsError('OFFSET_OUT_OF_RANGE', 'stop', 'no batch', { ...at, offset })
    return batch.bytes
  }

  private put(
    batch: OutputBatch,
    producer: { readonly producerId: number; readonly producerEpoch: number; readonly baseSequence: number },
  ): { readonly baseOffset: number; readonly appendTimeMs: number } {
    const partition = this.partition(batch)
    const baseOffset = partition.endOffset
    const appendTimeMs = Math.max(this.clock.nowMs(), partition.lastAppendMs)
    const bytes = batch.bytes.slice()
    sealBatch(bytes, { ...producer, baseOffset, appendTimeMs, transactional: false })
    partition.endOffset += batch.recordCount
    partition.lastAppendMs = appendTimeMs
    partition.batches.push({ baseOffset, nextOffset: partition.endOffset, bytes })
    wake(partition)
    return { baseOffset, appendTimeMs }
  }

  private requireOwner({ id, epoch }: Identity, code: string, at: TopicPartition): void {
    const current = this.epochs.get(id)
    if (current === epoch) return
    const what = `${id} has another owner (epoch ${current}, this one has ${epoch}); nothing stored, this one must stop`
    throw new StreamsError(code, 'fenced', what, placeOf(at))
  }

  private requireWritable(batch: OutputBatch): void {
    requireFinishedBatch(batch.bytes, batch.recordCount)
    this.partition(batch)
    if (this.settings.get(batch.topic)?.writtenBy !== 'producers') return
    throw new StreamsError('WRITER_DIFFERS', 'stop', 'a topic of producers; no task writes to it', placeOf(batch))
  }

  private partition({ topic, partition }: TopicPartition): StoredPartition {
    const settings = this.settings.get(topic)
    if (settings === undefined) throw new StreamsError('UNKNOWN_TOPIC', 'stop', 'create the topic first', { topic })
    if (!(partition >= 0 && partition < settings.partitions)) {
      const what = `the topic has partitions 0 to ${settings.partitions - 1}`
      throw new StreamsError('UNKNOWN_PARTITION', 'stop', what, { topic, partition })
    }
    const name = `${topic}-${partition}`
    const stored = this.partitions.get(name)
    if (stored !== undefined) return stored
    const created: StoredPartition = {
      batches: [],
      startOffset: 0,
      endOffset: 0,
      lastAppendMs: 0,
      sequences: new Map(),
      watchers: new Set(),
    }
    this.partitions.set(name, created)
    return created
  }
}

const UNSEQUENCED = { producerId: -1, producerEpoch: -1, baseSequence: -1 }

function wake({ watchers }: StoredPartition): void {
  const waiting = [...watchers]
  watchers.clear()
  for (const arrived of waiting) arrived()
}

function placeOf({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition }
}
