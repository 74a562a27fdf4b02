import { StreamsError } from '../errors.ts'
import type { FetchedBatches, LogReader, TopicPartition } from '../log/log.ts'
import { Backoff } from './backoff.ts'
import type { PartitionLeader } from './cluster-metadata.ts'
import { CommittedBatches, CorruptBatchError } from './committed-batches.ts'
import type { FetchedPartition } from './fetch-request.ts'
import type { PartitionDemand } from './fetch-session.ts'
import type { KafkaCounters } from './kafka-counters.ts'

/** What a reader needs of the fetcher that it belongs to. */
export interface ReaderSource {
  readonly counters: KafkaCounters
  /** How many polls were sent so far. */
  readonly pollsSent: number
  /** Makes sure that the reader is looked after: its leader known, its demand in the next poll. */
  attend(reader: PartitionReader): void
  dismiss(reader: PartitionReader): void
}

const NOTHING = new Uint8Array(0)
/** Bytes that do not match their checksum are fetched again this often: a line may err, a disk stays wrong. */
const CORRUPT_TRIES = 3
/** A fetch that waits is told of a partition that nobody serves after this long. */
const FAILING_MAX_MS = 5_000

/** A `fetch` that brings less than one part in so many of what it asked for has brought all there was. */
const BUSY_SHARE = 8

/**
 * Reads one partition of a cluster. Two stretches of fetched batches are held at most: one that is given out, one that is
 * fetched ahead meanwhile; while both are there the partition is left out of polls. Each is as large as the last `fetch`
 * asked for, or as one batch that is larger. A caller who has seen all there was is not fetched ahead for: the little that
 * would come at once would keep it, at its next call, from what has come since.
 */
export class PartitionReader implements LogReader {
  readonly at: TopicPartition
  readonly backoff: Backoff = new Backoff(20, 1_000)
  leader: PartitionLeader | null = null
  private readonly source: ReaderSource
  /** The next offset to give out, and the next to fetch. */
  private position: number
  private fetchOffset: number
  /** The leader epochs of the batches before those two offsets, or -1: by them a broker sees that its log is not the one read. */
  private positionEpoch: number
  private lastFetchedEpoch: number
  private current = new CommittedBatches()
  private ahead = new CommittedBatches()
  private endOffset = 0
  private maxBytes = 0
  private missingBytes = 0
  private corruptTries = 0
  private topicId: string | null = null
  private failure: StreamsError | null = null
  private failingSinceMs: number | null = null
  private answeredPoll = 0
  /** Whether the last `fetch` brought so much that more is fetched before it is asked for. */
  private isBusy = false
  /** Until when the `fetch` under way may wait; null when none is. */
  private waitUntilMs: number | null = null
  private wake: (() => void) | null = null
  private closed = false

  constructor(at: TopicPartition, offset: number, source: ReaderSource, leaderEpoch = -1) {
    this.at = at
    this.position = offset
    this.fetchOffset = offset
    this.positionEpoch = leaderEpoch
    this.lastFetchedEpoch = leaderEpoch
    this.source = source
  }

  async fetch(maxBytes: number, waitMs: number): Promise<FetchedBatches> {
    this.maxBytes = Math.max(1, maxBytes)
    const untilMs = performance.now() + waitMs
    const { pollsSent } = this.source
    const { position } = this
    this.waitUntilMs = untilMs
    try {
      for (;;) {
        const bytes = this.takeReady()
        if (this.failure !== null) throw this.failure
        if (this.closed) return this.fetched(NOTHING)
        this.source.attend(this)
        // Batches that no reader may see move the position as well: who waits for an offset must hear of it.
        if (bytes.length > 0 || this.position > position) return this.fetched(bytes)
        // An empty hand is only believed of a poll that was sent after this call.
        if (performance.now() >= untilMs && this.answeredPoll > pollsSent) return this.fetched(NOTHING)
        await this.news(untilMs)
      }
    } finally {
      this.waitUntilMs = null
      this.failure = null
    }
  }

  seek(offset: number): void {
    this.position = offset
    this.positionEpoch = -1
    this.restart()
  }

  close(): void {
    this.closed = true
    this.source.dismiss(this)
    this.current.release()
    this.ahead.release()
    this.wake?.()
  }

  /** How far behind the end this is, in offsets: `records-lag`. */
  get lag(): number {
    return Math.max(0, this.endOffset - this.position)
  }

  get isClosed(): boolean {
    return this.closed
  }

  /** How long the `fetch` under way may still wait; infinity when none is. */
  waitLeftMs(nowMs: number): number {
    return this.waitUntilMs === null ? Number.POSITIVE_INFINITY : Math.max(0, this.waitUntilMs - nowMs)
  }

  /** What the next poll should bring; null while nothing more is to be held. */
  demand(): PartitionDemand | null {
    const { leader, lastFetchedEpoch, fetchOffset: offset } = this
    if (this.closed || leader === null || this.failure !== null || !this.ahead.empty) return null
    if (this.waitUntilMs === null && !this.isBusy) return null
    const { topicId, leaderEpoch } = leader
    const maxBytes = Math.max(this.maxBytes, this.missingBytes)
    return { topicId, partition: this.at.partition, offset, leaderEpoch, lastFetchedEpoch, maxBytes }
  }

  /** The broker that leads the partition now. A topic that was made anew is another log: never read on in silence. */
  ledBy(leader: PartitionLeader): void {
    if (this.topicId !== null && this.topicId !== leader.topicId) {
      this.topicId = leader.topicId
      this.fail(
        this.error('TOPIC_RECREATED', 'the topic was deleted and made again; decide where to read the new one from'),
      )
      return
    }
    this.topicId = leader.topicId
    this.leader = leader
  }

  /** What a poll brought for `demand`. Its bytes are copied before this returns. */
  accept(fetched: FetchedPartition, demand: PartitionDemand): void {
    // A seek came between.
    if (this.closed || demand.offset !== this.fetchOffset) return
    this.endOffset = fetched.lastStableOffset
    if (fetched.divergedAt !== null) {
      const what = `the log was cut off at ${fetched.divergedAt} by an election; records that were read are gone: decide what to undo`
      this.fail(this.error('LOG_TRUNCATED', what))
      return
    }
    if (fetched.records.length === 0) return
    this.source.counters.bytesConsumedTotal += fetched.records.length
    try {
      const { nextOffset, leaderEpoch, missingBytes } = this.ahead.fill(
        fetched.records,
        fetched.aborted,
        demand.offset,
        fetched.lastStableOffset,
      )
      this.fetchOffset = nextOffset
      if (leaderEpoch >= 0) this.lastFetchedEpoch = leaderEpoch
      this.missingBytes = missingBytes
    } catch (error) {
      this.corrupt(error)
    }
  }

  /** The broker does not hold the offset: the caller decides, nothing is reset. */
  outOfRange(demand: PartitionDemand): void {
    if (this.closed || demand.offset !== this.fetchOffset) return
    const what = 'the log no longer or not yet holds this offset: decide where to go on, nothing was skipped'
    this.fail(new StreamsError('OFFSET_OUT_OF_RANGE', 'stop', what, { ...this.at, offset: demand.offset }))
  }

  /** A poll that was sent as number `poll` and looked at this partition is over. */
  answered(poll: number, endOffset: number): void {
    this.answeredPoll = poll
    this.endOffset = endOffset
    this.failingSinceMs = null
    this.backoff.succeeded()
    this.wake?.()
  }

  /** Nobody serves the partition just now; it is tried again. */
  failing(error: StreamsError): void {
    const nowMs = performance.now()
    this.failingSinceMs ??= nowMs
    if (nowMs - this.failingSinceMs <= FAILING_MAX_MS || this.waitUntilMs === null) return
    this.failingSinceMs = null
    const what = `nobody has served the partition for ${FAILING_MAX_MS} ms (${error.message}); reading goes on when somebody does`
    this.fail(new StreamsError('KAFKA_NOT_SERVED', 'retry', what, this.at, error))
  }

  /** The `fetch` under way or the next one rejects with this; the one after tries anew. */
  fail(error: StreamsError): void {
    this.failure = error
    this.source.dismiss(this)
    this.restart()
    this.wake?.()
  }

  private fetched(bytes: Uint8Array): FetchedBatches {
    this.isBusy = bytes.length >= this.maxBytes / BUSY_SHARE
    const { position, positionEpoch: leaderEpoch } = this
    const endOffset = Math.max(this.endOffset, position)
    return { bytes, nextOffset: position, endOffset, ...(leaderEpoch >= 0 && { leaderEpoch }) }
  }

  /** The next batches of what is held; empty when there is none that a reader may see. */
  private takeReady(): Uint8Array {
    try {
      for (;;) {
        if (this.current.empty) [this.current, this.ahead] = [this.ahead, this.current]
        if (this.current.empty) return NOTHING
        const bytes = this.current.take(this.maxBytes, this.position)
        this.position = Math.max(this.position, this.current.nextOffset)
        this.positionEpoch = Math.max(this.positionEpoch, this.current.leaderEpoch)
        this.corruptTries = 0
        if (bytes.length > 0) return bytes
      }
    } catch (error) {
      this.corrupt(error)
      return NOTHING
    } finally {
      this.source.counters.abortedBatchesTotal += this.current.abortedBatches
      this.current.abortedBatches = 0
    }
  }

  /** Fetches again what does not match its checksum, a few times. */
  private corrupt(error: unknown): void {
    if (!(error instanceof CorruptBatchError)) throw error
    this.source.counters.corruptFetchesTotal++
    this.restart()
    if (++this.corruptTries < CORRUPT_TRIES) return
    this.corruptTries = 0
    const what = `${error.message}, fetched ${CORRUPT_TRIES} times; the partition stops here, nothing was skipped: restore it on the broker`
    this.fail(new StreamsError('CORRUPT_BATCH', 'stop', what, { ...this.at, offset: error.offset }, error))
  }

  /** Drops what is held and fetches from the position on. */
  private restart(): void {
    this.current.clear()
    this.ahead.clear()
    this.fetchOffset = this.position
    this.missingBytes = 0
    this.lastFetchedEpoch = this.positionEpoch
  }

  private error(code: string, what: string): StreamsError {
    return new StreamsError(code, 'stop', what, { ...this.at, offset: this.position })
  }

  private async news(untilMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.wake = resolve
    const leftMs = untilMs - performance.now()
    const timer = leftMs > 0 ? setTimeout(resolve, leftMs) : null
    await promise
    if (timer !== null) clearTimeout(timer)
    this.wake = null
  }
}
