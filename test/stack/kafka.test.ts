import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kafka, type KafkaOptions, startKafka } from '../../stack/kafka/kafka.ts'
import { type KafkaTool, kafkaTool } from '../../stack/kafka/tool.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'

// Goal: what the launcher hands out is a cluster that works, whose brokers can be broken and mended one by one.

/** A cluster for the tests of one suite, and Kafka's tools on it. */
function cluster(options: KafkaOptions) {
  let kafka: Kafka
  beforeAll(async () => {
    kafka = await startKafka(options)
  }, START_MS)
  afterAll(() => kafka?.stop(), START_MS)
  return {
    get kafka() {
      return kafka
    },
    tool: (tool: KafkaTool, args: readonly string[], input = '', server = kafka.bootstrap.join(',')) =>
      kafkaTool(tool, ['--bootstrap-server', server, ...args], input),
  }
}

await onRealParts(['kafka'], 'stack: Kafka on one broker', () => {
  const on = cluster({
    features: { 'transaction.version': 1 },
    properties: { 'group.initial.rebalance.delay.ms': '7' },
  })

  test('stack: Kafka’s own tools write and read', { timeout: START_MS }, async () => {
    const created = await on.tool('kafka-topics', ['--create', '--topic', 'words', '--partitions', '3'])
    expect(created).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Created topic words') })
    expect(await on.tool('kafka-console-producer', ['--topic', 'words'], 'one\ntwo\n')).toMatchObject({ exitCode: 0 })
    const args = ['--topic', 'words', '--from-beginning', '--max-messages', '2', '--timeout-ms', '60000']
    const { stdout } = await on.tool('kafka-console-consumer', args)
    expect(stdout.trim().split('\n').sort()).toEqual(['one', 'two'])
  })

  test('stack: a missing topic is an error, not a new topic', { timeout: START_MS }, async () => {
    const described = await on.tool('kafka-topics', ['--describe', '--topic', 'never-made'])
    expect(described).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('does not exist') })
  })

  test('stack: features and settings of the caller are in force', { timeout: START_MS }, async () => {
    const { stdout } = await on.tool('kafka-features', ['describe'])
    expect(stdout).toMatch(/transaction\.version.*FinalizedVersionLevel: 1/)
    const entity = ['--entity-type', 'brokers', '--entity-name', '1', '--all', '--describe']
    const settings = await on.tool('kafka-configs', entity)
    expect(settings.stdout).toContain('group.initial.rebalance.delay.ms=7 ')
    expect(settings.stdout).toContain('group.consumer.session.timeout.ms=6000 ')
  })

  test('stack: a killed broker comes back on its port with its data', { timeout: START_MS }, async () => {
    const [broker] = on.kafka.brokers
    await on.tool('kafka-topics', ['--create', '--topic', 'kept'])
    const before = broker!.pid
    await broker!.kill()
    await broker!.restart()
    expect(broker!.pid).not.toBe(before)
    expect((await on.tool('kafka-topics', ['--list'])).stdout.split('\n')).toContain('kept')
  })
})

await onRealParts(['kafka'], 'stack: Kafka on three brokers', () => {
  const on = cluster({ brokers: 3 })
  // A tool that asks the paused broker waits a minute for it, if nobody tells it not to.
  const impatient = () => {
    const file = join(on.kafka.folder, 'impatient.properties')
    writeFileSync(file, 'request.timeout.ms=2000\ndefault.api.timeout.ms=6000\n')
    return ['--command-config', file]
  }

  test('stack: with a broker paused the others lead; resumed, it follows again', { timeout: START_MS }, async () => {
    await on.tool('kafka-topics', ['--create', '--topic', 'led', '--partitions', '3', '--replication-factor', '3'])
    const [paused, ...others] = on.kafka.brokers
    const rest = others.map(({ address }) => address).join(',')
    const topics = async (...args: string[]) => {
      const { exitCode, stdout, stderr } = await on.tool(
        'kafka-topics',
        [...impatient(), '--describe', ...args],
        '',
        rest,
      )
      expect(exitCode, stderr).toBe(0)
      return stdout.trim()
    }
    const leaders = async () =>
      [...(await topics('--topic', 'led')).matchAll(/Leader: (\S+)/g)].map(([, leader]) => Number(leader))
    expect((await leaders()).sort()).toEqual([1, 2, 3])
    paused!.pause()
    await expect.poll(leaders, { timeout: 90_000 }).not.toContain(paused!.id)
    expect(await on.tool('kafka-console-producer', ['--topic', 'led'], 'still\n', rest)).toMatchObject({ exitCode: 0 })
    paused!.resume()
    await expect.poll(() => topics('--under-replicated-partitions'), { timeout: 90_000 }).toBe('')
  })
})

await onRealParts(['kafka'], 'stack: Kafka with users', () => {
  const on = cluster({ users: { app: 'app-secret' } })
  const as = (user: string, more: Readonly<Record<string, string>> = {}) => {
    const properties = { ...on.kafka.security!.clientProperties(user), ...more }
    return Object.entries(properties).flatMap(([name, value]) => ['--producer-property', `${name}=${value}`])
  }
  const write = (settings: readonly string[], server = on.kafka.bootstrap[0]!) =>
    on.tool('kafka-console-producer', ['--topic', 'guarded', '--sync', ...settings], 'a\n', server)

  beforeAll(async () => {
    const admin = ['--command-config', on.kafka.security!.adminConfigFile]
    const created = await on.tool('kafka-topics', [...admin, '--create', '--topic', 'guarded'])
    expect(created).toMatchObject({ exitCode: 0 })
  }, START_MS)

  test('stack: a user may nothing until an ACL lets it, by each password mechanism', {
    timeout: START_MS,
  }, async () => {
    const refused = await write(as('app'))
    expect(refused.stderr).toContain('TopicAuthorizationException')
    const admin = ['--command-config', on.kafka.security!.adminConfigFile]
    const rule = ['--add', '--allow-principal', 'User:app', '--operation', 'Write', '--topic', 'guarded']
    expect(await on.tool('kafka-acls', [...admin, ...rule])).toMatchObject({ exitCode: 0 })
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
      const login = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
      const jaas = `org.apache.kafka.common.security.${login} required username="app" password="app-secret";`
      const { stderr } = await write(as('app', { 'sasl.mechanism': mechanism, 'sasl.jaas.config': jaas }))
      expect(stderr, mechanism).not.toContain('Exception')
    }
  })

  test('stack: a wrong password, no password and a stranger’s certificate are refused', {
    timeout: START_MS,
  }, async () => {
    const wrong = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="guess";'
    expect((await write(as('app', { 'sasl.jaas.config': wrong }))).stderr).toContain('SaslAuthenticationException')
    const quick = ['--producer-property', 'max.block.ms=5000']
    expect((await write(quick)).stderr).toContain('TimeoutException')
    const tls = { 'security.protocol': 'SSL', 'max.block.ms': '5000' }
    expect((await write(as('app', tls), on.kafka.tlsBootstrap[0])).stderr).toMatch(/SslAuthenticationException|Timeout/)
  })

  test('stack: a certificate of the authority is its user', { timeout: START_MS }, async () => {
    const admin = ['--command-config', on.kafka.security!.adminConfigFile]
    const rule = ['--add', '--allow-principal', 'User:app', '--operation', 'Write', '--topic', 'guarded']
    await on.tool('kafka-acls', [...admin, ...rule])
    const keyStore = on.kafka.security!.certificates['app']!.keyStoreFile
    const tls = { 'security.protocol': 'SSL', 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': keyStore }
    expect((await write(as('app', tls), on.kafka.tlsBootstrap[0])).stderr).not.toContain('Exception')
  })
})
