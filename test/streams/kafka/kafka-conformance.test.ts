import { deleteTopicsV6, listOffsetsV9 } from '@platformatic/kafka'
import { afterAll, beforeAll, vi } from 'vitest'
import { type Kafka, startKafka } from '../../../stack/kafka/kafka.ts'
import type { Cluster } from '../../../streams/kafka/cluster.ts'
import { KafkaLog } from '../../../streams/kafka/kafka-log.ts'
import type { TopicPartition } from '../../../streams/log/log.ts'
import { describeLog, type LogFixture } from '../log/log-conformance.ts'
import { START_MS } from './test-kafka.ts'

vi.setConfig({ testTimeout: START_MS, hookTimeout: START_MS })

let kafka: Kafka
beforeAll(async () => {
  // The suite writes a record of 1 MiB; its batch is larger than Kafka's default allows.
  kafka = await startKafka({ properties: { 'message.max.bytes': String(2 << 20) } })
}, START_MS)
afterAll(() => kafka?.stop(), START_MS)

const READ_UNCOMMITTED = 0
const LATEST = -1n
const PARTITIONS: readonly TopicPartition[] = ['in', 'out'].flatMap((topic) => [
  { topic, partition: 0 },
  { topic, partition: 1 },
])

/** One cluster for all tests: each begins with topics of its own, since those of the test before are deleted. */
async function open(): Promise<LogFixture> {
  const log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'conformance' } })
  const dispose = async () => {
    const names = (await log.topics()).map(({ topic }) => ({ name: topic }))
    if (names.length > 0) await log.cluster.callAny(deleteTopicsV6.api, names, 30_000)
    while ((await log.topics()).length > 0);
    await log.close()
  }
  /** A transaction whose marker is not written yet keeps the end for committed readers below the end of the log. */
  const settled = async () => {
    for (const at of PARTITIONS) while ((await log.bounds(at)).endOffset < (await endOffset(log.cluster, at)));
  }
  return { log, dispose, settled }
}

async function endOffset(cluster: Cluster, { topic, partition }: TopicPartition): Promise<number> {
  const { brokerId, leaderEpoch } = await cluster.leader({ topic, partition })
  const partitions = [{ partitionIndex: partition, currentLeaderEpoch: leaderEpoch, timestamp: LATEST }]
  const topics = [{ name: topic, partitions }]
  const answer = await cluster.call(brokerId, 'any', listOffsetsV9.api, -1, READ_UNCOMMITTED, topics)
  return Number(answer.topics[0]?.partitions[0]?.offset)
}

describeLog({ name: 'Kafka', open, secondOwner: 'fences the first' })
