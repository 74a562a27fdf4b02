import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type ClusterSession, openWorkerSession } from '../../../bin/runtime/cluster-session.ts'
import { createRuntime, INPUT_TOPIC, PARTITIONS } from '../../../bin/runtime/session.ts'
import { topicSettings } from '../../../bin/runtime/topic-settings.ts'
import { readConfig } from '../../../platform/config.ts'
import type { PaymentStores } from '../../../processors/stores/payment-stores.ts'
import type { BrokerPlace, BrokerProperties } from '../../../stack/kafka/broker-properties.ts'
import { type Kafka, startKafka } from '../../../stack/kafka/kafka.ts'
import { freePorts } from '../../../stack/ports.ts'
import { KafkaLog } from '../../../streams/kafka/kafka-log.ts'
import type { BatchProcessor } from '../../../streams/task/batch-processor.ts'
import { StartedSluice } from '../../support/started-sluice.ts'
import { type Fate, KafkaProxy, type KafkaRequest } from '../kafka-proxy.ts'
import { audit } from './audit.ts'
import { Feed } from './feed.ts'
import type { Tally } from './tally.ts'

export interface StandOptions {
  readonly brokers?: 1 | 3
  readonly properties?: BrokerProperties
  readonly features?: Readonly<Record<string, number>>
  /** Configuration of everything that is started here, and of this process. */
  readonly env?: Readonly<Record<string, string>>
}

export interface WorkerOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  readonly under?: readonly string[]
}

/** Nothing that a row waits for takes so long, restarts and time-outs included. */
const PATIENCE_MS = 240_000
const LOOK_AGAIN_MS = 50
const HEALTH = /health on (http:[^;]+);/
/** Many small transactions, and no checkpoint unless a row asks for some. */
const WORKER_SETTINGS = { SLUICE_FETCH_BYTES_MAX: '16384', SLUICE_CHECKPOINT_INTERVAL_MS: '86400000' }

/**
 * The system under test: brokers that workers reach through proxies, and this process past them; workers as users start
 * them; a feed of payments. At the end everything that was decided is held against an uncrashed run.
 */
export class Stand {
  readonly kafka: Kafka
  /** One before each broker. */
  readonly proxies: readonly KafkaProxy[]
  readonly feed: Feed
  readonly session: ClusterSession
  /** The chain over the session's keys: one is enough, and each takes its time to make. */
  readonly processor: BatchProcessor<PaymentStores>
  /** Data folder of the workers and of this process. */
  readonly folder: string
  private readonly env: Readonly<Record<string, string>>
  private readonly tally: Tally
  private readonly started: StartedSluice[] = []
  private readonly strikes: Promise<void>[] = []

  private constructor(
    kafka: Kafka,
    proxies: readonly KafkaProxy[],
    session: ClusterSession,
    folder: string,
    env: Readonly<Record<string, string>>,
    tally: Tally,
    seed: number,
  ) {
    this.kafka = kafka
    this.proxies = proxies
    this.session = session
    this.processor = createRuntime(session)
    this.folder = folder
    this.env = env
    this.tally = tally
    this.feed = new Feed(session, seed)
  }

  static async open(
    tally: Tally,
    seed: number,
    { brokers = 1, properties = {}, features = {}, env: given = {} }: StandOptions = {},
  ): Promise<Stand> {
    const ports = await freePorts(brokers)
    const proxies = await Promise.all(ports.map((port) => KafkaProxy.listen(port)))
    const ofPlace = (place: BrokerPlace) => ({ ...behindProxy(place, ports, proxies), ...properties })
    const kafka = await startKafka({ brokers, properties: ofPlace, features }).catch(async (error) => {
      for (const proxy of proxies) await proxy.close()
      throw error
    })
    const folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-'))
    const env = { ...given, SLUICE_DATA: folder, SLUICE_KAFKA_BOOTSTRAP: kafka.bootstrap.join(',') }
    const log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'chaos' } })
    await log.createTopics(topicSettings({ logBytesMax: null, retentionMs: -1 }))
    await log.close()
    const session = await openWorkerSession(readConfig({}, env), () => null)
    return new Stand(kafka, proxies, session, folder, env, tally, seed)
  }

  /** A worker whose every byte goes through the proxies; its client id is its name. */
  worker(name: string, { env = {}, args = [], under = [] }: WorkerOptions = {}): StartedSluice {
    const bootstrap = this.proxies.map(({ port }) => `127.0.0.1:${port}`).join(',')
    return this.start(['worker', '--name', name, '--port', '0', ...args], {
      under,
      env: { SLUICE_KAFKA_BOOTSTRAP: bootstrap, SLUICE_KAFKA_CLIENT_ID: name, ...WORKER_SETTINGS, ...env },
    })
  }

  /** Any command of the program on this stand's data folder, past the proxies unless `env` says otherwise. */
  start(args: readonly string[], { env = {}, under = [] }: Omit<WorkerOptions, 'args'> = {}): StartedSluice {
    const started = new StartedSluice(args, { under, env: { ...this.env, ...env } })
    this.started.push(started)
    return started
  }

  /** The same fates on the way to every broker. */
  requests(fate: (request: KafkaRequest, frame: Buffer) => Fate): void {
    for (const proxy of this.proxies) proxy.requestFate = fate
  }

  answers(fate: (request: KafkaRequest, frame: Buffer) => Fate): void {
    for (const proxy of this.proxies) proxy.fate = fate
  }

  /** No fate but arrival, and what was held goes on its way. Returns how much that was. */
  release(): number {
    return this.proxies.reduce((sum, proxy) => {
      proxy.arriveAll()
      return sum + proxy.release()
    }, 0)
  }

  /** By partition: one past the last input offset that is committed. */
  committed(): Promise<number[]> {
    return Promise.all(this.inputs.map(async (input) => (await this.session.committed(input))?.offset ?? 0))
  }

  /** By partition: the end of the input for readers at read_committed. */
  ends(): Promise<number[]> {
    return Promise.all(this.inputs.map(async (input) => (await this.session.log.bounds(input)).endOffset))
  }

  /** How many input offsets have a committed disposition now. */
  async decidedTotal(): Promise<number> {
    return (await this.committed()).reduce((sum, offset) => sum + offset, 0)
  }

  /** How many input offsets have no committed disposition now. */
  async waiting(): Promise<number> {
    const committed = await this.committed()
    const ends = await this.ends()
    return ends.reduce((sum, end, partition) => sum + Math.max(0, end - (committed[partition] ?? 0)), 0)
  }

  /** The fault strikes now: counts it, and what is in flight. The audit waits for the count. */
  strike(): Promise<void> {
    this.tally.fired++
    const counted = this.waiting().then((waiting) => {
      this.tally.inFlight += waiting
    })
    this.strikes.push(counted)
    return counted
  }

  /** Resolves when every input record has its disposition. */
  decided(): Promise<void> {
    return this.until('every input is decided', async () => (await this.waiting()) === 0)
  }

  /** Looks again and again until it holds. @throws after four minutes, with what the workers said last. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + PATIENCE_MS
    while (!(await holds())) {
      if (performance.now() > deadlineMs)
        throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}\n${this.lastWords()}`)
      await pause(LOOK_AGAIN_MS)
    }
  }

  /** Resolves when the worker says that so many partitions are its own. */
  owns(worker: StartedSluice, count: number): Promise<void> {
    return this.until(`${nameOf(worker)} has ${count} partitions`, () => {
      if (!worker.running) throw new Error(`${nameOf(worker)} has ended: ${worker.stderr}`)
      return partitionsOf(worker).length === count
    })
  }

  /** Where a worker serves metrics and health, once it does. */
  async healthOf(worker: StartedSluice): Promise<string> {
    const [, url = ''] = await worker.says(HEALTH)
    return url
  }

  /** A metric of a worker, over all its tasks. */
  async metric(worker: StartedSluice, name: string): Promise<number> {
    const url = await this.healthOf(worker)
    const text = await (await fetch(`${url}/metrics`)).text()
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    if (lines.length === 0) throw new Error(`there is no metric ${name}`)
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  }

  /** Asks workers to leave; @throws when one does not end well. */
  async leave(...workers: readonly StartedSluice[]): Promise<void> {
    for (const worker of workers) worker.kill('SIGINT')
    for (const worker of workers) {
      const code = await worker.ended
      if (code !== 0) throw new Error(`a worker that was asked to leave ended with ${code}: ${worker.stderr}`)
    }
  }

  /** Everything is decided: holds it against an uncrashed run, and counts what was compared. */
  async audit(): Promise<void> {
    await Promise.all(this.strikes.splice(0))
    const { inputs, outputs } = await audit(this)
    this.tally.inputs += inputs
    this.tally.outputs += outputs
  }

  async close(): Promise<void> {
    for (const started of this.started) started.kill('SIGKILL')
    await Promise.all(this.started.map(({ ended }) => ended))
    await this.session.log.close()
    await this.kafka.stop()
    for (const proxy of this.proxies) await proxy.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  private get inputs() {
    return Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: INPUT_TOPIC, partition }))
  }

  private lastWords(): string {
    const words = this.started.map((one) => `${nameOf(one)}: ${one.stdout.slice(-300)}${one.stderr.slice(-1_000)}`)
    return words.join('\n')
  }
}

/** The partitions that a worker has last said to be its own. */
export function partitionsOf({ stdout }: StartedSluice): number[] {
  const said = [...stdout.matchAll(/^partitions: (.*)$/gm)].at(-1)?.[1] ?? 'none'
  return said === 'none' ? [] : said.split(' ').map(Number)
}

function nameOf({ args }: StartedSluice): string {
  return args.join(' ')
}

/** Two ways to a broker: its own port, and one that it advertises as the proxy's. */
function behindProxy(place: BrokerPlace, ports: readonly number[], proxies: readonly KafkaProxy[]): BrokerProperties {
  const { id, clientPort, controllerPort } = place
  return {
    listeners: `PLAINTEXT://127.0.0.1:${clientPort},PROXIED://127.0.0.1:${ports[id - 1]},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${clientPort},PROXIED://127.0.0.1:${proxies[id - 1]?.port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
  }
}
