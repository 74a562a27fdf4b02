import { Kafka, logLevel } from 'kafkajs'
import { ADMIN, type KafkaSecurity } from './security.ts'

/** Asks one broker for its cluster. @throws until it answers with `count` live brokers. */
export async function askBroker(address: string, count: number, security: KafkaSecurity | null): Promise<void> {
  const client = new Kafka({
    brokers: [address],
    clientId: 'sluice-stack',
    connectionTimeout: 5_000,
    requestTimeout: 10_000,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
    ...(security !== null && {
      ssl: { ca: security.authority.certificate },
      sasl: { mechanism: 'plain', username: ADMIN, password: security.passwords[ADMIN]! },
    }),
  })
  const admin = client.admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    if (brokers.length < count) throw new Error(`${brokers.length} of ${count} brokers are up`)
  } finally {
    await admin.disconnect()
  }
}
