import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { kafkaTool } from '../../stack/kafka/tool.ts'

// Goal: what the launcher hands out is a cluster that works, whose brokers can be broken and mended one by one.
const START_MS = 180_000

describe('stack: Kafka on one broker', () => {
  let kafka: Kafka
  beforeAll(async () => {
    kafka = await startKafka({
      features: { 'transaction.version': 1 },
      properties: { 'group.initial.rebalance.delay.ms': '7' },
    })
  }, START_MS)
  afterAll(() => kafka?.stop(), START_MS)

  test('stack: Kafka’s own tools write and read', { timeout: START_MS }, async () => {
    const server = ['--bootstrap-server', ...kafka.bootstrap]
    const created = await kafkaTool('kafka-topics', [...server, '--create', '--topic', 'words', '--partitions', '3'])
    expect(created).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Created topic words') })
    expect(await kafkaTool('kafka-console-producer', [...server, '--topic', 'words'], 'one\ntwo\n')).toMatchObject({
      exitCode: 0,
    })
    const args = [...server, '--topic', 'words', '--from-beginning', '--max-messages', '2', '--timeout-ms', '30000']
    const { stdout } = await kafkaTool('kafka-console-consumer', args)
    expect(stdout.trim().split('\n').sort()).toEqual(['one', 'two'])
  })

  test('stack: a missing topic is an error, not a new topic', { timeout: START_MS }, async () => {
    const server = ['--bootstrap-server', ...kafka.bootstrap]
    const described = await kafkaTool('kafka-topics', [...server, '--describe', '--topic', 'never-made'])
    expect(described).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('does not exist') })
  })

  test('stack: features and settings of the caller are in force', { timeout: START_MS }, async () => {
    const server = ['--bootstrap-server', ...kafka.bootstrap]
    const { stdout } = await kafkaTool('kafka-features', [...server, 'describe'])
    expect(stdout).toMatch(/transaction\.version.*FinalizedVersionLevel: 1/)
    const entity = ['--entity-type', 'brokers', '--entity-name', '1', '--all', '--describe']
    const settings = await kafkaTool('kafka-configs', [...server, ...entity])
    expect(settings.stdout).toContain('group.initial.rebalance.delay.ms=7 ')
    expect(settings.stdout).toContain('group.consumer.session.timeout.ms=6000 ')
  })

  test('stack: a killed broker comes back on its port with its data', { timeout: START_MS }, async () => {
    const [broker] = kafka.brokers
    const server = ['--bootstrap-server', broker!.address]
    await kafkaTool('kafka-topics', [...server, '--create', '--topic', 'kept'])
    const before = broker!.pid
    await broker!.kill()
    await broker!.restart()
    expect(broker!.pid).not.toBe(before)
    expect((await kafkaTool('kafka-topics', [...server, '--list'])).stdout.split('\n')).toContain('kept')
  })
})
