import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { RedisTarget } from '../../platform/redis-options.ts'
import { RedisAlertStore } from '../../redis-alerts/redis-store.ts'
import { type Certificate, CertificateAuthority } from '../../stack/certificates.ts'
import { freePorts } from '../../stack/ports.ts'
import { type Redis as RedisPart, startRedis } from '../../stack/redis/redis.ts'
import { newRunFolder } from '../../stack/run-folder.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { actionOf } from './alert-log.ts'
import { targetOf } from './redis-target.ts'
import { alertOf, SOURCE } from './written-entries.ts'

/** The line of the documentation, so that what it says is what holds. */
const [ACL_LINE] = /^ACL SETUSER alerter .*$/m.exec(readFileSync('docs/alerts.md', 'utf8')) ?? []

await onRealParts(['redis'], 'a Redis with users and TLS', () => {
  let part: RedisPart
  let plain: Redis
  let tlsPort: number
  let authority: CertificateAuthority

  beforeAll(async () => {
    authority = await CertificateAuthority.create(join(newRunFolder('redis-tls').data, 'certificates'))
    const server: Certificate = await authority.issue('redis')
    tlsPort = (await freePorts(1))[0]!
    part = await startRedis({
      settings: {
        'tls-port': String(tlsPort),
        'tls-cert-file': server.certificateFile,
        'tls-key-file': server.keyFile,
        'tls-ca-cert-file': authority.certificateFile,
        'tls-auth-clients': 'no',
      },
    })
    plain = new Redis(part.url)
    const [, , ...rules] = ACL_LINE!.replace('PASSWORD', 'alerter-secret').split(' ')
    await plain.call('ACL', 'SETUSER', ...rules)
    await plain.call('ACL', 'SETUSER', 'weak', 'on', '>weak-secret', '~*', '&*', '+@all', '-evalsha')
    await plain.call('ACL', 'SETUSER', 'default', '>default-secret', 'resetpass', '>default-secret')
  }, START_MS)

  afterAll(async () => {
    plain?.disconnect()
    await part?.stop()
  })

  const open = async (given: Partial<RedisTarget>) => {
    const store = await RedisAlertStore.open(targetOf(part.url, given))
    onTestFinished(() => store.close())
    return store
  }
  const alerter = { username: 'alerter', password: 'alerter-secret' }

  test('SPEC A3: the documented user over TLS can do all that the alerter does, and nothing else', async () => {
    const store = await open({ ...alerter, port: tlsPort, tls: { ca: authority.certificate } })
    const { senderAccountId: account, eventTime } = actionOf(1)
    const action = {
      kind: 'action',
      source: SOURCE,
      offset: 2,
      previousOffset: 1,
      account,
      field: 'BLOCK_CARD:0-1',
    } as const
    const ended = { ...action, offset: 3, previousOffset: 2, field: 'BLOCK_CARD:0-2' }
    const json = (endsMs: number) => JSON.stringify({ ends_at: endsMs })
    await store.write([
      alertOf(1, { eventTimeMs: Date.now() - 299_500 }),
      { ...action, endsMs: eventTime + 300, json: json(eventTime + 300) },
    ])
    await store.write([{ ...ended, endsMs: eventTime + 9_000, json: json(eventTime + 9_000) }])
    while (Date.now() < eventTime + 600) await store.positions()
    // Past their ends: what prunes needs its rights as well.
    await store.write([
      { ...ended, offset: 4, previousOffset: 3, endsMs: eventTime + 9_000, json: json(eventTime + 9_000) },
      { kind: 'passed', source: SOURCE, offset: 5, previousOffset: 4 },
    ])
    await store.sweep()
    await store.write([
      alertOf(6),
      { kind: 'erasure', source: SOURCE, offset: 7, previousOffset: 6, account: 'ACC_001' },
    ])
    expect(await store.positions()).toEqual(new Map([[SOURCE, 7]]))
    const same = new Redis({ port: Number(new URL(part.url).port), enableReadyCheck: false, ...alerter })
    onTestFinished(() => same.disconnect())
    for (const [command, ...args] of [['FLUSHALL'], ['CONFIG', 'GET', '*'], ['GET', 'other'], ['KEYS', '*']]) {
      await expect(same.call(command!, ...args)).rejects.toThrow('NOPERM')
    }
  })

  test.each([
    { why: 'no password', given: {}, code: 'REDIS_NOAUTH' },
    { why: 'a wrong password', given: { ...alerter, password: 'guessed' }, code: 'REDIS_WRONGPASS' },
    { why: 'a user that is not there', given: { username: 'nobody', password: 'x' }, code: 'REDIS_WRONGPASS' },
  ])('SPEC A3: $why is one clear line, and stops', async ({ given, code }) => {
    const opened = open(given)
    await expect(opened).rejects.toMatchObject({ code, next: 'stop' })
    await expect(opened).rejects.not.toThrow('guessed')
  })

  test('SPEC A3: a missing right is one clear line, and stops', async () => {
    const store = await open({ username: 'weak', password: 'weak-secret' })
    await expect(store.write([alertOf(9)])).rejects.toMatchObject({ code: 'REDIS_NOPERM', next: 'stop' })
  })

  test('SPEC A3: an authority that is not trusted stops; TLS on a plain port and plain text on a TLS port say so', async () => {
    await expect(open({ ...alerter, port: tlsPort, tls: {} })).rejects.toMatchObject({
      message: expect.stringContaining('SLUICE_REDIS_TLS_CA'),
      next: 'stop',
    })
    const onPlainPort = open({ ...alerter, tls: { ca: authority.certificate }, commandTimeoutMs: 500 })
    await expect(onPlainPort).rejects.toMatchObject({
      message: expect.stringContaining('TLS'),
      next: 'retry',
    })
    await expect(open({ ...alerter, port: tlsPort })).rejects.toMatchObject({
      message: expect.stringContaining('TLS'),
      next: 'retry',
    })
  })
})
