import { createTopicsV7, findErrorBy } from '@platformatic/kafka'
import { StreamsError } from '../errors.ts'
import type { TopicSettings } from '../log/log.ts'
import type { Cluster } from './cluster.ts'

const CREATE_WITHIN_MS = 30_000
/** Lets the brokers decide. */
const BROKER_DEFAULT = -1
const TOPIC_ALREADY_EXISTS = 36

/**
 * Creates the topics that are missing, all with the broker's append time (SPEC R4); replicas are the brokers' default.
 * @throws StreamsError PARTITIONS_DIFFER (stop) for one that exists with other partitions.
 */
export async function createTopics(cluster: Cluster, topics: readonly TopicSettings[]): Promise<void> {
  const { topics: described } = await cluster.describe(null)
  const existing = new Map(described.map(({ name, partitions }) => [name, partitions.length]))
  for (const { topic, partitions } of topics) {
    const found = existing.get(topic) ?? partitions
    if (found === partitions) continue
    const what = `the topic has ${found} partitions, not ${partitions}; change the setting back`
    throw new StreamsError('PARTITIONS_DIFFER', 'stop', what, { topic })
  }
  const missing = topics.filter(({ topic }) => !existing.has(topic))
  if (missing.length === 0) return
  await cluster.repeat('CreateTopics', {}, async () => {
    try {
      await cluster.callAny(createTopicsV7.api, missing.map(creation), CREATE_WITHIN_MS, false)
    } catch (error) {
      // Somebody was faster, or the answer to our own request was lost.
      if (!(error instanceof Error) || findErrorBy(error, 'apiCode', TOPIC_ALREADY_EXISTS) === null) throw error
    }
  })
  for (const { topic } of missing) await cluster.topic(topic)
}

function creation({ topic, partitions, retentionMs, retentionBytes }: TopicSettings) {
  const configs = {
    'message.timestamp.type': 'LogAppendTime',
    'retention.ms': retentionMs,
    'retention.bytes': retentionBytes,
  }
  return {
    name: topic,
    numPartitions: partitions,
    replicationFactor: BROKER_DEFAULT,
    assignments: [],
    configs: Object.entries(configs).map(([name, value]) => ({ name, value: String(value) })),
  }
}
