import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PartError } from '../part-error.ts'
import { claimPort, freePorts } from '../ports.ts'
import { newRunFolder, type RunFolder } from '../run-folder.ts'
import { Broker } from './broker.ts'
import { type BrokerPlace, type BrokerProperties, brokerProperties, propertiesText } from './broker-properties.ts'
import { askBroker } from './broker-request.ts'
import { kafkaClassPath } from './distribution.ts'
import { kafkaTool } from './tool.ts'

export interface KafkaOptions {
  /** One, or three to lose a leader. One by default. */
  readonly brokers?: 1 | 3
  /** The first broker's port for clients; free ones by default. */
  readonly port?: number
  /** Broker settings, before the launcher's own (see broker-properties.ts). */
  readonly properties?: BrokerProperties
  /** Feature levels that the cluster starts with, such as `{ 'transaction.version': 1 }`; the newest by default. */
  readonly features?: Readonly<Record<string, number>>
}

/** A running Kafka cluster. */
export interface Kafka {
  /** `host:port` of each broker. */
  readonly bootstrap: readonly string[]
  readonly brokers: readonly Broker[]
  /** Where the brokers' logs (`broker-1.log`) are, kept after the stop. */
  readonly folder: string
  /** Ends every broker and removes its data. */
  stop(): Promise<void>
}

/** Starts Apache Kafka (KRaft, no ZooKeeper) as plain processes; resolves when each broker answers and knows all others. */
export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  const { brokers: count = 1, port, properties = {}, features = {} } = options
  const classPath = await kafkaClassPath()
  const run = newRunFolder('kafka')
  const places = await placesOf(count, port, run)
  const files = places.map((place) => {
    const file = join(run.path, `broker-${place.id}.properties`)
    writeFileSync(file, propertiesText({ ...brokerProperties(place, places), ...properties }))
    return file
  })
  await formatStorage(files, features)
  const brokers = places.map(({ id, clientPort }, index) => {
    const address = `127.0.0.1:${clientPort}`
    return new Broker({
      id,
      address,
      classPath,
      folder: run.path,
      propertiesFile: files[index]!,
      logFile: run.log(`broker-${id}`),
      ask: () => askBroker(address, count),
    })
  })
  const stop = async () => {
    await Promise.all(brokers.map((broker) => broker.stop()))
    run.removeData()
  }
  try {
    await Promise.all(brokers.map((broker) => broker.ready()))
  } catch (error) {
    await stop()
    throw error
  }
  return { bootstrap: brokers.map(({ address }) => address), brokers, folder: run.path, stop }
}

async function placesOf(count: number, port: number | undefined, run: RunFolder): Promise<BrokerPlace[]> {
  const ports = await freePorts(2 * count)
  if (port !== undefined) ports[0] = await claimPort(port, '--kafka-port')
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    clientPort: ports[2 * index]!,
    controllerPort: ports[2 * index + 1]!,
    logFolder: join(run.data, `broker-${index + 1}`),
  }))
}

/** Writes each broker's log folder for one new cluster. */
async function formatStorage(files: readonly string[], features: Readonly<Record<string, number>>): Promise<void> {
  const clusterId = randomBytes(16).toString('base64url')
  const levels = Object.entries(features).flatMap(([feature, level]) => ['--feature', `${feature}=${level}`])
  const formats = files.map((file) =>
    kafkaTool('kafka-storage', ['format', `--cluster-id=${clusterId}`, '-c', file, ...levels]),
  )
  for (const { exitCode, stdout, stderr } of await Promise.all(formats)) {
    if (exitCode !== 0) throw new PartError(`Kafka’s storage cannot be formatted: ${(stdout + stderr).trim()}`)
  }
}
