import { Kafka, type KafkaConfig, logLevel, type Mechanism, type SASLOptions } from 'kafkajs'
import { type KafkaOptions, type KafkaSasl, type KafkaTls, kafkaSettings } from './kafka-options.ts'

/**
 * A kafkajs client of the cluster: for the idempotent producer and for administration, never to consume (it checks no
 * CRC and can hand out records of aborted transactions). It logs nothing: what it says there comes as a rejection too.
 * @throws StreamsError KAFKA_OPTIONS (stop)
 */
export function kafkaJs(options: KafkaOptions): Kafka {
  const { tls, sasl, connectTimeoutMs, requestTimeoutMs } = kafkaSettings(options)
  return new Kafka({
    brokers: [...options.bootstrapServers],
    clientId: options.clientId,
    ssl: tls !== null && tlsOptions(tls),
    ...(sasl !== null && { sasl: logIn(sasl) }),
    connectionTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    logLevel: logLevel.NOTHING,
  })
}

function tlsOptions({ serverName, ...pem }: KafkaTls): NonNullable<KafkaConfig['ssl']> {
  return { ...pem, ...(serverName !== undefined && { servername: serverName }) }
}

function logIn(sasl: KafkaSasl): SASLOptions | Mechanism {
  switch (sasl.mechanism) {
    case 'PLAIN':
      return { mechanism: 'plain', username: sasl.username, password: sasl.password }
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', username: sasl.username, password: sasl.password }
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', username: sasl.username, password: sasl.password }
    case 'OAUTHBEARER':
      return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await sasl.token() }) }
  }
}
