import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PartError } from '../part-error.ts'
import { claimPort, freePorts } from '../ports.ts'
import { newRunFolder, type RunFolder } from '../run-folder.ts'
import { allReady, type RunningServers } from '../running-servers.ts'
import { Broker } from './broker.ts'
import {
  type BrokerPlace,
  type BrokerProperties,
  brokerProperties,
  openListeners,
  propertiesText,
} from './broker-properties.ts'
import { askBroker } from './broker-request.ts'
import type { KafkaJava } from './distribution.ts'
import { runTool } from './run-tool.ts'
import { KafkaSecurity } from './security.ts'

export interface KafkaOptions {
  /** One, or three to lose a leader. One by default. */
  readonly brokers?: 1 | 3
  /** The first broker's port for clients; free ones by default. */
  readonly port?: number
  /** Broker settings, before the launcher's own (see broker-properties.ts); a function gives each broker its own. */
  readonly properties?: BrokerProperties | ((place: BrokerPlace) => BrokerProperties)
  /** Feature levels that the cluster starts with, such as `{ 'transaction.version': 1 }`; the newest by default. */
  readonly features?: Readonly<Record<string, number>>
  /** Passwords by user: clients must then say who they are, over TLS, and an ACL must let them (see security.ts). */
  readonly users?: Readonly<Record<string, string>>
  /** Whether it is to live for more than some minutes, as a broker in earnest does: see LASTING. */
  readonly lasting?: boolean
}

/**
 * Takes the place of what `distribution.ts` says for short lives: Java's second compiler too, and Kafka's own heap of 1 GiB, most of it
 * for what dies young, as nearly all does. In a young generation of 34 MB the serial collector stopped the broker for 17 ms three times a
 * second, in this one for 17 to 33 ms every three seconds; the parallel one on two cores does so for 5 to 10 ms.
 */
const LASTING = [
  '-XX:TieredStopAtLevel=4',
  '-XX:-UseSerialGC',
  '-XX:+UseParallelGC',
  '-Xms1g',
  '-Xmx1g',
  '-Xmn640m',
] as const

/** A running Kafka cluster. */
export interface Kafka extends RunningServers<Broker> {
  /** `host:port` of each broker: open, or SASL over TLS where there are users. */
  readonly bootstrap: readonly string[]
  /** `host:port` of each broker's listener for client certificates; empty without users. */
  readonly tlsBootstrap: readonly string[]
  readonly brokers: readonly Broker[]
  /** Keys and passwords, null where the listeners are open. */
  readonly security: KafkaSecurity | null
}

/** Starts Apache Kafka (KRaft) as plain processes; resolves when each broker answers and knows all others. */
export async function startCluster(java: KafkaJava, options: KafkaOptions): Promise<Kafka> {
  const { brokers: count = 1, port, properties = {}, features = {}, users, lasting = false } = options
  const run = newRunFolder('kafka')
  const security = users === undefined ? null : await KafkaSecurity.create(join(run.path, 'keys'), users)
  const places = await placesOf(count, port, run)
  const files = places.map((place) => {
    const file = join(run.path, `broker-${place.id}.properties`)
    const listeners = security === null ? openListeners(place) : security.listeners(place)
    const given = typeof properties === 'function' ? properties(place) : properties
    writeFileSync(file, propertiesText({ ...brokerProperties(place, places), ...listeners, ...given }))
    return file
  })
  await formatStorage(java, files, features, security)
  const brokers = places.map(({ id, clientPort }, index) => {
    const address = `127.0.0.1:${clientPort}`
    return new Broker({
      id,
      address,
      java: lasting ? [...java.broker, ...LASTING] : java.broker,
      folder: run.path,
      propertiesFile: files[index]!,
      logFile: run.log(`broker-${id}`),
      ask: () => askBroker(address, count, security),
    })
  })
  return {
    ...(await allReady(run, brokers)),
    bootstrap: brokers.map(({ address }) => address),
    tlsBootstrap: security === null ? [] : places.map(({ tlsPort }) => `127.0.0.1:${tlsPort}`),
    brokers,
    security,
  }
}

async function placesOf(count: number, port: number | undefined, run: RunFolder): Promise<BrokerPlace[]> {
  const ports = await freePorts(3 * count)
  if (port !== undefined) ports[0] = await claimPort(port, '--kafka-port')
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    clientPort: ports[3 * index]!,
    controllerPort: ports[3 * index + 1]!,
    tlsPort: ports[3 * index + 2]!,
    logFolder: join(run.data, `broker-${index + 1}`),
  }))
}

/** Writes each broker's log folder for one new cluster. */
async function formatStorage(
  java: KafkaJava,
  files: readonly string[],
  features: Readonly<Record<string, number>>,
  security: KafkaSecurity | null,
): Promise<void> {
  const cluster = `--cluster-id=${randomBytes(16).toString('base64url')}`
  const levels = Object.entries(features).flatMap(([feature, level]) => ['--feature', `${feature}=${level}`])
  const users = security?.scramArguments() ?? []
  const formats = files.map((file) =>
    runTool(java, 'kafka-storage', ['format', cluster, '-c', file, ...levels, ...users]),
  )
  for (const { exitCode, stdout, stderr } of await Promise.all(formats)) {
    if (exitCode !== 0) throw new PartError(`Kafka’s storage cannot be formatted: ${(stdout + stderr).trim()}`)
  }
}
