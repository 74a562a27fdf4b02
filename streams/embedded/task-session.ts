import { StreamsError } from '../errors.ts'
import type { CommittedOffset, OutputBatch, TaskSession } from '../log/log.ts'
import type { BatchToAppend, TaskIdentity, WriteAnswer, WriteKind, WriteRequest } from './write-request.ts'

/** What a session needs of the log that it belongs to. */
export interface SessionSource {
  nowMs(): number
  write<K extends WriteKind>(request: WriteRequest<K>, memory?: readonly ArrayBuffer[]): Promise<WriteAnswer<K>>
  readOffset(): CommittedOffset | null
  /** Checks a task's output and copies it into memory that may move to the writing thread. */
  toAppend(batch: OutputBatch): BatchToAppend
  released(): void
}

interface Transaction {
  readonly batches: OutputBatch[]
  next: CommittedOffset | null
}

/** One owner of one task. A transaction is collected here and written as one request at its end. */
export class EmbeddedTaskSession implements TaskSession {
  private readonly task: TaskIdentity
  private readonly epoch: number
  private readonly source: SessionSource
  private open: Transaction | null = null
  private ending = false
  private ended: StreamsError | null = null

  constructor(task: TaskIdentity, epoch: number, source: SessionSource) {
    this.task = task
    this.epoch = epoch
    this.source = source
  }

  async committed(): Promise<CommittedOffset | null> {
    this.requireAlive()
    return this.source.readOffset()
  }

  begin(): void {
    this.requireAlive()
    // A later transaction must never stand without an earlier one, so their ends do not overlap.
    if (this.open !== null || this.ending) throw this.misuse('begin while a transaction is open')
    this.open = { batches: [], next: null }
  }

  async append(batches: readonly OutputBatch[]): Promise<void> {
    this.requireOpen('append').batches.push(...batches)
  }

  async sendOffset(next: CommittedOffset): Promise<void> {
    this.requireOpen('sendOffset').next = next
  }

  async end(): Promise<void> {
    const { batches, next } = this.requireOpen('end')
    this.open = null
    this.ending = true
    try {
      const outputs = batches.map((batch) => this.source.toAppend(batch))
      const memory = outputs.map(({ bytes }) => bytes.buffer as ArrayBuffer)
      const { task, epoch } = this
      await this.source.write<'commit-task'>(
        { kind: 'commit-task', ...task, epoch, outputs, next, nowMs: this.source.nowMs() },
        memory,
      )
    } catch (error) {
      this.ended = error as StreamsError
      throw error
    } finally {
      this.ending = false
    }
  }

  async abort(): Promise<void> {
    this.open = null
  }

  async close(): Promise<void> {
    if (this.ended?.code === 'SESSION_CLOSED') return
    this.ended = new StreamsError(
      'SESSION_CLOSED',
      'stop',
      'the task session is closed; open a new one',
      this.task.input,
    )
    this.open = null
    try {
      const { task, epoch } = this
      await this.source.write<'close-task'>({ kind: 'close-task', ...task, epoch })
    } catch (error) {
      // A stopped log gives nothing up; its owner is known to be dead once this process has ended.
      if (!(error instanceof StreamsError) || error.next !== 'stop') throw error
    } finally {
      this.source.released()
    }
  }

  private requireAlive(): void {
    if (this.ended !== null) throw this.ended
  }

  private requireOpen(call: string): Transaction {
    this.requireAlive()
    if (this.open === null) throw this.misuse(`${call} without a transaction`)
    return this.open
  }

  private misuse(what: string): StreamsError {
    return new StreamsError('SESSION_MISUSED', 'stop', `${what}; this is a bug in Sluice`, this.task.input)
  }
}
