import type { Config } from '../../platform/config.ts'
import type { Topic } from '../../schemas/topics.ts'
import { requireKafkaOptions } from './kafka-options.ts'

/**
 * Asks the cluster whether the topics may be used: who finds out later has lost or misplaced records by then.
 * @throws StreamsError TOPIC_REFUSED (stop) naming what is wrong with the first that may not.
 */
export async function requireUsableTopics(config: Config, topics: readonly Topic[]): Promise<void> {
  // kafkajs takes most of a second to load; nothing else should wait for it.
  const { TopicAdmin } = await import('../../streams/kafka/topic-admin.ts')
  const admin = await TopicAdmin.open(requireKafkaOptions(config), config.kafkaReplicas)
  try {
    await admin.requireUsable(topics)
  } finally {
    await admin.close()
  }
}
