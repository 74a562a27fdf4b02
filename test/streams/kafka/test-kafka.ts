import { createTopicsV7 } from '@platformatic/kafka'
import type { BrokerProperties } from '../../../stack/kafka/broker-properties.ts'
import { type Kafka, startKafka } from '../../../stack/kafka/kafka.ts'
import { freePorts } from '../../../stack/ports.ts'
import { Cluster } from '../../../streams/kafka/cluster.ts'
import { Fetcher } from '../../../streams/kafka/fetcher.ts'
import type { KafkaOptions } from '../../../streams/kafka/kafka-options.ts'
import { TcpProxy } from '../../faults/tcp-proxy.ts'

/** A broker takes its time on two shared cores. */
export const START_MS = 180_000

/** One broker behind a proxy: clients that ask where it is are told the proxy's port, so that all they do goes through it. */
export interface ProxiedKafka {
  readonly kafka: Kafka
  readonly proxy: TcpProxy
  readonly bootstrap: readonly string[]
  stop(): Promise<void>
}

export async function startProxiedKafka(properties: BrokerProperties = {}): Promise<ProxiedKafka> {
  const [port] = await freePorts(1)
  const proxy = await TcpProxy.listen(port as number)
  const bootstrap = [`127.0.0.1:${proxy.port}`]
  const advertised = { 'advertised.listeners': `PLAINTEXT://${bootstrap[0]}` }
  const kafka = await startKafka({ port: port as number, properties: { ...advertised, ...properties } })
  const stop = async () => {
    await kafka.stop()
    await proxy.close()
  }
  return { kafka, proxy, bootstrap, stop }
}

/** A client of the cluster with short pauses; close it after the test. */
export function openClient(bootstrapServers: readonly string[], options: Partial<KafkaOptions> = {}) {
  const cluster = new Cluster({ bootstrapServers, clientId: 'sluice-test', reconnectBackoffMaxMs: 200, ...options })
  const fetcher = new Fetcher(cluster)
  const close = () => {
    fetcher.close()
    cluster.close()
  }
  return { cluster, fetcher, close }
}

export async function createTopic(
  cluster: Cluster,
  name: string,
  partitions = 1,
  settings: Readonly<Record<string, string>> = {},
  replicationFactor = 1,
): Promise<void> {
  const configs = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
  const topic = { name, numPartitions: partitions, replicationFactor, assignments: [], configs }
  await cluster.callAny(createTopicsV7.api, [topic], 10_000, false)
  for (let partition = 0; partition < partitions; partition++) {
    await cluster.repeat('Metadata', { topic: name, partition }, () => cluster.leader({ topic: name, partition }))
  }
}
