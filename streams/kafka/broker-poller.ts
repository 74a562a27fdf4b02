import type { StreamsError } from '../errors.ts'
import { refusal, requestFailed } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import { type FetchAnswer, type FetchApi, type FetchedPartition, fetchApi } from './fetch-request.ts'
import { FetchSession, keyOf, type PartitionDemand } from './fetch-session.ts'
import type { PartitionReader } from './partition-reader.ts'

const READ_COMMITTED = 1
const OFFSET_OUT_OF_RANGE = 1
/** One answer brings at most about this much, for all partitions together; the broker lets them take turns. */
const ANSWER_BYTES_MAX = 8 << 20
/** How long a poll may stay at the broker. A partition that comes newly waits for the poll before it, so it is not long. */
const POLL_MS = 100
/** The same while partitions are left out because their readers hold enough: they may want more at any time. */
const SHORT_POLL_MS = 10
/** The answers that mean: the broker has forgotten the session. Beginning a new one is all there is to do. */
const SESSION_CODES = new Set([70, 71, 100, 103, 106])

/** What a poller needs of the fetcher that it belongs to. */
export interface PollSource {
  nextPoll(): number
  /** The reader's broker does not serve it any more. */
  moved(reader: PartitionReader, error: StreamsError): void
}

interface Asked {
  readonly reader: PartitionReader
  readonly demand: PartitionDemand
}

/** Polls one broker for all partitions that it leads and that are read here: one connection, one poll at a time. */
export class BrokerPoller {
  private readonly cluster: Cluster
  private readonly brokerId: number
  private readonly source: PollSource
  private readonly api: FetchApi
  private readonly session = new FetchSession()
  private readonly readers = new Set<PartitionReader>()
  private round: Map<string, Asked> = new Map()
  /** The ends of the partitions that the session remembers: the broker repeats only what has changed. */
  private ends = new Map<string, number>()
  private wakeUp: (() => void) | null = null
  private stopped = false

  constructor(cluster: Cluster, brokerId: number, source: PollSource) {
    this.cluster = cluster
    this.brokerId = brokerId
    this.source = source
    this.api = fetchApi((fetched) => this.take(fetched))
  }

  add(reader: PartitionReader): void {
    this.readers.add(reader)
    this.wake()
  }

  remove(reader: PartitionReader): void {
    this.readers.delete(reader)
  }

  /** Somebody may want more than when it was last asked. */
  wake(): void {
    this.wakeUp?.()
  }

  stop(): void {
    this.stopped = true
    this.wake()
  }

  /** Polls until stopped. */
  async run(): Promise<void> {
    while (!this.stopped) {
      this.round = this.demands()
      if (this.round.size === 0) await this.untilWoken()
      else await this.poll()
    }
  }

  private demands(): Map<string, Asked> {
    const round = new Map<string, Asked>()
    for (const reader of this.readers) {
      const demand = reader.demand()
      if (demand === null) continue
      // Two readers of one partition take turns: the broker answers a partition once.
      const key = keyOf(demand)
      if (round.has(key)) continue
      round.set(key, { reader, demand })
    }
    return round
  }

  private async untilWoken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.wakeUp = resolve
    await promise
    this.wakeUp = null
  }

  private async poll(): Promise<void> {
    const asked = [...this.round.values()]
    const { counters } = this.cluster
    const poll = this.source.nextPoll()
    const startedMs = performance.now()
    try {
      const answer = await this.request(asked, startedMs)
      const latencyMs = performance.now() - startedMs
      counters.fetchTotal++
      counters.fetchLatencyMsTotal += latencyMs
      counters.fetchLatencyMsMax = Math.max(counters.fetchLatencyMsMax, latencyMs)
      if (answer.errorCode === 0) this.session.accept(answer.sessionId)
      else this.session.reset()
      if (answer.errorCode !== 0 && !SESSION_CODES.has(answer.errorCode)) throw refusal('Fetch', answer.errorCode, {})
      if (answer.errorCode !== 0) return
      this.ends = new Map([...this.ends].filter(([key]) => this.round.has(key)))
      for (const [key, { reader }] of this.round) this.answered(reader, poll, this.ends.get(key) ?? 0)
    } catch (cause) {
      this.session.reset()
      for (const { reader } of asked) this.leave(reader, requestFailed('Fetch', cause, reader.at))
    }
  }

  private answered(reader: PartitionReader, poll: number, endOffset: number): void {
    if (!this.readers.delete(reader)) return
    // Behind the others, so that two readers of one partition take turns.
    this.readers.add(reader)
    reader.answered(poll, endOffset)
  }

  private request(asked: readonly Asked[], nowMs: number): Promise<FetchAnswer> {
    let waitMs = asked.length < this.readers.size ? SHORT_POLL_MS : POLL_MS
    for (const { reader } of asked) waitMs = Math.min(waitMs, reader.waitLeftMs(nowMs))
    const { sessionId, epoch, topics, forgotten } = this.session.next(asked.map(({ demand }) => demand))
    return this.cluster.call(
      this.brokerId,
      'fetch',
      this.api,
      Math.floor(waitMs),
      1,
      ANSWER_BYTES_MAX,
      READ_COMMITTED,
      sessionId,
      epoch,
      topics,
      forgotten,
      '',
    )
  }

  /** One partition of the answer, still in the receive buffer. */
  private take(fetched: FetchedPartition): void {
    const asked = this.round.get(keyOf(fetched))
    if (asked === undefined) return
    const { reader, demand } = asked
    const { errorCode } = fetched
    if (errorCode === 0) {
      this.ends.set(keyOf(fetched), fetched.lastStableOffset)
      reader.accept(fetched, demand)
      return
    }
    if (errorCode === OFFSET_OUT_OF_RANGE) reader.outOfRange(demand)
    else this.leave(reader, refusal('Fetch', errorCode, { ...reader.at, offset: demand.offset }))
  }

  private leave(reader: PartitionReader, error: StreamsError): void {
    if (this.readers.delete(reader)) this.source.moved(reader, error)
  }
}
