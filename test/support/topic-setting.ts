import { setTimeout as pause } from 'node:timers/promises'
import {
  ConfigResourceTypes,
  IncrementalAlterConfigOperationTypes,
  incrementalAlterConfigsV1,
} from '@platformatic/kafka'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import { describedTopics } from '../../streams/kafka/topic-settings.ts'

const APPEARS_MS = 30_000
const LOOK_AGAIN_MS = 20

/**
 * Changes one setting of topics and leaves the others. Returns when the broker goes by it: what it answers first is said by the
 * cluster's controller, and it reads it from the metadata a moment later.
 */
export async function setOfTopics(
  bootstrapServers: readonly string[],
  topics: readonly string[],
  name: string,
  value: string,
): Promise<void> {
  const log = new KafkaLog({ kafka: { bootstrapServers, clientId: 'settings' } })
  try {
    const configs = [{ name, configOperation: IncrementalAlterConfigOperationTypes.SET, value }]
    const resources = topics.map((resourceName) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName,
      configs,
    }))
    await log.cluster.callAny(incrementalAlterConfigsV1.api, resources, false)
    const lateMs = Date.now() + APPEARS_MS
    for (;;) {
      const described = await describedTopics(log.cluster, topics, [name])
      if (described.length > 0 && described.every(({ settings }) => settings.get(name) === value)) return
      if (Date.now() > lateMs) throw new Error(`${name} of ${topics} is not ${value} after ${APPEARS_MS} ms`)
      await pause(LOOK_AGAIN_MS)
    }
  } finally {
    await log.close()
  }
}
