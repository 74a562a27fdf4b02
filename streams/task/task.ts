import { asStreamsError, StreamsError } from '../errors.ts'
import type { CommittedOffset, FetchedBatches, LogReader, TaskSession, TopicPartition } from '../log/log.ts'
import { PunctuationSchedule } from '../punctuation.ts'
import { type EncodedHeaders, encodeHeaders } from '../record/record-headers.ts'
import type { TaskStores } from '../state/task-stores.ts'
import { type FoldProgress, fold, requireReached, restore } from './restore.ts'
import type { RestoredState } from './task-checkpoints.ts'
import { TaskCounters } from './task-counters.ts'
import type { TaskOptions } from './task-options.ts'
import { TaskOutputs } from './task-outputs.ts'
import { reachedBy } from './task-processor.ts'
import { nextTaskState, type TaskEvent, type TaskState } from './task-state.ts'

/**
 * A fetch that brings less than one part in so many of the most it may is processed in no time: nothing is won by working
 * beside its commit, and what comes meanwhile shares the next one instead of being split over two.
 */
const OVERLAP_SHARE = 8
/** How soon a task that waits for an answer from outside notices that it is to stop. */
const STOP_POLL_MS = 200

/** One transaction: the input offsets it covers and what it writes. */
interface Transaction {
  readonly startOffset: number
  readonly next: CommittedOffset
  readonly outputs: TaskOutputs
  /** From its begin to the answer to its end; 0 until then. */
  commitMs: number
}

/**
 * The task of one input partition: fetches whole batches, runs them through the topology, and commits outputs and
 * input offset together (SPEC X1, X2). Under load the next batch is already processed while a commit is in flight: it
 * reads through the sealed overlay, and is itself sealed only after that commit's end was acknowledged.
 */
export class Task<S extends TaskStores> {
  readonly input: TopicPartition
  readonly counters: TaskCounters
  private readonly options: TaskOptions<S>
  private readonly spareOutputs: TaskOutputs[]
  private readonly punctuations: PunctuationSchedule<S>
  private current: TaskState = 'CREATED'
  private session: TaskSession | null = null
  private reader: LogReader | null = null
  private state: RestoredState<S> | null = null
  /** The next offset to process; runs ahead of `state.offset` by what is not committed. */
  private position = 0
  private sealed: Transaction | null = null
  private inFlight: Promise<StreamsError | null> | null = null
  private stopping = false
  private handingOver = false
  /** Whether the checkpoint of a hand-over was begun. */
  private saving = false
  private warm: RestoredState<S> | null

  constructor(options: TaskOptions<S>) {
    this.options = options
    this.warm = options.warm ?? null
    this.counters = options.counters ?? new TaskCounters()
    this.input = options.input
    const { partition } = options.input
    this.punctuations = new PunctuationSchedule(options.processor.topology.punctuations, 'wall-clock')
    this.punctuations.start(options.clock.nowMs())
    this.spareOutputs = [new TaskOutputs(partition), new TaskOutputs(partition)]
  }

  get lifeState(): TaskState {
    return this.current
  }

  /** The committed state, for queries between batches; null until restored. */
  get stores(): S | null {
    return this.state?.stores ?? null
  }

  /** One past the last input offset whose outcome is committed. */
  get committedOffset(): number {
    return this.state?.offset ?? 0
  }

  /** For how long the newest checkpoint has lacked something that is committed, ms; null unless the task processes. */
  get checkpointAgeMs(): number | null {
    return this.current === 'RUNNING' ? this.options.checkpoints.ageMs(this.committedOffset) : null
  }

  /** Lives until `stop` was asked for. Rejects with the StreamsError that ended the task: fenced or stop. */
  async run(): Promise<void> {
    if (this.move(this.stopping ? 'stop' : 'start') === 'CLOSED') return
    for (let triedToEnd = false; ; ) {
      try {
        await this.open()
        await this.loop()
        await this.closeGracefully()
        return
      } catch (cause) {
        const error = asStreamsError(cause, this.input)
        await this.releaseSession()
        if (error.next === 'fenced' || error.next === 'stop') {
          if (error.next === 'fenced') this.counters.fenced++
          this.move(error.next === 'fenced' ? 'fenced' : 'failed')
          throw error
        }
        this.counters.aborts++
        this.options.onError?.(error)
        if (this.move('lost') === 'CLOSED') return
        // What keeps it from opening may last; with a state there is a last checkpoint to try for, once.
        if (this.stopping && (this.state === null || triedToEnd)) {
          this.move('stop')
          this.move('closed')
          return
        }
        triedToEnd = this.stopping
        await this.options.clock.wait(this.options.retryBackoffMs)
      }
    }
  }

  /** Asks the task to finish what it has begun and close; `run` resolves then. */
  stop(): void {
    this.stopping = true
    this.reader?.close() // A fetch that waits need not go on.
  }

  /**
   * The same for a partition that another process takes over, which is silent from this end to its next owner's first commit. So
   * the last checkpoint is written while the task goes on, and the next owner folds the little that came meanwhile.
   */
  handOver(): void {
    this.handingOver = true
    if (this.current !== 'RUNNING') this.stop()
  }

  /** Opens a session, learns what is committed, and brings the state there. */
  private async open(): Promise<void> {
    const { log, applicationId, input, checkpoints } = this.options
    this.session = await log.openTask(applicationId, input)
    const newest = await checkpoints.newest()
    const committed = await this.session.committed()
    const offset = committed?.offset ?? 0
    this.move('opened')
    if (!this.reconcile(offset)) await this.rebuild(offset, newest)
    this.position = offset
    this.reader = log.openReader(input, offset, committed?.leaderEpoch)
    this.move('restored')
  }

  /**
   * After a lost commit: its overlay is merged if the log stands at its end, and dropped, with all younger ones, if it stands at
   * its start. False when neither fits, or there is no state yet: then the state is rebuilt.
   */
  private reconcile(committedOffset: number): boolean {
    const { state, sealed } = this
    if (state === null) return false
    const { set } = state.stores
    if (sealed !== null) this.counters.unknownOutcomes++
    if (sealed !== null && committedOffset === sealed.next.offset) {
      while (set.depth > 1) set.dropYoungest()
      this.mergeSealed(sealed)
    }
    set.dropAll()
    this.sealed = null
    return this.state?.offset === committedOffset
  }

  private async rebuild(committedOffset: number, newest: number): Promise<void> {
    const { log, input, processor, checkpoints, onRestore } = this.options
    await checkpoints.settled()
    await checkpoints.requireNonePast(committedOffset, newest)
    let reached: number | null = null
    const onProgress: FoldProgress = (offset, until) => {
      this.counters.restoredRecords += offset - (reached ?? offset)
      this.counters.restoreRemaining = until - offset
      reached = offset
      onRestore?.(offset, until)
    }
    const { warm } = this
    this.warm = null // A fold that breaks off leaves it between two offsets: whatever comes of it, it is used once.
    if (warm !== null && warm.offset <= committedOffset) {
      requireReached(input, await log.bounds(input), committedOffset)
      await fold(log, input, processor, warm, committedOffset, onProgress)
      this.state = { stores: warm.stores, offset: committedOffset }
    } else this.state = await restore(log, input, processor, checkpoints, committedOffset, onProgress)
  }

  private async loop(): Promise<void> {
    const { checkpoints, fetchBytesMax, fetchWaitMs } = this.options
    while (!this.stopping) {
      if (this.handingOver) await this.saveForSuccessor()
      else if (checkpoints.due(this.committedOffset)) await this.checkpoint()
      // While a commit is in flight only what is there already is worth taking: its answer must not wait for more.
      const fetched = await this.openReader().fetch(fetchBytesMax, this.inFlight === null ? fetchWaitMs : 0)
      // Markers alone are committed past as well. Retention takes them from an idle input as it takes records, and a task whose
      // offset stood before them could not start again.
      if (fetched.nextOffset > this.position) await this.advance(fetched)
      if (fetched.bytes.length < fetchBytesMax / OVERLAP_SHARE) await this.settleAndRest()
      this.counters.lag = Math.max(0, fetched.endOffset - this.position)
      if (this.options.clock.nowMs() >= this.punctuations.dueMs) await this.punctuate()
    }
  }

  /** Runs the wall-clock punctuations over committed state alone: what they free is not taken back. */
  private async punctuate(): Promise<void> {
    await this.settle()
    this.punctuations.run(this.restoredState().stores, this.options.clock.nowMs())
  }

  /** Processes what was fetched: in one transaction, or in as many as the stores' bounds demand. */
  private async advance(fetched: FetchedBatches): Promise<void> {
    for (let cleared = false; ; ) {
      const { progress, outputs } = this.fill(fetched.bytes)
      await this.settle()
      const reached = reachedBy(progress, fetched, Number.POSITIVE_INFINITY)
      const moved = reached > this.position
      if (moved) this.seal(reached, reached === fetched.nextOffset ? fetched.leaderEpoch : undefined, outputs)
      else this.discard(outputs)
      if (progress.awaits !== null) {
        await this.settle()
        await this.learn(progress.awaits)
        if (this.stopping) return
        continue
      }
      if (progress.blockedBy === null) return
      if (!moved && cleared) throw progress.blockedBy
      cleared = !moved
      await this.settle()
      this.restoredState().stores.expire(true)
    }
  }

  /** Waits for one answer, or until a stop is asked for. What nobody can tell now is asked for again by the next pass. */
  private async learn(ask: () => Promise<void>): Promise<void> {
    const { clock, onError } = this.options
    let answered = false
    const asking = ask()
      .then(
        () => null,
        (cause) => asStreamsError(cause, this.input),
      )
      .finally(() => {
        answered = true
      })
    while (!answered && !this.stopping && !this.handingOver) await Promise.race([asking, clock.wait(STOP_POLL_MS)])
    if (!answered) {
      this.stop()
      return
    }
    const error = await asking
    this.counters.schemaWaits = error === null ? 0 : this.counters.schemaWaits + 1
    if (error === null) return
    if (error.next !== 'retry') throw error
    onError?.(error)
  }

  private discard(outputs: TaskOutputs): void {
    this.restoredState().stores.set.dropYoungest()
    this.spareOutputs.push(outputs)
  }

  /** Runs the batches through the topology into a new overlay and a fresh set of outputs. */
  private fill(bytes: Uint8Array) {
    const { processor, input, clock } = this.options
    const { stores } = this.restoredState()
    const startedMs = clock.nowMs()
    const outputs = this.spareOutputs.pop() ?? new TaskOutputs(input.partition)
    outputs.open(processedAt(startedMs))
    stores.set.open()
    const progress = processor.process(stores, outputs, input, bytes, this.position, Number.POSITIVE_INFINITY)
    this.counters.processMsTotal += clock.nowMs() - startedMs
    return { progress, outputs }
  }

  /** Step 1 of SPEC X2, which is taken only when no commit is in flight; the steps that follow run behind the next batch. */
  private seal(nextOffset: number, leaderEpoch: number | undefined, outputs: TaskOutputs): void {
    const { stores } = this.restoredState()
    stores.set.seal()
    const metadata = `streamTimeMs=${stores.streamTimeMs}`
    const next = { offset: nextOffset, metadata, ...(leaderEpoch !== undefined && { leaderEpoch }) }
    const transaction = { startOffset: this.position, next, outputs, commitMs: 0 }
    this.sealed = transaction
    this.position = nextOffset
    this.inFlight = this.commit(transaction).then(
      () => null,
      (cause) => asStreamsError(cause, this.input),
    )
  }

  /** Steps 2 to 5 of SPEC X2. Step 6 is `settle`. */
  private async commit(transaction: Transaction): Promise<void> {
    const session = this.session
    if (session === null) throw new StreamsError('NO_SESSION', 'abort', 'the session is closed', this.input)
    const { clock } = this.options
    const begunMs = clock.nowMs()
    // Step 2. Begin.
    session.begin()
    // Step 3. Append the sealed outputs.
    await session.append(transaction.outputs.finish())
    // Step 4. Send the input offset, with stream time in its metadata.
    await session.sendOffset(transaction.next)
    // Step 5. End: outputs and offset become durable and visible together.
    await session.end()
    transaction.commitMs = clock.nowMs() - begunMs
  }

  /** Step 6 of SPEC X2: once the end is acknowledged, the overlay is merged. Throws what the commit rejected with. */
  private async settle(): Promise<void> {
    const { inFlight, sealed } = this
    if (inFlight === null || sealed === null) return
    const error = await inFlight
    this.inFlight = null
    if (error !== null) throw error
    this.mergeSealed(sealed)
  }

  /** A task that keeps up lets records gather for as long as its log says; one that is to end does not wait for more. */
  private async settleAndRest(): Promise<void> {
    await this.settle()
    const restMs = this.session?.restMs ?? 0
    if (restMs > 0 && !this.stopping && !this.handingOver) await this.options.clock.wait(restMs)
  }

  private mergeSealed(transaction: Transaction): void {
    const { outputs, next, commitMs } = transaction
    const { stores } = this.restoredState()
    stores.set.mergeOldest()
    stores.expire(false)
    this.state = { stores, offset: next.offset }
    this.sealed = null
    this.count(outputs, commitMs)
    this.spareOutputs.push(outputs)
  }

  private count({ counters }: TaskOutputs, commitMs: number): void {
    const total = this.counters
    total.commits++
    total.commitMsTotal += commitMs
    total.commitMsMax = Math.max(total.commitMsMax, commitMs)
    total.add(counters)
    this.options.onCommit?.(commitMs)
  }

  /** Waits until nothing is in flight, so that the snapshot is of committed state alone. */
  private async checkpoint(): Promise<void> {
    await this.settle()
    const { stores, offset } = this.restoredState()
    this.options.checkpoints.begin(stores, offset)
  }

  /** Begins the checkpoint of a hand-over, once; the task stops when it is written. */
  private async saveForSuccessor(): Promise<void> {
    if (this.saving) return
    await this.checkpoint()
    this.saving = true
    void this.options.checkpoints.settled().then(() => this.stop())
  }

  private async closeGracefully(): Promise<void> {
    this.move('stop')
    const { checkpoints } = this.options
    await this.settle()
    await checkpoints.settled()
    if (!this.handingOver) await this.checkpoint()
    await checkpoints.settled()
    // A write that failed is told by the next question; without this one the last would fail in silence.
    checkpoints.due(this.committedOffset)
    await this.releaseSession()
    this.move('closed')
  }

  private async releaseSession(): Promise<void> {
    const { session, inFlight } = this
    await inFlight
    this.inFlight = null
    this.reader?.close()
    this.reader = null
    this.session = null
    // A session that has failed may fail to close as well; its fence is the next owner's business.
    await session?.close().catch((cause: unknown) => this.options.onError?.(asStreamsError(cause, this.input)))
  }

  private restoredState(): RestoredState<S> {
    if (this.state === null) throw new StreamsError('INVARIANT', 'stop', 'the task has no state yet', this.input)
    return this.state
  }

  private openReader(): LogReader {
    if (this.reader === null) throw new StreamsError('INVARIANT', 'stop', 'the task has no reader yet', this.input)
    return this.reader
  }

  private move(event: TaskEvent): TaskState {
    this.current = nextTaskState(this.current, event)
    this.options.onState?.(this.current)
    return this.current
  }
}

/** The record header that tells when this process handled the record; outside the bytes that `verify` compares (SPEC S5). */
function processedAt(nowMs: number): EncodedHeaders {
  return encodeHeaders([['processed-at', new TextEncoder().encode(String(nowMs))]])
}
