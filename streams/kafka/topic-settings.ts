import { ConfigResourceTypes, describeConfigsV4 } from '@platformatic/kafka'
import type { TopicSettings } from '../log/log.ts'
import { refusal } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'

const RETENTION = ['retention.ms', 'retention.bytes']

/** A topic with settings of it as the brokers tell them. */
export interface DescribedTopic {
  readonly topic: string
  readonly partitions: number
  readonly settings: ReadonlyMap<string, string | null>
}

/** The cluster's topics, without Kafka's own. A broker bounds each partition by bytes, as the port does. */
export async function topicSettings(cluster: Cluster): Promise<readonly TopicSettings[]> {
  const topics = await describedTopics(cluster, null, RETENTION)
  return topics.map(({ topic, partitions, settings }) => {
    const setting = (key: string) => Number(settings.get(key) ?? -1)
    return { topic, partitions, retentionMs: setting('retention.ms'), retentionBytes: setting('retention.bytes') }
  })
}

/** Topics of the cluster, all but Kafka's own for null, with the settings of these keys. */
export async function describedTopics(
  cluster: Cluster,
  names: readonly string[] | null,
  keys: readonly string[],
): Promise<readonly DescribedTopic[]> {
  const { topics } = await cluster.describe(names === null ? null : [...names])
  const ours = topics.filter(({ isInternal }) => !isInternal)
  for (const { errorCode, name } of ours) {
    if (errorCode !== 0) throw refusal('Metadata', errorCode, { topic: name ?? '' })
  }
  if (ours.length === 0) return []
  const resources = ours.map(({ name }) => ({
    resourceType: ConfigResourceTypes.TOPIC,
    resourceName: name ?? '',
    configurationKeys: [...keys],
  }))
  const { results } = await cluster.repeat('DescribeConfigs', {}, () =>
    cluster.callAny(describeConfigsV4.api, resources, false, false),
  )
  return results.map(({ resourceName: topic, configs }) => ({
    topic,
    partitions: ours.find(({ name }) => name === topic)?.partitions.length ?? 0,
    settings: new Map(configs.map(({ name, value }) => [name, value ?? null])),
  }))
}
