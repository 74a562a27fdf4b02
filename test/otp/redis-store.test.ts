import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { CodeKeys } from '../../otp/code-keys.ts'
import { RedisOtpStore } from '../../otp/redis-store.ts'
import { type Redis as RedisPart, startRedis } from '../../stack/redis/redis.ts'
import { formsOf } from '../faults/canary-scan.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { newEmbeddedStore } from './embedded-folder.ts'
import { otpStoreConformance, TEST_LIMITS } from './store-conformance.ts'
import { storeSteps, timeless } from './store-steps.ts'

await onRealParts(['redis'], 'the store of one-time codes in Redis', () => {
  let part: RedisPart
  let plain: Redis

  beforeAll(async () => {
    part = await startRedis()
    plain = new Redis(part.url)
  }, START_MS)

  afterAll(async () => {
    plain?.disconnect()
    await part?.stop()
  })

  async function openStore(limits = TEST_LIMITS, commandTimeoutMs = 10_000): Promise<RedisOtpStore> {
    const { hostname: host, port } = new URL(part.url)
    const store = await RedisOtpStore.open({ host, port: Number(port), database: 0, commandTimeoutMs }, limits)
    onTestFinished(() => store.close())
    return store
  }

  otpStoreConformance({
    open: async (limits) => {
      await plain.flushall()
      return [await openStore(limits), await openStore(limits)]
    },
    // Redis has a clock of its own, which nothing but time moves.
    pass: (ms) => setTimeout(ms),
    scale: 2,
  })

  const issue = { challengeId: '3-17', accountId: 'acc-1', client: 'c1', binding: 'd'.repeat(64), again: false }
  const CHALLENGE = { senderAccountId: 'acc-1', receiverAccountId: 'shop', amountMinor: 600_000, currency: 'USD' }
  const code = { mac: 'a'.repeat(64), sealed: 'c2VhbGVk' }

  test('SPEC C4: both stores answer alike, whatever is asked of them and in whatever order', {
    timeout: 60_000,
  }, async () => {
    const limits = {
      ...TEST_LIMITS,
      triesMax: 3,
      codesPerAccount: { max: 6, withinMs: 60_000 },
      triesPerClient: { max: 8, withinMs: 60_000 },
    }
    let steps = 0
    await fc.assert(
      fc.asyncProperty(fc.array(storeSteps, { minLength: 20, maxLength: 30 }), async (asked) => {
        await plain.flushall()
        const stores = [await openStore(limits), newEmbeddedStore(limits)]
        for (const step of asked) {
          const [inRedis, embedded] = await Promise.all(stores.map((store) => step.ask(store)))
          expect(timeless(inRedis), step.name).toEqual(timeless(embedded))
          steps++
        }
      }),
      { numRuns: 8 },
    )
    process.stdout.write(`${steps} steps compared\n`)
    expect(steps).toBeGreaterThan(150)
  })

  test('SPEC C4: what limits keep leaves by itself; challenges leave when they are forgotten', async () => {
    await plain.flushall()
    const store = await openStore({ ...TEST_LIMITS, codesPerAccount: { max: 2, withinMs: 50_000 } })
    await store.issue({ ...issue, ...code })
    expect((await plain.keys('*')).toSorted()).toEqual([
      'otp:challenge:3-17',
      'otp:codes:account:acc-1',
      'otp:codes:client:c1',
      'otp:due',
    ])
    expect(await plain.pttl('otp:codes:account:acc-1')).toBeGreaterThan(49_000)
    expect(await plain.pttl('otp:codes:account:acc-1')).toBeLessThanOrEqual(50_000)
    expect(await plain.llen('otp:codes:account:acc-1')).toBe(1)
  })

  test('SPEC C4: a Redis at maxmemory accepts nothing, and nothing is half written', async () => {
    await plain.flushall()
    const store = await openStore()
    await plain.config('SET', 'maxmemory', '1')
    onTestFinished(async () => void (await plain.config('SET', 'maxmemory', '0')))
    await expect(store.issue({ ...issue, ...code })).rejects.toMatchObject({ code: 'OTP_STORE_REFUSED', next: 'retry' })
    expect(await plain.keys('*')).toEqual([])
  })

  test('SPEC C4: a Redis that may evict is refused: it would forget what was tried', async () => {
    await plain.config('SET', 'maxmemory-policy', 'allkeys-lru')
    onTestFinished(async () => void (await plain.config('SET', 'maxmemory-policy', 'noeviction')))
    await expect(openStore()).rejects.toMatchObject({ code: 'OTP_STORE_EVICTS', next: 'stop' })
  })

  test('SPEC C4 M6: a dump of Redis holds a code in no form, while it waits to be sent', async () => {
    await plain.flushall()
    const store = await openStore()
    const keys = new CodeKeys(new Uint8Array(32).fill(7), {
      below: () => 806_274,
      bytes: (length) => randomBytes(length),
    })
    const payment = { ...CHALLENGE, decisionId: '3-17' }
    const made = keys.newCode()
    expect(made).toBe('806274')
    const kept = { mac: keys.macOf(payment, made), sealed: keys.seal(payment, made) }
    await store.issue({ ...issue, ...kept, binding: keys.bindingOf(payment) })
    expect(keys.unseal('3-17', kept.sealed)).toMatchObject({ code: made, amountMinor: 600_000 })
    expect(keys.unseal('3-18', kept.sealed)).toBeNull()
    await plain.save()
    const [, folder = ''] = await plain.config('GET', 'dir')
    const dump = readFileSync(join(String(folder), 'dump.rdb'), 'latin1')
    expect(dump).toContain(kept.mac)
    for (const { form, text } of formsOf(made)) expect(dump.includes(text), form).toBe(false)
  })

  test('a Redis that has forgotten its scripts or closed the connection is asked again', async () => {
    await plain.flushall()
    const store = await openStore()
    await store.issue({ ...issue, ...code })
    await plain.script('FLUSH')
    expect(await store.issue({ ...issue, ...code })).toMatchObject({ isMade: false, standing: { hasCode: true } })
    await plain.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await vi.waitFor(
      async () => expect(await store.tryCode({ ...issue, ...code })).toMatchObject({ kind: 'right' }),
      5_000,
    )
  })

  test('a Redis that hangs is told from one that refuses: nothing is accepted, and the same call again works', async () => {
    await plain.flushall()
    await (await openStore()).issue({ ...issue, ...code })
    const store = await openStore(TEST_LIMITS, 400)
    await plain.call('CLIENT', 'PAUSE', '1000', 'ALL')
    const hanging = store.tryCode({ ...issue, ...code })
    await expect(hanging).rejects.toMatchObject({ code: 'OTP_STORE_UNREACHABLE', next: 'retry' })
    await vi.waitFor(
      async () => expect(await store.tryCode({ ...issue, ...code })).toMatchObject({ kind: 'right' }),
      5_000,
    )
  })

  test('a connection that is cut with a call on its way is no answer, and the same call again works', async () => {
    await plain.flushall()
    const store = await openStore()
    await store.issue({ ...issue, ...code })
    await plain.call('CLIENT', 'PAUSE', '1000', 'WRITE')
    const isUnreachable = { code: 'OTP_STORE_UNREACHABLE', next: 'retry' }
    const cut = expect(store.tryCode({ ...issue, ...code })).rejects.toMatchObject(isUnreachable)
    const blocked = async () => expect(await plain.info('clients')).not.toContain('\nblocked_clients:0')
    await vi.waitFor(blocked, 5_000)
    await plain.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await cut
    await vi.waitFor(
      async () => expect(await store.tryCode({ ...issue, ...code })).toMatchObject({ kind: 'right' }),
      5_000,
    )
  })

  test('SPEC M6: an error of Redis carries neither the command nor its arguments', async () => {
    const store = await openStore()
    await plain.set('otp:challenge:9-9', 'not a challenge')
    const error = await store.issue({ ...issue, ...code, challengeId: '9-9' }).catch((caught: Error) => caught)
    expect(error).toMatchObject({ code: 'OTP_STORE_REFUSED', next: 'stop' })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(code.mac)
  })
})
