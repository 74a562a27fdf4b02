import { StreamsError } from '../errors.ts'
import type { CommittedOffset, OutputBatch, TaskSession, TopicPartition } from '../log/log.ts'
import { requireFinishedBatch, sealBatch } from '../record/batch-seal.ts'
import type { Cluster } from './cluster.ts'
import { CommitPace } from './commit-pace.ts'
import { type Compression, compressed } from './compression.ts'
import { Coordinator } from './coordinator.ts'
import { type Asker, KafkaGroupOffsets } from './group-offsets.ts'
import { MarkerPause } from './marker-pause.ts'
import { OutputSequences } from './output-sequences.ts'
import { produceBatchesV11, produceBatchesV12, type SealedBatch } from './produce-api.ts'
import { retrying } from './retrying.ts'
import { TransactionalId } from './transactional-id.ts'

export interface TaskSessionOptions {
  readonly cluster: Cluster
  readonly applicationId: string
  readonly input: TopicPartition
  /** The connections of this session alone: two of one transaction must not meet in a broker. */
  readonly purpose: string
  /** The group's member that the task runs for; offsets are committed and asked for in its name. */
  readonly member: Asker
  readonly transactionTimeoutMs: number
  /** How outputs are compressed on their way and in the log. */
  readonly compression: Compression
}

/** The transactional id of an input partition. Whoever holds it is the one that may commit that partition. */
export function transactionalIdOf(applicationId: string, { topic, partition }: TopicPartition): string {
  return `${applicationId}-${topic}-${partition}`
}

/**
 * Opens the session of one input partition. The order is the fence (SPEC X3): first the group is asked whether this member still
 * belongs to it, so that one who does not takes nothing over; then the transactional id is taken over, which ends
 * what its former owner had open; only then is the committed offset worth reading.
 * @throws StreamsError by what happens next.
 */
export async function openTaskSession(options: TaskSessionOptions): Promise<TaskSession> {
  const { cluster, applicationId, input, purpose, member, transactionTimeoutMs } = options
  const id = transactionalIdOf(applicationId, input)
  const shared = { purpose, place: input, retryMs: cluster.settings.requestTimeoutMs }
  const transaction = new TransactionalId(
    id,
    new Coordinator(cluster, { ...shared, kind: 'transaction', key: id }),
    transactionTimeoutMs,
  )
  const group = new Coordinator(cluster, { ...shared, kind: 'group', key: applicationId })
  const offsets = new KafkaGroupOffsets(applicationId, group, member)
  try {
    await offsets.requireMember(input)
    await transaction.takeOver()
  } catch (error) {
    cluster.closePurpose(purpose)
    throw error
  }
  return new KafkaTaskSession(options, transaction, offsets)
}

/** One owner of one transactional id, until it closes or is fenced. */
class KafkaTaskSession implements TaskSession {
  private readonly options: TaskSessionOptions
  private readonly transaction: TransactionalId
  private readonly offsets: KafkaGroupOffsets
  private readonly sequences = new OutputSequences()
  private readonly markers = new MarkerPause()
  private readonly pace = new CommitPace()
  private open = false
  /** Whether the coordinator may know of the open transaction: one that it does not know must not be ended. */
  private begun = false
  /** Whether the open transaction has an offset that is not committed yet. */
  private offsetSent = false
  /** Older protocol: output partitions that the open transaction has named. */
  private readonly named = new Set<string>()
  private dead: StreamsError | null = null

  constructor(options: TaskSessionOptions, transaction: TransactionalId, offsets: KafkaGroupOffsets) {
    this.options = options
    this.transaction = transaction
    this.offsets = offsets
  }

  async committed(): Promise<CommittedOffset | null> {
    this.requireAlive()
    const { offsets, options, offsetSent } = this
    // The id is ours alone: no transaction but our own can have an offset of this partition pending.
    return this.step(() => (offsetSent ? offsets.committedBefore(options.input) : offsets.committed(options.input)))
  }

  begin(): void {
    this.requireAlive()
    if (this.open) throw this.misuse('begin while a transaction is open')
    this.open = true
    this.pace.begun()
    this.begun = false
    this.named.clear()
  }

  /** Resolves when every in-sync replica has the batches. */
  async append(batches: readonly OutputBatch[]): Promise<void> {
    this.requireOpen('append')
    for (const { bytes, recordCount } of batches) requireFinishedBatch(bytes, recordCount)
    await this.step(async () => {
      if (!this.transaction.addsImplicitly) await this.namePartitions(batches)
      for (const round of roundsOf(batches)) await this.produce(round.map((batch) => this.seal(batch)))
    })
  }

  async sendOffset(next: CommittedOffset): Promise<void> {
    this.requireOpen('sendOffset')
    const { offsets, transaction, options } = this
    this.offsetSent = true
    await this.step(() => this.write(() => offsets.commitWith(transaction, options.input, next)))
  }

  /** Everything was acknowledged before: a transaction never ends with an output on its way. */
  async end(): Promise<void> {
    this.requireOpen('end')
    await this.finish(true)
    this.pace.committed()
  }

  get restMs(): number {
    return this.pace.restMs
  }

  async abort(): Promise<void> {
    if (this.open && this.dead === null) await this.finish(false)
    this.open = false
  }

  async close(): Promise<void> {
    if (this.dead?.code === 'SESSION_CLOSED') return
    // Whoever opens the id next ends what is open now; ending it here only spares readers the wait.
    await this.abort().catch(() => {})
    this.dead = new StreamsError(
      'SESSION_CLOSED',
      'stop',
      'the task session is closed; open a new one',
      this.options.input,
    )
    this.options.cluster.closePurpose(this.options.purpose)
  }

  private async finish(commit: boolean): Promise<void> {
    if (this.begun) {
      await this.step(() => this.transaction.end(commit))
      this.markers.ended()
      if (this.transaction.addsImplicitly) this.sequences.reset()
    }
    this.open = false
    this.offsetSent = false
  }

  /** Runs a request that may add to the transaction. */
  private async write<T>(request: () => Promise<T>): Promise<T> {
    const first = !this.begun
    this.begun = true
    return first ? this.markers.first(request) : request()
  }

  private async namePartitions(batches: readonly OutputBatch[]): Promise<void> {
    const unnamed = batches.filter(({ topic, partition }) => {
      const name = `${topic}-${partition}`
      const known = this.named.has(name)
      this.named.add(name)
      return !known
    })
    if (unnamed.length > 0) await this.write(() => this.transaction.addPartitions(unnamed))
  }

  private seal({ topic, partition, bytes, recordCount }: OutputBatch): SealedBatch {
    const { producerId, producerEpoch } = this.transaction.identity
    const baseSequence = this.sequences.take({ topic, partition }, recordCount)
    const sent = this.options.compression === 'zstd' ? compressed(bytes) : bytes
    sealBatch(sent, {
      baseOffset: 0,
      appendTimeMs: -1,
      producerId: Number(producerId),
      producerEpoch,
      baseSequence,
      transactional: true,
    })
    return { topic, partition, bytes: sent }
  }

  /** One batch a partition, to their leaders one after the other: each request may add partitions to the transaction. */
  private async produce(batches: readonly SealedBatch[]): Promise<void> {
    const { cluster, purpose, input } = this.options
    const { requestTimeoutMs: withinMs } = cluster.settings
    const { transaction } = this
    const api = transaction.addsImplicitly ? produceBatchesV12 : produceBatchesV11
    const pending = new Set(batches)
    const remedy = async () => {
      for (const topic of new Set([...pending].map(({ topic: name }) => name))) await cluster.refresh(topic)
    }
    await retrying({ request: 'Produce', place: input, withinMs, repeatable: false, remedy }, async () => {
      for (const [brokerId, theirs] of await this.byLeader([...pending])) {
        await this.write(() => cluster.call(brokerId, purpose, api, transaction.id, theirs))
        for (const batch of theirs) pending.delete(batch)
      }
    })
  }

  private async byLeader(batches: readonly SealedBatch[]): Promise<Map<number, SealedBatch[]>> {
    const led = await Promise.all(
      batches.map(async (batch) => ({ batch, brokerId: (await this.options.cluster.leader(batch)).brokerId })),
    )
    const groups = new Map<number, SealedBatch[]>()
    for (const { batch, brokerId } of led) groups.set(brokerId, [...(groups.get(brokerId) ?? []), batch])
    return groups
  }

  /** After any rejection the session is dead. */
  private async step<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      this.dead = error as StreamsError
      throw error
    }
  }

  private requireAlive(): void {
    if (this.dead !== null) throw this.dead
  }

  private requireOpen(call: string): void {
    this.requireAlive()
    if (!this.open) throw this.misuse(`${call} without a transaction`)
  }

  private misuse(what: string): StreamsError {
    return new StreamsError('SESSION_MISUSED', 'stop', `${what}; this is a bug in Sluice`, this.options.input)
  }
}

/** A Produce request takes one batch a partition: the first of each, then the second of each, and so on. */
function roundsOf(batches: readonly OutputBatch[]): OutputBatch[][] {
  const rounds: OutputBatch[][] = []
  const placed = new Map<string, number>()
  for (const batch of batches) {
    const name = `${batch.topic}-${batch.partition}`
    const round = placed.get(name) ?? 0
    placed.set(name, round + 1)
    rounds[round] ??= []
    rounds[round].push(batch)
  }
  return rounds
}
