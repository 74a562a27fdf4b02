import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { TOPICS, type Topic } from '../../../schemas/topics.ts'
import { type Kafka as Cluster, startKafka } from '../../../stack/kafka/kafka.ts'
import type { KafkaOptions } from '../../../streams/kafka/kafka-options.ts'
import { TopicAdmin } from '../../../streams/kafka/topic-admin.ts'
import { onRealParts } from '../../support/real-parts.ts'
import { setOfTopics } from '../../support/topic-setting.ts'

// Goal: every topic stands on the cluster as schemas/topics.ts says, each difference is named, and none is mended by guess.
const START_MS = 600_000
const ALL: readonly Topic[] = Object.values(TOPICS)
await onRealParts(['kafka'], 'topics of a cluster', () => {
  let kafka: Cluster
  let options: KafkaOptions

  beforeAll(async () => {
    kafka = await startKafka()
    options = { bootstrapServers: kafka.bootstrap, clientId: 'test' }
  }, START_MS)
  afterAll(() => kafka?.stop(), START_MS)
  vi.setConfig({ testTimeout: START_MS })

  async function withAdmin<T>(use: (admin: TopicAdmin) => Promise<T>, replicas = 1): Promise<T> {
    const admin = await TopicAdmin.open(options, replicas)
    try {
      return await use(admin)
    } finally {
      await admin.close()
    }
  }

  /** The topic under a name of the test's own. */
  const named = (name: string): Topic => ({ ...TOPICS.paymentsSubmitted, name, partitions: 3 })

  test('SPEC R4: missing topics are created with every setting; the second time there is nothing to do', async () => {
    const before = await withAdmin((admin) => admin.verify(ALL))
    expect(before.map(({ deviations }) => deviations[0]?.found)).toEqual(ALL.map(() => 'missing'))
    const first = await withAdmin((admin) => admin.createAndVerify(ALL))
    expect(first).toEqual(ALL.map(({ name }) => ({ topic: name, created: true, deviations: [] })))
    const second = await withAdmin((admin) => admin.createAndVerify(ALL))
    expect(second).toEqual(ALL.map(({ name }) => ({ topic: name, created: false, deviations: [] })))
    await withAdmin((admin) => admin.requireUsable(ALL))
  })

  test.for([
    { says: ['retention.ms', '604800000', '1000'], refused: false },
    { says: ['cleanup.policy', 'delete', 'compact'], refused: false },
    { says: ['message.timestamp.type', 'LogAppendTime', 'CreateTime'], refused: true },
  ] as const)('SPEC R4: $says.0 that differs is named, and stays; refused: $refused', async ({ says, refused }) => {
    const topic = named(`differs-in-${says[0]}`)
    await withAdmin((admin) => admin.createAndVerify([topic]))
    const [setting, wanted, found] = says
    await setOfTopics(kafka.bootstrap, [topic.name], setting, found)
    for (const report of [
      ...(await withAdmin((admin) => admin.createAndVerify([topic]))),
      ...(await withAdmin((admin) => admin.verify([topic]))),
    ]) {
      expect(report.deviations).toContainEqual({ setting, wanted, found, refused })
    }
    const usable = withAdmin((admin) => admin.requireUsable([topic]))
    if (refused) await expect(usable).rejects.toMatchObject({ code: 'TOPIC_REFUSED', next: 'stop' })
    else await usable
  })

  test.for([2, 4])('SPEC R4: a topic of %i partitions instead of 3 is refused, and keeps them', async (partitions) => {
    const topic = named(`has-${partitions}`)
    await withAdmin((admin) => admin.createAndVerify([{ ...topic, partitions }]))
    const [report] = await withAdmin((admin) => admin.createAndVerify([topic]))
    const deviation = { setting: 'partitions', wanted: '3', found: String(partitions), refused: true }
    expect(report?.deviations).toEqual([deviation])
    await expect(withAdmin((admin) => admin.requireUsable([topic]))).rejects.toThrow(
      `partitions is ${partitions}, not 3`,
    )
  })

  test('SPEC R4: too few replicas are named; in-sync replicas leave room for one broker to be away', async () => {
    const topic = named('replicas')
    await withAdmin((admin) => admin.createAndVerify([topic]))
    const [report] = await withAdmin((admin) => admin.verify([topic]), 3)
    expect(report?.deviations).toEqual([
      { setting: 'replicas', wanted: '3', found: '1', refused: false },
      { setting: 'min.insync.replicas', wanted: '2', found: '1', refused: false },
    ])
    const many = withAdmin((admin) => admin.createAndVerify([named('more-than-brokers')]), 3)
    await expect(many).rejects.toMatchObject({ code: 'KAFKA_INVALID_REPLICATION_FACTOR', next: 'stop' })
  })

  test('SPEC R4: a topic that is missing is not used', async () => {
    await expect(withAdmin((admin) => admin.requireUsable([named('never-made')]))).rejects.toThrow('missing')
  })
})
