import { setTimeout as pause } from 'node:timers/promises'
import { StreamsError } from '../errors.ts'
import type { LogReader, TopicPartition } from '../log/log.ts'
import { requestFailed } from './broker-errors.ts'
import { BrokerPoller, type PollSource } from './broker-poller.ts'
import type { Cluster } from './cluster.ts'
import type { KafkaCounters } from './kafka-counters.ts'
import { PartitionReader, type ReaderSource } from './partition-reader.ts'

/** Readers of many partitions over one poll to each broker. */
export class Fetcher implements ReaderSource, PollSource {
  pollsSent = 0
  private readonly cluster: Cluster
  private readonly pollers = new Map<number, BrokerPoller>()
  /** Where each reader that is looked after is polled; null while its leader is looked for. */
  private readonly attended = new Map<PartitionReader, BrokerPoller | null>()
  private closed = false

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  get counters(): KafkaCounters {
    return this.cluster.counters
  }

  open(at: TopicPartition, offset: number, leaderEpoch?: number): LogReader {
    return new PartitionReader(at, offset, this, leaderEpoch)
  }

  /** `records-lag-max`: of all readers, the farthest behind. */
  get lagMax(): number {
    let lagMax = 0
    for (const reader of this.attended.keys()) lagMax = Math.max(lagMax, reader.lag)
    return lagMax
  }

  close(): void {
    this.closed = true
    for (const reader of [...this.attended.keys()]) reader.close()
    for (const poller of this.pollers.values()) poller.stop()
  }

  attend(reader: PartitionReader): void {
    if (this.closed) throw new StreamsError('KAFKA_CLOSED', 'stop', 'the client is closed', reader.at)
    const poller = this.attended.get(reader)
    if (poller === undefined) {
      this.attended.set(reader, null)
      void this.place(reader, 0)
    } else poller?.wake()
  }

  dismiss(reader: PartitionReader): void {
    this.attended.get(reader)?.remove(reader)
    this.attended.delete(reader)
  }

  nextPoll(): number {
    return ++this.pollsSent
  }

  moved(reader: PartitionReader, error: StreamsError): void {
    if (!this.attended.has(reader)) return
    // The fetch changed nothing, so a lost answer is no more than a reason to ask again.
    if (error.next !== 'retry' && error.next !== 'abort') {
      reader.fail(error)
      return
    }
    reader.failing(error)
    if (!this.attended.has(reader)) return
    // A reader that is dismissed from here on must not come back: nobody would close it again.
    this.attended.set(reader, null)
    void this.cluster.learnFrom(error, reader.at.topic).then(() => this.place(reader, reader.backoff.failedMs()))
  }

  /** Finds the partition's leader and has it polled there; tries until the reader is dismissed. */
  private async place(reader: PartitionReader, delayMs: number): Promise<void> {
    await pause(delayMs)
    while (this.isPlacing(reader)) {
      try {
        const leader = await this.cluster.leader(reader.at)
        if (!this.isPlacing(reader)) return
        reader.ledBy(leader)
        if (!this.isPlacing(reader)) return
        const poller = this.poller(leader.brokerId)
        this.attended.set(reader, poller)
        poller.add(reader)
      } catch (cause) {
        const error = requestFailed('Metadata', cause, reader.at)
        if (error.next === 'stop') reader.fail(error)
        else reader.failing(error)
        await pause(reader.backoff.failedMs())
      }
    }
  }

  private isPlacing(reader: PartitionReader): boolean {
    return !this.closed && this.attended.get(reader) === null
  }

  private poller(brokerId: number): BrokerPoller {
    let poller = this.pollers.get(brokerId)
    if (poller === undefined) {
      poller = new BrokerPoller(this.cluster, brokerId, this)
      this.pollers.set(brokerId, poller)
      void poller.run()
    }
    return poller
  }
}
