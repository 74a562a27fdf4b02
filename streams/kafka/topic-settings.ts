import { ConfigResourceTypes, describeConfigsV4 } from '@platformatic/kafka'
import type { TopicSettings } from '../log/log.ts'
import { refusal } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'

const RETENTION = ['retention.ms', 'retention.bytes']

/** The cluster's topics, without Kafka's own. A broker bounds each partition by bytes, as the port does. */
export async function topicSettings(cluster: Cluster): Promise<readonly TopicSettings[]> {
  const { topics } = await cluster.describe(null)
  const ours = topics.filter(({ isInternal }) => !isInternal)
  for (const { errorCode, name } of ours) {
    if (errorCode !== 0) throw refusal('Metadata', errorCode, { topic: name ?? '' })
  }
  if (ours.length === 0) return []
  const resources = ours.map(({ name }) => ({
    resourceType: ConfigResourceTypes.TOPIC,
    resourceName: name ?? '',
    configurationKeys: RETENTION,
  }))
  const { results } = await cluster.repeat('DescribeConfigs', {}, () =>
    cluster.callAny(describeConfigsV4.api, resources, false, false),
  )
  return results.map(({ resourceName, configs }) => {
    const setting = (key: string) => Number(configs.find(({ name }) => name === key)?.value ?? -1)
    const partitions = ours.find(({ name }) => name === resourceName)?.partitions.length ?? 0
    return {
      topic: resourceName,
      partitions,
      retentionMs: setting('retention.ms'),
      retentionBytes: setting('retention.bytes'),
    }
  })
}
