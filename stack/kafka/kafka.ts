import { type Kafka, type KafkaOptions, startCluster } from './cluster.ts'
import { archivedKafka, type KafkaJava } from './distribution.ts'

export type { Kafka, KafkaOptions } from './cluster.ts'

/** Starts Apache Kafka (KRaft) as plain processes; resolves when each broker answers and knows all others. */
export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  return startCluster(await kafkaJava(), options)
}

/** Java's arguments for Kafka's classes, downloaded and archived at the first call. */
export function kafkaJava(): Promise<KafkaJava> {
  return archivedKafka(async (java) => {
    const kafka = await startCluster(java, {})
    await kafka.stop()
  })
}
