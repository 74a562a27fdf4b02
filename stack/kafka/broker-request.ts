import { Kafka, logLevel } from 'kafkajs'

/** Asks one broker for its cluster. @throws until it answers with `count` live brokers. */
export async function askBroker(address: string, count: number): Promise<void> {
  const client = new Kafka({
    brokers: [address],
    clientId: 'sluice-stack',
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
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
