import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Kafka, startKafka } from '../../../stack/kafka/kafka.ts'
import { kafkaTool } from '../../../stack/kafka/tool.ts'
import { freePorts } from '../../../stack/ports.ts'
import { runProgram } from '../../../stack/run-program.ts'
import { Cluster } from '../../../streams/kafka/cluster.ts'
import { type KafkaSasl, type KafkaTls, kafkaSettings } from '../../../streams/kafka/kafka-options.ts'
import { START_MS } from './test-kafka.ts'

vi.setConfig({ testTimeout: 120_000 })

// Goal: a client that is who it says gets in over TLS; every other one, and every other broker, is refused for good.
const PASSWORD = 'a-password-of-the-test'
let folder: string
let kafka: Kafka
let port: number
let ca: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-security-'))
  const keystore = join(folder, 'broker.p12')
  const store = ['-keystore', keystore, '-storetype', 'PKCS12', '-storepass', PASSWORD, '-alias', 'broker']
  const name = ['-dname', 'CN=broker', '-ext', 'san=ip:127.0.0.1', '-keyalg', 'EC', '-validity', '2']
  expect(await runProgram('keytool', ['-genkeypair', ...store, ...name])).toMatchObject({ exitCode: 0 })
  const certificate = join(folder, 'broker.pem')
  await runProgram('keytool', ['-exportcert', '-rfc', ...store, '-file', certificate])
  ca = readFileSync(certificate, 'utf8')
  const [client, controller, secure] = (await freePorts(3)) as [number, number, number]
  port = secure
  const jaas = (module: string, options = '') => `org.apache.kafka.common.security.${module} required${options};`
  kafka = await startKafka({
    port: client,
    properties: {
      listeners: `PLAINTEXT://127.0.0.1:${client},SECURE://127.0.0.1:${secure},CONTROLLER://127.0.0.1:${controller}`,
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT',
      'ssl.keystore.type': 'PKCS12',
      'ssl.keystore.location': keystore,
      'ssl.keystore.password': PASSWORD,
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      'connections.max.reauth.ms': '2000',
      'listener.name.secure.plain.sasl.jaas.config': jaas('plain.PlainLoginModule', ` user_app="${PASSWORD}"`),
      'listener.name.secure.scram-sha-256.sasl.jaas.config': jaas('scram.ScramLoginModule'),
      'listener.name.secure.scram-sha-512.sasl.jaas.config': jaas('scram.ScramLoginModule'),
      'listener.name.secure.oauthbearer.sasl.jaas.config': jaas(
        'oauthbearer.OAuthBearerLoginModule',
        ' unsecuredLoginStringClaim_sub="broker"',
      ),
    },
  })
  const server = ['--bootstrap-server', ...kafka.bootstrap]
  const user = ['--alter', '--entity-type', 'users', '--entity-name', 'app']
  const secrets = `SCRAM-SHA-256=[password=${PASSWORD}],SCRAM-SHA-512=[password=${PASSWORD}]`
  expect(await kafkaTool('kafka-configs', [...server, ...user, '--add-config', secrets])).toMatchObject({ exitCode: 0 })
}, START_MS)
afterAll(async () => {
  await kafka?.stop()
  rmSync(folder, { recursive: true, force: true })
}, START_MS)

/** A JSON Web Token without a signature, which the broker's default validator takes in a test. */
function token(subject: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const nowS = Math.floor(Date.now() / 1_000)
  return `${part({ alg: 'none' })}.${part({ sub: subject, iat: nowS, exp: nowS + 600 })}.`
}

function open(sasl: KafkaSasl, tls: KafkaTls = { ca }): Cluster {
  return new Cluster({ bootstrapServers: [`127.0.0.1:${port}`], clientId: 'security', tls, sasl })
}

const user = (mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512', password = PASSWORD): KafkaSasl => {
  return { mechanism, username: 'app', password }
}
const bearer: KafkaSasl = { mechanism: 'OAUTHBEARER', token: async () => token('app') }

describe('a client with the right secret', () => {
  test.each([
    { name: 'PLAIN', sasl: user('PLAIN') },
    { name: 'SCRAM-SHA-256', sasl: user('SCRAM-SHA-256') },
    { name: 'SCRAM-SHA-512', sasl: user('SCRAM-SHA-512') },
    { name: 'OAUTHBEARER', sasl: bearer },
  ])('is let in by $name over TLS, and again when its time is over', async ({ sasl }) => {
    const cluster = open(sasl)
    expect((await cluster.describe([])).brokers).toHaveLength(1)
    // The broker believes it for 2 s: a connection that goes on after that without telling anew is ended by the broker.
    while (cluster.counters.connectionCreationTotal < 4) expect((await cluster.describe([])).brokers).toHaveLength(1)
    expect(cluster.counters.connectionFailuresTotal).toBe(0)
    cluster.close()
  })
})

describe('is refused for good, without the secret in what is told', () => {
  test.each([
    {
      name: 'a wrong password (PLAIN)',
      sasl: user('PLAIN', 'not-it-4711'),
      tls: undefined,
      code: 'KAFKA_AUTHENTICATION',
    },
    {
      name: 'a wrong password (SCRAM)',
      sasl: user('SCRAM-SHA-512', 'not-it-4711'),
      tls: undefined,
      code: 'KAFKA_AUTHENTICATION',
    },
    { name: 'a certificate that nobody vouches for', sasl: user('PLAIN', 'not-it-4711'), tls: {}, code: 'KAFKA_TLS' },
    {
      name: 'a certificate of somebody else',
      sasl: user('PLAIN', 'not-it-4711'),
      tls: { serverName: 'other.example' },
      code: 'KAFKA_TLS',
    },
  ])('$name', async ({ sasl, tls, code }) => {
    const cluster = open(sasl, tls === undefined ? { ca } : 'serverName' in tls ? { ca, ...tls } : tls)
    const error = await cluster.describe([]).then(
      () => null,
      (cause: unknown) => cause as Error,
    )
    expect(error).toMatchObject({ code, next: 'stop' })
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      expect(`${cause.message} ${cause.stack} ${JSON.stringify(cause)}`).not.toContain('not-it-4711')
    }
    cluster.close()
  })

  test('no TLS where the broker wants it', async () => {
    const cluster = new Cluster({
      bootstrapServers: [`127.0.0.1:${port}`],
      clientId: 'security',
      connectTimeoutMs: 3_000,
    })
    await expect(cluster.describe([])).rejects.toMatchObject({ code: expect.stringMatching(/^KAFKA_/) })
    cluster.close()
  })

  test.each(['PLAIN', 'OAUTHBEARER'] as const)('%s without TLS, before anything is sent', (mechanism) => {
    const sasl = mechanism === 'PLAIN' ? user('PLAIN') : bearer
    const options = { bootstrapServers: ['127.0.0.1:9092'], clientId: 'c', sasl }
    expect(() => kafkaSettings(options)).toThrow(expect.objectContaining({ code: 'KAFKA_OPTIONS', next: 'stop' }))
  })

  test.each(['', 'broker', 'broker:', 'broker:0', 'broker:70000', 'a:b:1', ':9092'])('the address %o', (server) => {
    const options = { bootstrapServers: [server], clientId: 'c' }
    expect(() => kafkaSettings(options)).toThrow(expect.objectContaining({ code: 'KAFKA_OPTIONS', next: 'stop' }))
  })

  test('addresses by name, number and in brackets are understood', () => {
    const bootstrapServers = ['kafka-1.example:9092', '10.0.0.7:9093', '[::1]:9094']
    expect(kafkaSettings({ bootstrapServers, clientId: 'c' }).bootstrap).toEqual([
      { host: 'kafka-1.example', port: 9092 },
      { host: '10.0.0.7', port: 9093 },
      { host: '::1', port: 9094 },
    ])
  })
})
