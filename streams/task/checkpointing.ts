import { StreamsError } from '../errors.ts'
import type { LogBounds } from '../log/log.ts'
import { Checkpoints, type PendingCheckpoint } from '../state/checkpoint.ts'
import type { CheckpointHeader, CheckpointIdentity } from '../state/checkpoint-header.ts'
import type { CheckpointEntry, CheckpointSource, CheckpointStore, CheckpointTarget } from '../state/checkpoint-store.ts'
import type { CheckpointedStore } from '../state/section.ts'
import type { TaskStores } from '../state/task-stores.ts'
import type { RestoredState, TaskCheckpoints } from './task-checkpoints.ts'

/** A checkpoint of so many bytes after 25,000 records, the default, costs each of them 400 bytes, less than it writes itself (ADR 0073). */
const LIGHT_BYTES = 10_000_000

/** Shared by the tasks of a process: while one writes a checkpoint, none is due for the others. */
export class CheckpointTurn {
  taken = false
}

export interface CheckpointingOptions<S extends TaskStores> {
  readonly files: CheckpointStore
  readonly identity: CheckpointIdentity
  /** New, empty stores. */
  readonly create: () => S
  readonly sections: (stores: S) => readonly CheckpointedStore[]
  readonly clock: { nowMs(): number }
  /**
   * A checkpoint is due after so long, if anything was processed, or after so many records; where the one before took more than
   * `LIGHT_BYTES`, after as many times the records as it took times these bytes.
   */
  readonly intervalMs: number
  readonly intervalRecords: number
  /** Tasks that share one write one after the other: the disk is theirs too, and commits wait for it. Default: own. */
  readonly turn?: CheckpointTurn
  /** Told of a checkpoint that could not be written; the earlier ones stand and the next one is tried as usual. */
  readonly onFailed?: (error: StreamsError) => void
}

/** The checkpoints of one task over a checkpoint store: when they are due, written behind the task's back. */
export class Checkpointing<S extends TaskStores> implements TaskCheckpoints<S> {
  private readonly options: CheckpointingOptions<S>
  private readonly files: ReachableCheckpoints
  private readonly turn: CheckpointTurn
  private bound: { readonly stores: S; readonly checkpoints: Checkpoints } | null = null
  private lastOffset = 0
  private lastMs: number
  private lastBytes = 0
  /** Where the newest checkpoint that is written or was restored stands. */
  private coveredOffset = 0
  private coveredMs: number
  private writing: Promise<void> | null = null
  private failure: StreamsError | null = null

  constructor(options: CheckpointingOptions<S>) {
    this.options = options
    this.files = new ReachableCheckpoints(options.files)
    this.turn = options.turn ?? new CheckpointTurn()
    this.lastMs = options.clock.nowMs()
    this.coveredMs = this.lastMs
  }

  ageMs(committedOffset: number): number {
    return committedOffset === this.coveredOffset ? 0 : this.options.clock.nowMs() - this.coveredMs
  }

  async restore(reach: { readonly bounds: LogBounds; readonly committedOffset: number }): Promise<{
    readonly state: RestoredState<S> | null
    readonly refused: readonly string[]
  }> {
    const stores = this.options.create()
    const checkpoints = this.bind(stores)
    this.files.reach = { from: reach.bounds.startOffset, to: reach.committedOffset }
    const { header, refused } = await checkpoints.load()
    const outOfReach = this.files.hidden.map((name) => {
      return `${name}: outside of offsets ${reach.bounds.startOffset} to ${reach.committedOffset}, retained and committed`
    })
    this.files.reach = null
    const reasons = [...refused.map(({ name, reason }) => `${name}: ${reason}`), ...outOfReach]
    if (header === null) return { state: null, refused: reasons }
    this.lastOffset = header.nextOffset
    this.lastBytes = checkpointBytes(header)
    this.coveredOffset = header.nextOffset
    return { state: { stores, offset: header.nextOffset }, refused: reasons }
  }

  async newest(): Promise<number> {
    const { topic, partition } = this.options.identity
    try {
      return (await this.files.list(topic, partition))[0]?.nextOffset ?? 0
    } catch (error) {
      if (error instanceof StreamsError) throw error
      const what = `the checkpoints cannot be listed: ${(error as Error).message}; tried again until they can`
      throw new StreamsError('CHECKPOINTS_AWAY', 'abort', what, { topic, partition }, error)
    }
  }

  async requireNonePast(committedOffset: number, newest: number): Promise<void> {
    if (newest <= committedOffset) return
    const { create, identity } = this.options
    const { topic, partition } = identity
    this.files.reach = { from: committedOffset + 1, to: newest }
    try {
      const { header } = await this.bind(create()).load()
      if (header === null) return
      const what = `offset ${committedOffset} is committed, but a checkpoint holds what came before ${header.nextOffset}, so that was committed and is forgotten`
      const remedy = `commit the offset that the outputs or this checkpoint tell of, whichever is later, or remove the checkpoints to have all from ${committedOffset} on processed once more`
      throw new StreamsError('OFFSETS_LOST', 'stop', `${what}; ${remedy}`, {
        topic,
        partition,
        offset: committedOffset,
      })
    } finally {
      this.files.reach = null
    }
  }

  /** @throws StreamsError of the last write when it was one that the task must stop at. */
  due(offset: number): boolean {
    const { failure, options } = this
    if (failure !== null) {
      this.failure = null
      if (failure.next === 'stop') throw failure
      options.onFailed?.(failure)
    }
    if (offset === this.coveredOffset) this.coveredMs = options.clock.nowMs()
    if (this.writing !== null || this.turn.taken || offset === this.lastOffset) return false
    const weight = Math.max(1, this.lastBytes / LIGHT_BYTES)
    if (offset - this.lastOffset >= options.intervalRecords * weight) return true
    return options.clock.nowMs() - this.lastMs >= options.intervalMs
  }

  begin(stores: S, offset: number): void {
    // At the end of its life a task asks without `due`; what stands on the disk need not be written again.
    if (this.writing !== null || offset === this.lastOffset) return
    const checkpoints = this.bound?.stores === stores ? this.bound.checkpoints : this.bind(stores)
    this.lastOffset = offset
    this.lastMs = this.options.clock.nowMs()
    const pending = checkpoints.begin({ nextOffset: offset, streamTimeMs: stores.streamTimeMs })
    this.lastBytes = checkpointBytes(pending.header)
    this.writing = this.write(pending, offset, this.lastMs)
  }

  async settled(): Promise<void> {
    await this.writing
  }

  private async write(pending: PendingCheckpoint, offset: number, frozenMs: number): Promise<void> {
    const holds = !this.turn.taken // The last checkpoint of a task asks for no turn.
    this.turn.taken = true
    try {
      await pending.write()
      this.coveredOffset = offset
      this.coveredMs = frozenMs
    } catch (error) {
      this.failure = error as StreamsError
    } finally {
      if (holds) this.turn.taken = false
      this.writing = null
    }
  }

  private bind(stores: S): Checkpoints {
    const { options, files } = this
    const checkpoints = new Checkpoints(files, options.identity, options.sections(stores))
    this.bound = { stores, checkpoints }
    return checkpoints
  }
}

function checkpointBytes({ sections }: CheckpointHeader): number {
  return sections.reduce((sum, { byteLength }) => sum + byteLength, 0)
}

/** A checkpoint store that lists, while a reach is set, only what a restore can use. */
class ReachableCheckpoints implements CheckpointStore {
  /** The offsets that a checkpoint may stand at, both ends included; null is all. */
  reach: { readonly from: number; readonly to: number } | null = null
  /** What the last listing left out. */
  hidden: readonly string[] = []
  private readonly files: CheckpointStore

  constructor(files: CheckpointStore) {
    this.files = files
  }

  async list(topic: string, partition: number): Promise<readonly CheckpointEntry[]> {
    const entries = await this.files.list(topic, partition)
    const { reach } = this
    if (reach === null) return entries
    const reachable = entries.filter(({ nextOffset }) => nextOffset >= reach.from && nextOffset <= reach.to)
    this.hidden = entries.filter((entry) => !reachable.includes(entry)).map(({ name }) => name)
    return reachable
  }

  open(name: string): Promise<CheckpointSource> {
    return this.files.open(name)
  }

  create(name: string): Promise<CheckpointTarget> {
    return this.files.create(name)
  }

  remove(name: string): Promise<void> {
    return this.files.remove(name)
  }
}
