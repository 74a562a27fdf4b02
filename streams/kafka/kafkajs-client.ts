import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs'
import type { KafkaCluster, KafkaSasl } from './cluster.ts'

const CONNECT_WITHIN_MS = 10_000
export const ANSWER_WITHIN_MS = 30_000

/**
 * A kafkajs client of the cluster: for the idempotent producer and for administration, never to consume (it checks no
 * CRC and can hand out records of aborted transactions). It logs nothing: what it says there comes as a rejection too.
 */
export function kafkaJs(cluster: KafkaCluster, requestTimeout: number = ANSWER_WITHIN_MS): Kafka {
  const { bootstrapServers, clientId, tls, sasl } = cluster
  const ssl: KafkaConfig['ssl'] =
    tls === null ? false : { ...(tls.ca !== null && { ca: tls.ca }), ...(tls.client !== null && tls.client) }
  return new Kafka({
    brokers: [...bootstrapServers],
    clientId,
    ssl,
    ...(sasl !== null && { sasl: logIn(sasl) }),
    connectionTimeout: CONNECT_WITHIN_MS,
    requestTimeout,
    logLevel: logLevel.NOTHING,
  })
}

function logIn({ mechanism, user: username, password }: KafkaSasl): SASLOptions {
  switch (mechanism) {
    case 'PLAIN':
      return { mechanism: 'plain', username, password }
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', username, password }
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', username, password }
  }
}
