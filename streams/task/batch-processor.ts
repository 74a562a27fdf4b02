import { StreamsError } from '../errors.ts'
import type { HashKernel } from '../hash/index.ts'
import type { TopicPartition } from '../log/log.ts'
import { PunctuationSchedule } from '../punctuation.ts'
import { type BatchStatus, RecordBatchReader } from '../record/record-batch-reader.ts'
import { RecordDraft } from '../record-draft.ts'
import type { TaskStores } from '../state/task-stores.ts'
import type { Topology, ValueReader } from '../topology.ts'
import { ForeignSchemas } from './foreign-schemas.ts'
import { RunPool } from './run-pool.ts'
import type { AskSchemaVersion, Rewrite } from './schema-version.ts'
import type { TaskOutputs } from './task-outputs.ts'
import type { Progress, TaskProcessor } from './task-processor.ts'

/** Bytes of a Confluent frame before the Avro value: magic byte 0 and the schema id. */
const FRAME_BYTES = 5

/** Bytes at the end of the arena that a fetched batch never reaches: scratch of the stages, and slack for wide copies. */
export const ARENA_TAIL_BYTES = 1_024

/**
 * Runs fetched batches through a topology: decodes in place, sorts records into runs of one type, and drives each run's
 * three loops. One instance serves all tasks of a thread, one call at a time; nothing of a call outlives it but
 * what it put into the stores and the outputs.
 */
export class BatchProcessor<S extends TaskStores> implements TaskProcessor<S> {
  readonly topology: Topology<S>
  private readonly kernel: HashKernel
  private readonly batch = new RecordBatchReader()
  private readonly pools: readonly RunPool<S>[]
  private readonly poisoned: RunPool<S>
  private readonly foreign: ForeignSchemas<S>
  private readonly punctuations: PunctuationSchedule<S>
  // The call under way.
  private run: RunPool<S>
  private blockedBy: StreamsError | null = null
  private awaits: (() => Promise<void>) | null = null
  /** The offset that the pass ended before; NaN while it goes on. */
  private haltedAt: number = Number.NaN
  /** Where rewritten values of a run stand in the arena: behind the batches. */
  private rewrittenFrom = 0
  private rewrittenTo = 0

  /** `ask` tells what a schema id is that the topology does not name; without it such records are poison. */
  constructor(topology: Topology<S>, kernel: HashKernel, ask: AskSchemaVersion | null = null) {
    this.topology = topology
    this.kernel = kernel
    this.pools = topology.recordTypes.map((type) => new RunPool(type))
    this.punctuations = new PunctuationSchedule(topology.punctuations, 'stream-time')
    this.poisoned = new RunPool({
      name: 'poison',
      schemaId: -1,
      reader: () => UNREADABLE,
      draft: () => new RecordDraft(),
      prepare: [],
      stages: [],
      sinks: { 'dead-letter': [topology.deadLetters] },
    })
    this.foreign = new ForeignSchemas(topology.recordTypes, ask)
    this.run = this.poisoned
  }

  /**
   * Processes the records of `bytes` with offsets in [`position`, `limit`). `outputs` null folds: the stores change and
   * nothing is written (restore, standby).
   * @throws StreamsError `CORRUPT_BATCH` (stop) when the bytes are not what a writer sealed.
   */
  process(
    stores: S,
    outputs: TaskOutputs | null,
    at: TopicPartition,
    bytes: Uint8Array,
    position: number,
    limit: number,
  ): Progress {
    const { kernel } = this
    if (bytes.length > kernel.arenaBytes - ARENA_TAIL_BYTES) throw tooLargeForArena(bytes.length, kernel.arenaBytes, at)
    kernel.arena.set(bytes)
    this.blockedBy = null
    this.awaits = null
    this.haltedAt = Number.NaN
    this.rewrittenFrom = bytes.length
    this.rewrittenTo = bytes.length
    this.punctuations.resume(stores.streamTimeMs)
    try {
      return this.pass(stores, outputs, at, bytes.length, position, limit)
    } catch (error) {
      // What was collected belongs to this task alone; the next call may be another one's.
      this.run.type.written?.(stores)
      this.run.clear()
      throw error
    }
  }

  /** One pass over the first `length` bytes of the arena. */
  private pass(
    stores: S,
    outputs: TaskOutputs | null,
    at: TopicPartition,
    length: number,
    position: number,
    limit: number,
  ): Progress {
    const { kernel, batch } = this
    let next = position
    let records = 0
    for (let from = 0; from < length && !this.halted && next < limit; from = batch.end) {
      const status = batch.open(kernel.arena, kernel.arenaView, from, length)
      if (status !== 'ok' && status !== 'control') throw corrupt(status, at, next)
      while (batch.next() && batch.offset < limit) {
        if (batch.offset < position) continue
        this.take(stores, outputs, at)
        if (this.halted) break
        records++
      }
      if (batch.malformed) throw corrupt('malformed', at, next)
      next = Math.max(next, Math.min(batch.nextOffset, limit))
    }
    this.finishRun(stores, outputs)
    const { blockedBy, awaits } = this
    return { nextOffset: this.halted ? this.haltedAt : next, records, blockedBy, awaits }
  }

  /** True once the pass has ended before a record. */
  private get halted(): boolean {
    return this.haltedAt >= 0
  }

  /** Puts the record under the cursor into a run, ending the former run when the type changes. */
  private take(stores: S, outputs: TaskOutputs | null, at: TopicPartition): void {
    const pool = this.runsOfRecord()
    if (pool === undefined) {
      this.haltBeforeUnknown(stores, outputs, at)
      return
    }
    if (pool.rewrite !== null) {
      this.takeRewritten(pool, pool.rewrite, stores, outputs, at)
      return
    }
    if (pool !== this.run || pool.full) {
      this.finishRun(stores, outputs)
      if (this.halted) return
      this.run = pool
    }
    const slot = pool.next()
    this.locate(slot.draft, at.partition)
    if (pool !== this.poisoned) {
      const { batch, kernel } = this
      const code = slot.reader.wrap(
        kernel.arena,
        kernel.arenaView,
        batch.valueAt + FRAME_BYTES,
        batch.valueAt + batch.valueLength,
      )
      if (code !== 0) this.takeUnreadable(stores, outputs, at, this.topology.poison.decode[code] as number)
      else pool.take()
    } else {
      slot.draft.refuse(this.frameReason(), 'value')
      pool.take()
    }
  }

  /** A value of another version: its new bytes stand behind the batches until the run ends. */
  private takeRewritten(
    pool: RunPool<S>,
    rewrite: Rewrite,
    stores: S,
    outputs: TaskOutputs | null,
    at: TopicPartition,
  ): void {
    const { batch, kernel } = this
    const { arena, arenaView } = kernel
    const roomTo = kernel.arenaBytes - ARENA_TAIL_BYTES
    const { decode } = this.topology.poison
    const value = rewrite(arena, arenaView, batch.valueAt + FRAME_BYTES, batch.valueAt + batch.valueLength)
    if (typeof value === 'number') {
      this.takeUnreadable(stores, outputs, at, decode[value] as number)
      return
    }
    if (pool !== this.run || pool.full || this.rewrittenTo + value.length > roomTo) {
      this.finishRun(stores, outputs)
      if (this.halted) return
      this.run = pool
      this.rewrittenTo = this.rewrittenFrom
      const needed = this.rewrittenTo + value.length
      if (needed > roomTo) throw tooLargeForArena(needed, kernel.arenaBytes, at)
    }
    const slot = pool.next()
    this.locate(slot.draft, at.partition)
    arena.set(value, this.rewrittenTo)
    const code = slot.reader.wrap(arena, arenaView, this.rewrittenTo, this.rewrittenTo + value.length)
    this.rewrittenTo += value.length
    if (code !== 0) this.takeUnreadable(stores, outputs, at, decode[code] as number)
    else pool.take()
  }

  /** Ends the pass: whether the record is poison is not known yet. */
  private haltBeforeUnknown(stores: S, outputs: TaskOutputs | null, { topic, partition }: TopicPartition): void {
    this.finishRun(stores, outputs)
    if (this.halted) return
    const { offset } = this.batch
    const schemaId = this.schemaId()
    this.haltedAt = offset
    this.awaits = () => this.foreign.learn(schemaId, { topic, partition, offset })
  }

  private takeUnreadable(stores: S, outputs: TaskOutputs | null, at: TopicPartition, reason: number): void {
    this.finishRun(stores, outputs)
    if (this.halted) return
    this.run = this.poisoned
    const { draft } = this.poisoned.next()
    this.locate(draft, at.partition)
    draft.refuse(reason, 'value')
    this.poisoned.take()
  }

  private locate(draft: RecordDraft, partition: number): void {
    const { batch } = this
    draft.partition = partition
    draft.offset = batch.offset
    draft.appendTimeMs = batch.timestampMs
    draft.keyAt = batch.keyAt
    draft.keyLength = batch.keyLength
    draft.valueAt = batch.valueAt
    draft.valueLength = batch.valueLength
    draft.disposition = 0
  }

  /** The runs of the record's schema, or of poison; undefined when its schema id must be learnt first. */
  private runsOfRecord(): RunPool<S> | undefined {
    const { batch, kernel, pools, poisoned } = this
    const { valueAt, valueLength } = batch
    if (valueLength < FRAME_BYTES || valueLength > this.topology.valueBytesMax) return poisoned
    if (kernel.arena[valueAt] !== 0) return poisoned
    const schemaId = this.schemaId()
    for (let i = 0; i < pools.length; i++) {
      const pool = pools[i] as RunPool<S>
      if (pool.type.schemaId === schemaId) return pool
    }
    const foreign = this.foreign.find(schemaId)
    return foreign === null ? poisoned : foreign
  }

  private schemaId(): number {
    return this.kernel.arenaView.getInt32(this.batch.valueAt + 1)
  }

  private frameReason(): number {
    const { batch, kernel, topology } = this
    const { poison, valueBytesMax } = topology
    if (batch.valueLength < 0) return poison.nullValue
    if (batch.valueLength > valueBytesMax) return poison.tooLarge
    if (batch.valueLength > 0 && kernel.arena[batch.valueAt] !== 0) return poison.badMagic
    if (batch.valueLength < FRAME_BYTES) return poison.decode[1] as number
    return poison.unknownSchema
  }

  private finishRun(stores: S, outputs: TaskOutputs | null): void {
    const { run, punctuations } = this
    const { length } = run
    if (length === 0) return
    run.prepare(stores)
    let decided = 0
    try {
      for (; decided < length; decided++) {
        run.decide(decided, stores)
        if (stores.streamTimeMs >= punctuations.dueMs) punctuations.run(stores, stores.streamTimeMs)
      }
    } catch (error) {
      if (!(error instanceof StreamsError) || error.next !== 'stop' || error.code === 'INVARIANT') throw error
      // A store is at its bound. What came before stands; the task commits it, frees what it can and tries again.
      this.blockedBy = error
      this.haltedAt = run.draft(decided).offset
    }
    if (outputs !== null) run.write(decided, stores, outputs)
    else run.type.written?.(stores)
    run.clear()
  }
}

/** Stands in for the reader of a value that has none. */
const UNREADABLE: ValueReader = { wrap: () => 0 }

function corrupt(status: BatchStatus, { topic, partition }: TopicPartition, offset: number): StreamsError {
  const message = `the log returned a record batch that is ${status}; the partition stops here, restore the log's files`
  return new StreamsError('CORRUPT_BATCH', 'stop', message, { topic, partition, offset })
}

function tooLargeForArena(length: number, arenaBytes: number, { topic, partition }: TopicPartition): StreamsError {
  const message = `a fetch brought ${length} bytes and the arena holds ${arenaBytes}; raise fetch.arenaBytes`
  return new StreamsError('ARENA_FULL', 'stop', message, { topic, partition })
}
