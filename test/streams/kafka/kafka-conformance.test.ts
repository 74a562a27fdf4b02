import { listOffsetsV9 } from '@platformatic/kafka'
import { afterAll, beforeAll, describe, vi } from 'vitest'
import { type Kafka, startKafka } from '../../../stack/kafka/kafka.ts'
import type { Cluster } from '../../../streams/kafka/cluster.ts'
import { KafkaLog } from '../../../streams/kafka/kafka-log.ts'
import type { TopicPartition } from '../../../streams/log/log.ts'
import { describeLog, type LogFixture } from '../log/log-conformance.ts'
import { START_MS } from './test-kafka.ts'

// Goal: Kafka keeps the laws of the log port, as the other logs do.
// Method: the port's own suite on a real broker, once with each of its two transaction protocols.
vi.setConfig({ testTimeout: START_MS, hookTimeout: START_MS })

const READ_UNCOMMITTED = 0
const LATEST = -1n

describe.each([{ level: 2 }, { level: 1 }])('transaction.version $level', ({ level }) => {
  let kafka: Kafka
  beforeAll(async () => {
    // The suite writes a record of 1 MiB; its batch is larger than Kafka's default allows.
    const properties = { 'message.max.bytes': String(2 << 20) }
    kafka = await startKafka({ properties, features: { 'transaction.version': level } })
  }, START_MS)
  afterAll(() => kafka?.stop(), START_MS)

  async function open(): Promise<LogFixture> {
    const log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'conformance' } })
    /** A transaction whose marker is not written yet keeps the end for committed readers below the end of the log. */
    const settled = async (partitions: readonly TopicPartition[]) => {
      for (const at of partitions) while ((await log.bounds(at)).endOffset < (await endOffset(log.cluster, at)));
    }
    return { log, settled, dispose: () => log.close() }
  }

  describeLog({ name: 'Kafka', open, secondOwner: 'fences the first', producers: 'are new and go forward' })
})

async function endOffset(cluster: Cluster, { topic, partition }: TopicPartition): Promise<number> {
  const { brokerId, leaderEpoch } = await cluster.leader({ topic, partition })
  const partitions = [{ partitionIndex: partition, currentLeaderEpoch: leaderEpoch, timestamp: LATEST }]
  const topics = [{ name: topic, partitions }]
  const answer = await cluster.call(brokerId, 'any', listOffsetsV9.api, -1, READ_UNCOMMITTED, topics)
  return Number(answer.topics[0]?.partitions[0]?.offset)
}
