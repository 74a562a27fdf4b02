import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kafkaOptions } from '../../bin/runtime/kafka-options.ts'
import { KeysError } from '../../bin/runtime/keys.ts'
import { ConfigError, readConfig, shownSettings } from '../../platform/config.ts'
import { temporaryFolder } from './sluice-process.ts'

// Goal: what is meant to be encrypted or logged in to is never spoken to in plain by a slip, and no secret is shown.
const PASSWORD = 'correct horse battery staple'

function secret(text: string, mode = 0o600): string {
  const path = join(temporaryFolder(), 'secret')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const clusterOf = (given: Readonly<Record<string, string>>) =>
  kafkaOptions(readConfig({ SLUICE_KAFKA_BOOTSTRAP: 'one:9092,[::1]:9093', ...given }))

test('Kafka settings: none means the embedded log; servers alone mean plain text', () => {
  expect(kafkaOptions(readConfig({}))).toBeNull()
  expect(clusterOf({})).toEqual({
    bootstrapServers: ['one:9092', '[::1]:9093'],
    clientId: 'sluice',
  })
})

test('Kafka settings: certificates and the password come from files; the password loses its line end alone', () => {
  const [ca, cert, key] = [secret('authorities', 0o644), secret('certificate', 0o644), secret('key')]
  const cluster = clusterOf({
    SLUICE_KAFKA_TLS: 'yes',
    SLUICE_KAFKA_TLS_CA: ca,
    SLUICE_KAFKA_TLS_CERT: cert,
    SLUICE_KAFKA_TLS_KEY: key,
    SLUICE_KAFKA_SASL_MECHANISM: 'PLAIN',
    SLUICE_KAFKA_SASL_USER: 'producer',
    SLUICE_KAFKA_SASL_PASSWORD_FILE: secret(` ${PASSWORD} \n`),
  })
  expect(cluster?.tls).toEqual({ ca: 'authorities', cert: 'certificate', key: 'key' })
  expect(cluster?.sasl).toEqual({ mechanism: 'PLAIN', username: 'producer', password: ` ${PASSWORD} ` })
})

const SCRAM = { SLUICE_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', SLUICE_KAFKA_SASL_USER: 'producer' }

test.for([
  { given: { SLUICE_KAFKA_TLS_CA: 'ca.pem' }, says: 'SLUICE_KAFKA_TLS;', why: 'an authority, but plain text' },
  { given: { SLUICE_KAFKA_TLS: 'yes', SLUICE_KAFKA_TLS_CERT: 'a' }, says: 'TLS_KEY', why: 'a certificate, no key' },
  { given: { SLUICE_KAFKA_SASL_USER: 'me' }, says: 'SASL_MECHANISM', why: 'a user, but no log-in' },
  { given: SCRAM, says: 'PASSWORD_FILE', why: 'a log-in without a password' },
  { given: { SLUICE_KAFKA_BOOTSTRAP: '', SLUICE_KAFKA_TLS: 'yes' }, says: 'BOOTSTRAP', why: 'TLS to no cluster' },
  { given: { SLUICE_KAFKA_BOOTSTRAP: 'one' }, says: 'KAFKA_BOOTSTRAP', why: 'no port' },
  { given: { SLUICE_KAFKA_BOOTSTRAP: 'kafka://a:1' }, says: 'KAFKA_BOOTSTRAP', why: 'a URL' },
  { given: { SLUICE_REGISTRY_URL: 'http://me:pw@host' }, says: 'REGISTRY_URL', why: 'a log-in in the address' },
  { given: { SLUICE_REGISTRY_URL: 'ftp://host' }, says: 'REGISTRY_URL', why: 'no web address' },
])('Kafka settings: $why is refused', ({ given, says }) => {
  expect(() => clusterOf(given)).toThrow(ConfigError)
  expect(() => clusterOf(given)).toThrow(says)
})

test('Kafka settings: a password is never sent in clear, read from an open file, or shown', () => {
  const given = { ...SCRAM, SLUICE_KAFKA_SASL_PASSWORD_FILE: secret(PASSWORD) }
  expect(clusterOf(given)?.sasl).toMatchObject({ password: PASSWORD })
  expect(() => clusterOf({ ...given, SLUICE_KAFKA_SASL_MECHANISM: 'PLAIN' })).toThrow('in clear')
  expect(() => clusterOf({ ...given, SLUICE_KAFKA_SASL_PASSWORD_FILE: secret(PASSWORD, 0o640) })).toThrow(KeysError)
  expect(() => clusterOf({ ...given, SLUICE_KAFKA_SASL_PASSWORD_FILE: '/nowhere' })).toThrow('/nowhere is missing')
  expect(JSON.stringify(shownSettings(readConfig(given)))).not.toContain(PASSWORD)
  expect(() => readConfig({ SLUICE_REGISTRY_URL: `https://me:${PASSWORD}@host` })).toThrow(/^(?!.*horse).*REGISTRY_URL/)
})
