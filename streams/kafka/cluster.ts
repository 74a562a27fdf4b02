import { setTimeout as pause } from 'node:timers/promises'
import { type API, findCoordinatorV6, metadataV12, ResponseError } from '@platformatic/kafka'
import { type ErrorPlace, StreamsError } from '../errors.ts'
import type { TopicPartition } from '../log/log.ts'
import { Backoff } from './backoff.ts'
import type { BrokerErrorRemedy } from './broker-error-rows.ts'
import { BrokerRefusal, refusal, requestFailed } from './broker-errors.ts'
import { BrokerLink } from './broker-link.ts'
import { ClusterMetadata, type KnownTopic, type PartitionLeader } from './cluster-metadata.ts'
import { KafkaCounters } from './kafka-counters.ts'
import { type BrokerAddress, type KafkaOptions, type KafkaSettings, kafkaSettings } from './kafka-options.ts'
import { retrying } from './retrying.ts'
import { isTransportError, misfit, unreachable } from './transport-error.ts'

/** What a coordinator coordinates; the numbers are the protocol's key types. */
const KEY_TYPES = { group: 0, transaction: 1 } as const
export type CoordinatorKind = keyof typeof KEY_TYPES

/** A topic that was just created may be unknown to some brokers for a moment. */
const TOPIC_APPEARS_WITHIN_MS = 3_000
const UNKNOWN_TOPIC_OR_PARTITION = 3
const LEADER_NOT_AVAILABLE = 5

/**
 * The brokers of one cluster: who they are, who leads and coordinates what, and one connection to each for each purpose.
 * A purpose is a name: `fetch` for long polls, which block a connection, and one a task for what it produces and commits,
 * since a broker refuses what two connections ask of one transaction at once.
 */
export class Cluster {
  readonly settings: KafkaSettings
  readonly counters: KafkaCounters
  private readonly metadata = new ClusterMetadata()
  private readonly links = new Map<string, BrokerLink>()
  private readonly coordinators = new Map<string, number>()
  private refreshing = new Map<string, Promise<void>>()
  private turn = 0
  private readonly closing = new AbortController()

  constructor(options: KafkaOptions, counters: KafkaCounters = new KafkaCounters()) {
    this.settings = kafkaSettings(options)
    this.counters = counters
  }

  /**
   * One request to one broker.
   * @throws StreamsError of the transport, or the library's ResponseError; `requestFailed` turns both into what happens next.
   */
  async call<Request extends unknown[], Response>(
    brokerId: number,
    purpose: string,
    api: API<Request, Response>,
    ...request: Request
  ): Promise<Response> {
    return this.link(brokerId, purpose).call(api, ...request)
  }

  /** One request that any broker can answer, such as those of administration. */
  callAny<Request extends unknown[], Response>(api: API<Request, Response>, ...request: Request): Promise<Response> {
    return this.askAny((link) => link.call(api, ...request))
  }

  /** The finalized level of a cluster feature, such as `transaction.version`; 0 where it has none. */
  featureLevel(feature: string): Promise<number> {
    return this.askAny((link) => link.featureLevel(feature))
  }

  /** Asks one broker after the other, those of the bootstrap list last, until one can be reached. */
  private async askAny<Answer>(ask: (link: BrokerLink) => Promise<Answer>): Promise<Answer> {
    const { brokers } = this.metadata
    const known = [...brokers.keys()].map((brokerId) => () => this.link(brokerId, 'any'))
    const first = this.turn++ % Math.max(1, known.length)
    const bootstrap = this.settings.bootstrap.map((address) => () => this.linkTo(address, 'any'))
    const failures: unknown[] = []
    for (const link of [...known.slice(first), ...known.slice(0, first), ...bootstrap]) {
      try {
        return await ask(link())
      } catch (error) {
        // Not sent, so the next broker may be asked; whatever else went wrong is the caller's.
        if (!(error instanceof StreamsError) || error.code !== 'KAFKA_UNREACHABLE') throw error
        failures.push(error)
      }
    }
    const why = failures.map((error) => (error as Error).message).join(' | ')
    throw new StreamsError('KAFKA_UNREACHABLE', 'retry', `no broker answers: ${why}`, {}, failures.at(-1))
  }

  /** @throws StreamsError KAFKA_UNKNOWN_TOPIC_OR_PARTITION (stop). */
  async topic(name: string): Promise<KnownTopic> {
    const known = this.metadata.topic(name)
    if (known !== undefined && performance.now() - known.knownAtMs < this.settings.metadataMaxAgeMs) return known
    const backoff = new Backoff(20, 500)
    const untilMs = performance.now() + TOPIC_APPEARS_WITHIN_MS
    for (;;) {
      await this.refresh(name)
      const found = this.metadata.topic(name)
      if (found !== undefined) return found
      if (performance.now() > untilMs) throw unknownTopic(name)
      await this.pause(backoff.failedMs())
    }
  }

  /** @throws StreamsError KAFKA_LEADER_NOT_AVAILABLE (retry) during an election. */
  async leader({ topic, partition }: TopicPartition): Promise<PartitionLeader> {
    let leader = await this.leaderKnown(topic, partition)
    if (leader.brokerId < 0) {
      await this.refresh(topic)
      leader = await this.leaderKnown(topic, partition)
    }
    if (leader.brokerId < 0) throw refusal('Metadata', LEADER_NOT_AVAILABLE, { topic, partition })
    return leader
  }

  private async leaderKnown(topic: string, partition: number): Promise<PartitionLeader> {
    const leader = (await this.topic(topic)).leaders[partition]
    if (leader === undefined) throw unknownTopic(topic, partition)
    return leader
  }

  /** Asks for a topic anew. A request for it that is under way counts. */
  refresh(topic: string): Promise<void> {
    const underWay = this.refreshing.get(topic)
    if (underWay !== undefined) return underWay
    const refresh = this.askForTopic(topic).finally(() => this.refreshing.delete(topic))
    this.refreshing.set(topic, refresh)
    return refresh
  }

  private async askForTopic(topic: string): Promise<void> {
    const response = await this.describe([topic])
    this.metadata.apply(response, performance.now())
    const [described] = response.topics
    if (described?.errorCode === UNKNOWN_TOPIC_OR_PARTITION) this.metadata.forget(topic)
  }

  /** Does what an error asks for before another try: asks who leads the partition now. */
  async learnFrom(error: StreamsError, topic: string): Promise<void> {
    const moved = error instanceof BrokerRefusal && error.broker.before === 'refresh-metadata'
    // Also after a lost connection: its broker may be gone.
    if (moved || isTransportError(error)) await this.refresh(topic).catch(() => {})
  }

  /** The brokers' word on topics, with their error codes inside; null asks for all topics. */
  async describe(topics: string[] | null): Promise<metadataV12.MetadataResponse> {
    this.counters.metadataRefreshTotal++
    try {
      return await this.callAny(metadataV12.api, topics, false)
    } catch (error) {
      // Codes of single topics and partitions stand in the response; here they are no failure of the request.
      if (error instanceof ResponseError)
        return (error as unknown as { response: metadataV12.MetadataResponse }).response
      // The question changes nothing: for whom it was asked, a lost answer is no lost outcome.
      if (isTransportError(error)) throw new StreamsError(error.code, 'retry', error.message, {}, error)
      throw requestFailed('Metadata', error, {})
    }
  }

  /** The broker that coordinates a group or a transactional id; waits while there is none, at most a request's time. */
  async coordinator(kind: CoordinatorKind, key: string): Promise<number> {
    const known = this.coordinators.get(`${kind} ${key}`)
    if (known !== undefined) return known
    return this.repeat(`FindCoordinator of the ${kind} ${key}`, {}, async () => {
      const { coordinators } = await this.callAny(findCoordinatorV6.api, KEY_TYPES[kind], [key])
      const { nodeId, host, port } = coordinators[0] as findCoordinatorV6.FindCoordinatorResponseCoordinator
      this.metadata.brokers.set(nodeId, { host, port })
      this.coordinators.set(`${kind} ${key}`, nodeId)
      return nodeId
    })
  }

  /**
   * Asks until there is an answer, at most a request's time: only for what changes nothing when asked twice, since a lost
   * answer is asked for again.
   */
  async repeat<Answer>(request: string, place: ErrorPlace, ask: () => Promise<Answer>): Promise<Answer> {
    const { topic } = place
    const remedy = (what: BrokerErrorRemedy) =>
      what === 'refresh-metadata' && topic !== undefined ? this.refresh(topic).catch(() => {}) : undefined
    return retrying({ request, place, withinMs: this.settings.requestTimeoutMs, repeatable: true, remedy }, ask)
  }

  /** After an answer that says the coordinator is another one by now. */
  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.coordinators.delete(`${kind} ${key}`)
  }

  /** Ends the connections of one purpose; it may be used again and then gets new ones. */
  closePurpose(purpose: string): void {
    for (const [key, link] of this.links) {
      if (!key.endsWith(` ${purpose}`)) continue
      link.close()
      this.links.delete(key)
    }
  }

  close(): void {
    this.closing.abort()
    for (const link of this.links.values()) link.close()
    this.links.clear()
  }

  private link(brokerId: number, purpose: string): BrokerLink {
    const address = this.metadata.brokers.get(brokerId)
    if (address === undefined)
      throw unreachable({ host: `id ${brokerId}`, port: 0 }, 'the cluster does not know it now')
    return this.linkTo(address, purpose)
  }

  private linkTo(address: BrokerAddress, purpose: string): BrokerLink {
    if (this.closing.signal.aborted) throw misfit('KAFKA_CLOSED', address, 'the client is closed')
    const key = `${address.host}:${address.port} ${purpose}`
    let link = this.links.get(key)
    if (link === undefined) {
      link = new BrokerLink(address, this.settings, this.counters, purpose === 'fetch')
      this.links.set(key, link)
    }
    return link
  }

  private async pause(delayMs: number): Promise<void> {
    await pause(delayMs, undefined, { signal: this.closing.signal }).catch(() => {})
  }
}

function unknownTopic(topic: string, partition?: number): StreamsError {
  const place = partition === undefined ? { topic } : { topic, partition }
  const message = 'the cluster has no such topic or partition; create it, or correct the name'
  return new StreamsError('KAFKA_UNKNOWN_TOPIC_OR_PARTITION', 'stop', message, place)
}
