import { Redis } from 'ioredis'
import type { AlertEntry } from '../redis-alerts/alert-store.ts'
import { alertKey, countKey, SHARED_KEYS } from '../redis-alerts/keys.ts'
import { ALERT_LIFE_MS, COUNT_LIFE_MS, STREAM_ENTRIES_MAX } from '../redis-alerts/lives.ts'
import { RedisAlertStore } from '../redis-alerts/redis-store.ts'
import { startRedis } from '../stack/redis/redis.ts'
import { Report, RUNS, size } from './harness.ts'

/**
 * Alerts a second into a real Redis on the same cores: in groups as the alerter writes them, and
 * beside it the same writes awaited one by one. Event times lie within 10 s of now, so every key is written. Afterwards what
 * stands in Redis is held against a recomputation.
 */
const GROUP = 500
const ACCOUNTS = 2_000
const SPREAD_MS = 10_000
const PIPELINED = size(60_000, 4_000)
const AWAITED = size(4_000, 400)
const BAR_PER_SECOND = 9_000

const report = new Report('alerts', 'Alerts into Redis')
const part = await startRedis()
const plain = new Redis(part.url)
const { hostname, port } = new URL(part.url)
const target = { host: hostname, port: Number(port), database: 0, commandTimeoutMs: 30_000 }

/** `count` alerts of the chain's size, of many accounts, in the order of one partition. */
function alerts(count: number): AlertEntry[] {
  const nowMs = Date.now()
  return Array.from({ length: count }, (_, offset) => {
    const account = `ACC_${String((offset * 7_919) % ACCOUNTS).padStart(6, '0')}`
    const eventTimeMs = nowMs - ((offset * 31) % SPREAD_MS)
    const fraudCount = 4 + Math.floor(offset / ACCOUNTS)
    const json = JSON.stringify({
      transaction_id: `tx-${offset}`,
      velocity_count: 4,
      amount: '49.00',
      region: 'US',
      severity: 'HIGH',
      reasons: [{ signal: 'VELOCITY', points: 40 }],
      score: 40,
      kind: 'VELOCITY',
      revised: false,
      sender_account_id: account,
      fraud_count: fraudCount,
      currency: 'USD',
      event_time: eventTimeMs,
      alert_id: `0-${offset}-0`,
      decision_id: `0-${offset}`,
    })
    const place = { source: 'bench/fraud.alerts-0', offset, previousOffset: offset - 1 }
    return { kind: 'alert', ...place, account, eventTimeMs, fraudCount, json }
  })
}

/** Writes all in groups of `group` to an empty Redis; alerts a second. */
async function perSecond(entries: readonly AlertEntry[], group: number): Promise<number> {
  await plain.flushall()
  const store = await RedisAlertStore.open(target)
  const startedMs = performance.now()
  for (let at = 0; at < entries.length; at += group) await store.write(entries.slice(at, at + group))
  const tookMs = performance.now() - startedMs
  store.close()
  return (entries.length * 1_000) / tookMs
}

/** Whether keys, counts, time left, set and stream are those of a recomputation. */
async function equalsRecomputation(entries: readonly AlertEntry[]): Promise<boolean> {
  const newest = new Map<string, AlertEntry>()
  for (const entry of entries) {
    const stands = newest.get(entry.account ?? '')
    if (stands === undefined || entry.eventTimeMs >= stands.eventTimeMs) newest.set(entry.account ?? '', entry)
  }
  let equal = (await plain.scard(SHARED_KEYS.accounts)) === newest.size
  for (const [account, { json, fraudCount, eventTimeMs }] of newest) {
    const [alert, count, alertEnds, countEnds] = await Promise.all([
      plain.get(alertKey(account)),
      plain.get(countKey(account)),
      plain.call('PEXPIRETIME', alertKey(account)),
      plain.call('PEXPIRETIME', countKey(account)),
    ])
    equal &&= alert === json && count === String(fraudCount)
    equal &&= alertEnds === eventTimeMs + ALERT_LIFE_MS && countEnds === eventTimeMs + COUNT_LIFE_MS
  }
  const length = await plain.xlen(SHARED_KEYS.stream)
  const expected = Math.min(entries.length, STREAM_ENTRIES_MAX)
  return equal && length >= expected && length <= expected + 100
}

const pipelined: number[] = []
const awaited: number[] = []
let equal = true
for (let run = 0; run < size(RUNS, 1); run++) {
  const entries = alerts(PIPELINED)
  pipelined.push(await perSecond(entries, GROUP))
  equal &&= await equalsRecomputation(entries)
  awaited.push(await perSecond(alerts(AWAITED), 1))
}
report.figure(`in groups of ${GROUP}`, 'alerts/s', pipelined, { atLeast: BAR_PER_SECOND })
report.figure('one by one, each awaited', 'alerts/s', awaited)
report.require('keys, counts, time left, set and stream equal a recomputation', equal)
report.finish()
plain.disconnect()
await part.stop()
