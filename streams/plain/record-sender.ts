import { StreamsError } from '../errors.ts'
import type { Log, ProducerSession, TopicPartition } from '../log/log.ts'
import { putRecord } from '../record/put-record.ts'
import { RecordBatchWriter } from '../record/record-batch-writer.ts'
import { partitionOfKey, type Topic } from './topic.ts'

/** Records that may wait for the log in one partition; one more is refused. */
const WAITING_MAX = 10_000

/** Where a sent record stands. */
export interface SentRecord extends TopicPartition {
  readonly offset: number
}

interface WaitingRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  resolve(sent: SentRecord): void
  reject(error: unknown): void
}

/**
 * Sends records from outside the topology. In a partition they keep the order of the calls: one batch is in flight, and
 * what is sent meanwhile goes together into the next.
 */
export class RecordSender {
  private readonly log: Pick<Log, 'openProducer'>
  private readonly clock: { nowMs(): number }
  private readonly lanes = new Map<string, Lane>()
  /** Where the next record without a key goes, so that partitions take turns. */
  private turn = 0
  private closing = false

  constructor(log: Pick<Log, 'openProducer'>, clock: { nowMs(): number }) {
    this.log = log
    this.clock = clock
  }

  /**
   * Resolves when the log has the record for good.
   * @throws StreamsError: refused, or it may stand in the log or not; then sending it again may double it.
   */
  async send<K, V>(topic: Topic<K, V>, key: K, value: V): Promise<SentRecord> {
    const keyBytes = topic.key.encode(key)
    const valueBytes = topic.value.encode(value)
    const at = { topic: topic.name, partition: partitionOfKey(topic, keyBytes, keyBytes === null ? this.turn++ : 0) }
    if (this.closing) throw new StreamsError('APPLICATION_CLOSED', 'stop', 'nothing is sent after close', at)
    return this.lane(at).send(keyBytes, valueBytes, this.clock.nowMs())
  }

  /** Waits for what was sent, then closes. */
  async close(): Promise<void> {
    this.closing = true
    await Promise.all([...this.lanes.values()].map((lane) => lane.close()))
  }

  private lane(at: TopicPartition): Lane {
    const name = `${at.topic}-${at.partition}`
    const lane = this.lanes.get(name) ?? new Lane(this.log, at)
    this.lanes.set(name, lane)
    return lane
  }
}

/** One partition: what waits for it, and the producer session that its sequence belongs to. */
class Lane {
  private readonly log: Pick<Log, 'openProducer'>
  private readonly at: TopicPartition
  private waiting: WaitingRecord[] = []
  private session: ProducerSession | null = null
  private sequence = 0
  private draining = false
  private drained: Promise<void> = Promise.resolve()

  constructor(log: Pick<Log, 'openProducer'>, at: TopicPartition) {
    this.log = log
    this.at = at
  }

  send(key: Uint8Array | null, value: Uint8Array | null, nowMs: number): Promise<SentRecord> {
    if (this.waiting.length >= WAITING_MAX) {
      const what = `${WAITING_MAX} records wait for the log already; await earlier ones, then send this one again`
      throw new StreamsError('SEND_FULL', 'retry', what, this.at)
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, value, resolve, reject })
      if (!this.draining) this.drained = this.drain(nowMs)
    })
  }

  async close(): Promise<void> {
    await this.drained
    await this.session?.close()
  }

  private async drain(nowMs: number): Promise<void> {
    this.draining = true
    // A turn later, so that what is sent in one breath goes together.
    await Promise.resolve()
    while (this.waiting.length > 0) {
      const together = this.waiting
      this.waiting = []
      try {
        await this.append(together, nowMs)
      } catch (error) {
        for (const { reject } of together) reject(error)
        await this.startOver()
      }
    }
    this.draining = false
  }

  /** After an error nothing is known of the session: the next record begins a new one. */
  private async startOver(): Promise<void> {
    const { session } = this
    this.session = null
    this.sequence = 0
    // The records' senders have the error that counts.
    await session?.close().catch(() => {})
  }

  private async append(records: readonly WaitingRecord[], nowMs: number): Promise<void> {
    this.session ??= await this.log.openProducer(null)
    const writer = new RecordBatchWriter(4_096)
    for (const { key, value } of records) putRecord(writer, nowMs, key, value)
    let sent = 0
    for (const { bytes, recordCount } of writer.finish()) {
      const { baseOffset } = await this.session.append({ ...this.at, bytes, recordCount }, this.sequence)
      this.sequence += recordCount
      for (let i = 0; i < recordCount; i++) records[sent++]?.resolve({ ...this.at, offset: baseOffset + i })
    }
  }
}
