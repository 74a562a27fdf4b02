import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Alerter } from '../../redis-alerts/alerter.ts'
import { RedisAlertStore } from '../../redis-alerts/redis-store.ts'
import { type Redis as RedisPart, startRedis } from '../../stack/redis/redis.ts'
import type { Server } from '../../stack/server.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { AlertLog } from './alert-log.ts'
import { targetOf } from './redis-target.ts'
import { expectDrained } from './stream-check.ts'

/** Long enough for a machine that does much else; a fault is seen to fire all the same. */
const COMMAND_TIMEOUT_MS = 1_000
const SEEN_WITHIN_MS = 60_000
/** What the alerter holds at most between log and store. */
const ENTRIES_MAX = 4_000

interface Fault {
  readonly name: string
  /** How the alerter tells it. */
  readonly code: string
  begin(server: Server, plain: Redis): Promise<unknown>
  end(server: Server, plain: Redis): Promise<unknown>
}

const FAULTS: readonly Fault[] = [
  {
    name: 'hung (SIGSTOP)',
    code: 'REDIS_TIMED_OUT',
    begin: async (server) => server.pause(),
    end: async (server) => server.resume(),
  },
  {
    name: 'slow, 3 s for each answer (CLIENT PAUSE)',
    code: 'REDIS_TIMED_OUT',
    begin: (_server, plain) => plain.call('CLIENT', 'PAUSE', '3000', 'ALL'),
    end: async () => {},
  },
  {
    name: 'full (maxmemory)',
    code: 'REDIS_OOM',
    begin: (_server, plain) => plain.config('SET', 'maxmemory', '1'),
    end: (_server, plain) => plain.config('SET', 'maxmemory', '0'),
  },
  {
    name: 'a replica (READONLY)',
    code: 'REDIS_READONLY',
    begin: (_server, plain) => plain.call('REPLICAOF', '127.0.0.1', '1'),
    end: (_server, plain) => plain.call('REPLICAOF', 'NO', 'ONE'),
  },
  {
    name: 'without a place for another client (maxclients)',
    code: 'REDIS_REFUSED',
    begin: async (_server, plain) => {
      await plain.config('SET', 'maxclients', '1')
      await plain.call('CLIENT', 'KILL', 'TYPE', 'normal')
    },
    end: (_server, plain) => plain.config('SET', 'maxclients', '1000'),
  },
  {
    name: 'emptied while all are connected (FLUSHALL)',
    code: 'ALERTS_LOST|REDIS_GAP',
    begin: (_server, plain) => plain.flushall(),
    end: async () => {},
  },
  {
    name: 'without the scripts (SCRIPT FLUSH)',
    code: 'REDIS_NOSCRIPT',
    begin: (_server, plain) => plain.script('FLUSH'),
    end: async () => {},
  },
  {
    name: 'killed, and started again empty (kill -9)',
    code: 'REDIS_UNREACHABLE',
    begin: (server) => server.kill(),
    end: (server) => server.restart(),
  },
  {
    name: 'loading its data after a kill -9',
    code: 'REDIS_LOADING',
    begin: async (server, plain) => {
      await plain.mset(Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`filler:${i}`, 'x'.repeat(100)])))
      await plain.call('SAVE')
      await server.kill()
    },
    end: (server) => server.restart(),
  },
]

await onRealParts(['redis'], 'an alerter whose Redis fails', () => {
  let part: RedisPart
  let plain: Redis
  let alerts: AlertLog
  let alerter: Alerter
  let ended: Promise<void>
  const stop = new AbortController()

  beforeAll(async () => {
    // A snapshot that takes a while to load, during which Redis answers LOADING.
    part = await startRedis({ settings: { 'key-load-delay': '500', 'loading-process-events-interval-bytes': '1024' } })
    plain = new Redis(part.url)
    plain.on('error', () => {})
    alerts = await AlertLog.open()
    const target = targetOf(part.url, { commandTimeoutMs: COMMAND_TIMEOUT_MS })
    alerter = alerts.alerter(() => RedisAlertStore.open(target))
    ended = alerter.run(stop.signal)
  }, START_MS)

  afterAll(async () => {
    stop.abort()
    await ended
    plain?.disconnect()
    await part?.stop()
    await alerts?.close()
  }, START_MS)

  test.each(FAULTS)(
    'SPEC A3: Redis $name: alerts wait in the log and drain in order, each once',
    { timeout: START_MS },
    async (fault) => {
      const server = part.servers[0]!
      const reader = async () => RedisAlertStore.open(targetOf(part.url))
      const failures = () =>
        fault.code.split('|').reduce((sum, code) => sum + (alerter.counters.failures.get(code) ?? 0), 0)
      for (let partition = 0; partition < 3; partition++) await alerts.send(partition, 20)
      const live = await reader()
      await expectDrained(live, alerts)
      live.close()

      const before = failures()
      await fault.begin(server, plain)
      for (let partition = 0; partition < 3; partition++) await alerts.send(partition, 20)
      if (fault.code === 'REDIS_LOADING') {
        const restarted = fault.end(server, plain)
        await vi.waitFor(() => expect(failures()).toBeGreaterThan(before), { timeout: SEEN_WITHIN_MS, interval: 5 })
        await restarted
      } else {
        await vi.waitFor(() => expect(failures()).toBeGreaterThan(before), { timeout: SEEN_WITHIN_MS, interval: 5 })
        await fault.end(server, plain)
      }
      await vi.waitFor(() => expect(alerter.state).toBe('LIVE'), { timeout: SEEN_WITHIN_MS })

      const store = await reader()
      const compared = await expectDrained(store, alerts)
      store.close()
      process.stdout.write(`${fault.name}: ${failures() - before} failures seen, ${compared} alerts compared\n`)
    },
  )

  test('SPEC A3: while Redis hangs no more is fetched than there is room for', { timeout: START_MS }, async () => {
    const [server] = part.servers
    const own = await AlertLog.open()
    const patient = targetOf(part.url, { commandTimeoutMs: SEEN_WITHIN_MS })
    let most = 0
    const held: Alerter = own.alerter(() => RedisAlertStore.open(patient), {
      onWritten: () => {
        most = Math.max(most, held.buffered)
      },
    })
    const end = new AbortController()
    const running = held.run(end.signal)
    await vi.waitFor(() => expect(held.state).toBe('LIVE'), { timeout: SEEN_WITHIN_MS })
    server!.pause()
    for (let i = 0; i < 30; i++) await own.send(3 + (i % 6), 300)
    // Every partition has read its share, or waits for room.
    await vi.waitFor(() => expect(held.buffered).toBeGreaterThan(ENTRIES_MAX - 1_000), { timeout: SEEN_WITHIN_MS })
    most = Math.max(most, held.buffered)
    server!.resume()
    const sent = 30 * 300
    await vi.waitFor(() => expect(held.counters.written.get('fraud.alerts')).toBe(sent), { timeout: SEEN_WITHIN_MS })
    end.abort()
    await running
    await own.close()
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(ENTRIES_MAX)
  })
})
