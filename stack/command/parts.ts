import { startBigQuery } from '../bigquery/bigquery.ts'
import { bigQueryDistribution } from '../bigquery/distribution.ts'
import { askHttp } from '../http-request.ts'
import { askBroker } from '../kafka/broker-request.ts'
import { kafkaJava, startKafka } from '../kafka/kafka.ts'
import { requirePrograms } from '../programs.ts'
import { BESIDE_DECISIONS, REDIS_PROGRAMS, startRedis } from '../redis/redis.ts'
import { pingRedis } from '../redis/redis-request.ts'
import { registryJar } from '../registry/distribution.ts'
import { startRegistry } from '../registry/registry.ts'
import type { RunningServers } from '../running-servers.ts'

export interface StartOptions {
  readonly port?: number
  /** Kafka's; others ignore it. */
  readonly brokers?: 1 | 3
  /** Redis's; others ignore it. Three are a Redis Cluster. */
  readonly masters?: 1 | 3
}

/** Where clients find a part, by what the address is for. */
export type Addresses = Readonly<Record<string, string>>

/** What the command line knows of a part. */
export interface Part {
  /** Taken when it is free and no other port is given. */
  readonly usualPort: number
  /** Downloads it, or names what is missing. */
  fetch(): Promise<unknown>
  start(options: StartOptions): Promise<RunningServers & { readonly addresses: Addresses }>
  /** The request that its readiness is told by. */
  ask(addresses: Addresses): Promise<void>
}

export const PARTS = {
  kafka: {
    usualPort: 9092,
    fetch: kafkaJava,
    start: async (options) => {
      const kafka = await startKafka({ ...options, lasting: true })
      return { ...kafka, addresses: { bootstrap: kafka.bootstrap.join(',') } }
    },
    ask: async ({ bootstrap = '' }) => {
      const brokers = bootstrap.split(',')
      await Promise.all(brokers.map((address) => askBroker(address, brokers.length, null)))
    },
  },
  redis: {
    usualPort: 6379,
    fetch: async () => requirePrograms('Redis', REDIS_PROGRAMS),
    start: async ({ port, masters }) => {
      const cluster = masters === 3
      const redis = await startRedis({ cluster, ...BESIDE_DECISIONS, ...(port !== undefined && { port }) })
      const [, ...others] = redis.addresses
      return { ...redis, addresses: { url: redis.url, ...(cluster && { nodes: others.join(',') }) } }
    },
    ask: async ({ url = '', nodes = '' }) => {
      const addresses = [new URL(url).host, ...nodes.split(',').filter((node) => node !== '')]
      await Promise.all(addresses.map(pingRedis))
    },
  },
  registry: {
    usualPort: 8081,
    fetch: registryJar,
    start: async ({ port }) => {
      const registry = await startRegistry(port === undefined ? {} : { port })
      return { ...registry, addresses: { url: registry.url } }
    },
    ask: ({ url }) => askHttp(`${url}/subjects`),
  },
  bigquery: {
    usualPort: 9050,
    fetch: bigQueryDistribution,
    start: async ({ port }) => {
      const { url, grpc, project, ...running } = await startBigQuery(port === undefined ? {} : { port })
      return { ...running, addresses: { url, grpc, project } }
    },
    ask: ({ url, project }) => askHttp(`${url}/projects/${project}/datasets`),
  },
} as const satisfies Record<string, Part>

export type PartName = keyof typeof PARTS

export const PART_NAMES = Object.keys(PARTS) as PartName[]
