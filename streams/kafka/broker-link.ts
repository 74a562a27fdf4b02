import { setTimeout as pause } from 'node:timers/promises'
import type { API } from '@platformatic/kafka'
import { Backoff } from './backoff.ts'
import { connect, type ReadyConnection } from './connect.ts'
import type { KafkaCounters } from './kafka-counters.ts'
import type { BrokerAddress, KafkaSettings } from './kafka-options.ts'
import { misfit } from './transport-error.ts'

/**
 * The way to one broker for one purpose: a connection that is made when first needed, made again after it ended (with a
 * growing pause between failures), and replaced when its authentication has nearly expired.
 */
export class BrokerLink {
  readonly broker: BrokerAddress
  private readonly settings: KafkaSettings
  private readonly counters: KafkaCounters
  private readonly reuseFrames: boolean
  private readonly backoff: Backoff
  private readonly closing = new AbortController()
  private ready: ReadyConnection | null = null
  private opening: Promise<ReadyConnection> | null = null
  private notBeforeMs = 0

  constructor(broker: BrokerAddress, settings: KafkaSettings, counters: KafkaCounters, reuseFrames: boolean) {
    this.broker = broker
    this.settings = settings
    this.counters = counters
    this.reuseFrames = reuseFrames
    this.backoff = new Backoff(settings.reconnectBackoffMs, settings.reconnectBackoffMaxMs)
  }

  /** One request over the connection, made ready first if it has to be; see `BrokerConnection.call`. */
  async call<Request extends unknown[], Response>(api: API<Request, Response>, ...request: Request): Promise<Response> {
    const ready = this.usable() ?? (await this.open())
    const spoken = ready.versions.get(api.key)
    if (spoken === undefined || api.version < spoken.min || api.version > spoken.max)
      throw this.unsupported(api, spoken)
    return ready.connection.call(api, ...request)
  }

  /** The cluster's level of a feature, 0 where it has none. */
  async featureLevel(feature: string): Promise<number> {
    const { features } = this.usable() ?? (await this.open())
    return features.get(feature) ?? 0
  }

  close(): void {
    this.closing.abort()
    this.ready?.connection.close()
  }

  private usable(): ReadyConnection | null {
    const { ready } = this
    return ready?.connection.open && performance.now() < ready.expiresAtMs ? ready : null
  }

  private open(): Promise<ReadyConnection> {
    this.opening ??= this.replace().finally(() => {
      this.opening = null
    })
    return this.opening
  }

  private async replace(): Promise<ReadyConnection> {
    const former = this.ready?.connection
    this.ready = null
    // What is in flight on an expired connection is answered first: two connections of one purpose are never used at once.
    await former?.drain()
    former?.close()
    const waitMs = this.notBeforeMs - performance.now()
    if (waitMs > 0) await pause(waitMs, undefined, { signal: this.closing.signal }).catch(() => {})
    if (this.closing.signal.aborted) throw misfit('KAFKA_CLOSED', this.broker, 'the client is closed')
    try {
      const ready = await connect(this.broker, this.settings, this.counters, this.reuseFrames)
      this.backoff.succeeded()
      if (this.closing.signal.aborted) ready.connection.close()
      this.ready = ready
      return ready
    } catch (error) {
      this.counters.connectionFailuresTotal++
      this.notBeforeMs = performance.now() + this.backoff.failedMs()
      throw error
    }
  }

  private unsupported(
    api: { readonly key: number; readonly version: number },
    spoken: { readonly min: number; readonly max: number } | undefined,
  ) {
    const theirs = spoken === undefined ? 'does not know it' : `speaks versions ${spoken.min} to ${spoken.max}`
    const what = `we send request ${api.key} in version ${api.version} and the broker ${theirs}; Kafka 4.0 or newer is needed`
    return misfit('KAFKA_UNSUPPORTED_VERSION', this.broker, what)
  }
}
