import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { KeysError } from '../../bin/runtime/keys.ts'
import { redisServer, redisTarget } from '../../bin/runtime/redis-target.ts'
import { ConfigError, readConfig } from '../../platform/config.ts'
import { temporaryFolder } from './sluice-process.ts'

// Goal: what is meant to be encrypted or logged in to is never spoken to in plain by a slip.
function file(text: string, mode = 0o600): string {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const targetOf = (given: Readonly<Record<string, string>>) => redisTarget(readConfig({}, given))

test.each([
  ['redis://one', { host: 'one', port: 6379, database: 0 }],
  ['redis://[::1]:7000/3', { host: '::1', port: 7000, database: 3 }],
  ['rediss://one:7000', { host: 'one', port: 7000, database: 0, tls: { servername: 'one' } }],
  ['rediss://127.0.0.1', { host: '127.0.0.1', port: 6379, database: 0, tls: {} }],
])('Redis settings: %s', (url, expected) => {
  expect(targetOf({ SLUICE_REDIS_URL: url })).toEqual({ ...expected, commandTimeoutMs: 2_000 })
})

test('Redis settings: nodes besides the first make it a cluster, each held against its own name', () => {
  const given = { SLUICE_REDIS_URL: 'rediss://one:7000', SLUICE_REDIS_CLUSTER_NODES: 'two:7001,[::1]:7002' }
  expect(targetOf(given)).toEqual({
    host: 'one',
    port: 7000,
    database: 0,
    clusterNodes: [
      { host: 'two', port: 7001 },
      { host: '::1', port: 7002 },
    ],
    tls: {},
    commandTimeoutMs: 2_000,
  })
  const config = readConfig({}, given)
  expect(() => redisServer(config, 'one-time codes')).toThrow('one-time codes stand on one Redis server alone')
})

test('Redis settings: authorities and password come from files; the password loses its line end alone', () => {
  const target = targetOf({
    SLUICE_REDIS_URL: 'rediss://one',
    SLUICE_REDIS_TLS_CA: file('authorities', 0o644),
    SLUICE_REDIS_USER: 'alerter',
    SLUICE_REDIS_PASSWORD_FILE: file(' battery staple \n'),
  })
  expect(target).toMatchObject({ username: 'alerter', password: ' battery staple ', tls: { ca: 'authorities' } })
})

test.for([
  { given: {}, says: 'SLUICE_REDIS_URL is not set', why: 'no server' },
  { given: { SLUICE_REDIS_URL: 'redis://me:secret@one' }, says: 'without a log-in', why: 'a password in the address' },
  { given: { SLUICE_REDIS_URL: 'http://one' }, says: 'redis://', why: 'another protocol' },
  {
    given: { SLUICE_REDIS_URL: 'redis://one', SLUICE_REDIS_TLS_CA: 'ca.pem' },
    says: 'rediss://',
    why: 'an authority, but plain text',
  },
  {
    given: { SLUICE_REDIS_URL: 'rediss://one', SLUICE_REDIS_TLS_CA: '/none' },
    says: 'cannot be read',
    why: 'no such file',
  },
  {
    given: { SLUICE_REDIS_URL: 'redis://one', SLUICE_REDIS_USER: 'me' },
    says: 'PASSWORD_FILE',
    why: 'a user without a password',
  },
  {
    given: { SLUICE_REDIS_URL: 'redis://one', SLUICE_REDIS_PASSWORD_FILE: 'p' },
    says: 'in clear',
    why: 'a password over plain text',
  },
  {
    given: {
      SLUICE_REDIS_URL: 'redis://localhost',
      SLUICE_REDIS_CLUSTER_NODES: 'two:6379',
      SLUICE_REDIS_PASSWORD_FILE: 'p',
    },
    says: 'in clear',
    why: 'a password over plain text to a node further away',
  },
  {
    given: { SLUICE_REDIS_URL: 'redis://one/3', SLUICE_REDIS_CLUSTER_NODES: 'two:6379' },
    says: 'database 0 alone',
    why: 'a database of a cluster',
  },
  {
    given: { SLUICE_REDIS_URL: 'redis://one', SLUICE_REDIS_CLUSTER_NODES: 'two' },
    says: 'host:port',
    why: 'a node without a port',
  },
])('Redis settings: $why is refused', ({ given, says }) => {
  expect(() => targetOf(given)).toThrow(ConfigError)
  expect(() => targetOf(given)).toThrow(says)
  expect(() => targetOf(given)).not.toThrow('secret@')
})

test('Redis settings: a password that others can read is refused', () => {
  const given = { SLUICE_REDIS_URL: 'redis://localhost', SLUICE_REDIS_PASSWORD_FILE: file('x', 0o644) }
  expect(() => targetOf(given)).toThrow(KeysError)
})
