import type {
  CommittedOffset,
  FetchedBatches,
  GroupOffsets,
  Log,
  LogBounds,
  LogReader,
  OutputBatch,
  ProducerSession,
  TaskSession,
  TopicPartition,
  TopicSettings,
} from '../../streams/log/log.ts'
import type { Failpoint } from './failpoint.ts'

/** A commit as the task's process saw it acknowledged. */
export interface Acknowledged extends TopicPartition {
  readonly offset: number
  /** Wall clock when the transaction was sent, epoch ms, and how long the answer took. */
  readonly startMs: number
  readonly tookMs: number
}

/** Time for the writing thread to commit while this thread holds still. */
const UNANSWERED_MS = 150

/** A log whose user can be killed at each step of a commit, and who hears of each acknowledged one. */
export class FaultyLog implements Log {
  private readonly log: Log
  private readonly failpoint: Failpoint
  private readonly acknowledged: (commit: Acknowledged) => void

  constructor(log: Log, failpoint: Failpoint, acknowledged: (commit: Acknowledged) => void) {
    this.log = log
    this.failpoint = failpoint
    this.acknowledged = acknowledged
  }

  createTopics(topics: readonly TopicSettings[]): Promise<void> {
    return this.log.createTopics(topics)
  }

  topics(): Promise<readonly TopicSettings[]> {
    return this.log.topics()
  }

  bounds(at: TopicPartition): Promise<LogBounds> {
    return this.log.bounds(at)
  }

  openReader(at: TopicPartition, offset: number): LogReader {
    return new FaultyReader(this.log.openReader(at, offset), this.failpoint)
  }

  async openTask(applicationId: string, input: TopicPartition): Promise<TaskSession> {
    const session = await this.log.openTask(applicationId, input)
    return new FaultySession(session, input, this.failpoint, this.acknowledged)
  }

  openProducer(name: string | null): Promise<ProducerSession> {
    return this.log.openProducer(name)
  }

  group(groupId: string): GroupOffsets {
    return this.log.group(groupId)
  }

  close(): Promise<void> {
    return this.log.close()
  }
}

class FaultyReader implements LogReader {
  private readonly reader: LogReader
  private readonly failpoint: Failpoint

  constructor(reader: LogReader, failpoint: Failpoint) {
    this.reader = reader
    this.failpoint = failpoint
  }

  async fetch(maxBytes: number, waitMs: number): Promise<FetchedBatches> {
    const fetched = await this.reader.fetch(maxBytes, waitMs)
    if (fetched.bytes.length > 0) this.failpoint.reached('fetched')
    return fetched
  }

  seek(offset: number): void {
    this.reader.seek(offset)
  }

  close(): void {
    this.reader.close()
  }
}

class FaultySession implements TaskSession {
  private readonly session: TaskSession
  private readonly input: TopicPartition
  private readonly failpoint: Failpoint
  private readonly acknowledged: (commit: Acknowledged) => void
  private nextOffset = 0

  constructor(
    session: TaskSession,
    input: TopicPartition,
    failpoint: Failpoint,
    acknowledged: (commit: Acknowledged) => void,
  ) {
    this.session = session
    this.input = input
    this.failpoint = failpoint
    this.acknowledged = acknowledged
  }

  committed(): Promise<CommittedOffset | null> {
    return this.session.committed()
  }

  begin(): void {
    this.failpoint.reached('sealed')
    this.session.begin()
    this.failpoint.reached('begun')
  }

  async append(batches: readonly OutputBatch[]): Promise<void> {
    await this.session.append(batches)
    this.failpoint.reached('appended')
  }

  async sendOffset(next: CommittedOffset): Promise<void> {
    await this.session.sendOffset(next)
    this.nextOffset = next.offset
    this.failpoint.reached('offset-sent')
  }

  async end(): Promise<void> {
    const [startMs, started] = [Date.now(), performance.now()]
    const ended = this.session.end()
    this.failpoint.reached('end-sent')
    if (this.failpoint.is('end-unanswered')) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, UNANSWERED_MS)
      this.failpoint.reached('end-unanswered')
    }
    await ended
    const tookMs = performance.now() - started
    this.acknowledged({ ...this.input, offset: this.nextOffset, startMs, tookMs })
    this.failpoint.reached('acknowledged')
  }

  abort(): Promise<void> {
    return this.session.abort()
  }

  close(): Promise<void> {
    return this.session.close()
  }
}
