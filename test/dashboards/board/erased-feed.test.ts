import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { AlertHub } from '../../../dashboards/board/alert-hub.ts'
import type { AlertStore } from '../../../redis-alerts/alert-store.ts'
import { EmbeddedAlertStore } from '../../../redis-alerts/embedded-store.ts'
import { RedisAlertStore } from '../../../redis-alerts/redis-store.ts'
import { type Redis as RedisPart, startRedis } from '../../../stack/redis/redis.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { targetOf } from '../../redis-alerts/redis-target.ts'
import { onRealParts, START_MS } from '../../support/real-parts.ts'
import { alertEntry, FeedReader } from './board-ground.ts'

// Goal: what an erasure took out of the alert store no board shows any more to whoever opens it afterwards.
vi.setConfig({ testTimeout: 30_000 })

const ending: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

/** A hub of its own, as each board process has one. */
async function startHub(openFeed: () => Promise<AlertStore>): Promise<number> {
  const onWaiting = (error: Error) => {
    throw error
  }
  const hub = new AlertHub({ openFeed, clock: machineTime, onWaiting })
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    void hub.subscribe(response, null)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = new AbortController()
  const running = hub.run(stop.signal)
  ending.push(async () => {
    stop.abort()
    await running
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

async function read(port: number): Promise<FeedReader> {
  const reader = await FeedReader.open(port)
  ending.push(() => reader.close())
  return reader
}

const topOf = ({ status }: FeedReader) => status?.top.map(({ account, alerts }) => `${account} ${alerts}`).join()
const accountsOf = ({ entries }: FeedReader) => entries.map(({ value }) => value.sender_account_id)

async function erasedIsShownNoMore(store: AlertStore, openFeed: () => Promise<AlertStore>): Promise<void> {
  const ports = [await startHub(openFeed), await startHub(openFeed)]
  await store.write([alertEntry(0), alertEntry(1)])
  const early = await Promise.all(ports.map(read))
  for (const reader of early) {
    await reader.until(() => topOf(reader) === 'ACC_0 1,ACC_1 1')
    expect(accountsOf(reader)).toEqual(['ACC_0', 'ACC_1'])
  }
  const place = { source: alertEntry(2).source, offset: 2, previousOffset: 1 }
  await store.write([{ kind: 'erasure', ...place, account: 'ACC_0' }])
  for (const port of ports) {
    const late = await read(port)
    await late.until(() => late.entries.length > 0)
    expect(accountsOf(late)).toEqual(['ACC_1'])
    await late.until(() => topOf(late) === 'ACC_1 1')
    // How many there were names nobody.
    expect(late.status?.perMinute.reduce((sum, alerts) => sum + alerts)).toBe(2)
  }
  // Who comes back is somebody new.
  await store.write([
    { ...alertEntry(7), previousOffset: 2 },
    { ...alertEntry(14), previousOffset: 7 },
  ])
  for (const reader of early) {
    await reader.until(() => topOf(reader) === 'ACC_0 2,ACC_1 1')
    expect(accountsOf(reader)).toEqual(['ACC_0', 'ACC_1', 'ACC_0', 'ACC_0'])
    expect(reader.events).not.toContain('gap')
  }
}

test('SPEC B4: boards over the store of this process show nothing of an account that was erased', async () => {
  const store = new EmbeddedAlertStore(machineTime)
  await erasedIsShownNoMore(store, async () => store)
})

test('SPEC B4: a board that is opened when all that it could begin with is erased goes on behind it', async () => {
  const store = new EmbeddedAlertStore(machineTime)
  const port = await startHub(async () => store)
  const early = await read(port)
  await store.write([alertEntry(0)])
  await early.until(() => early.entries.length > 0)
  await store.write([{ kind: 'erasure', source: alertEntry(0).source, offset: 1, previousOffset: 0, account: 'ACC_0' }])
  const late = await read(port)
  await late.until(() => late.events.filter((event) => event === 'status').length > 1)
  await store.write([{ ...alertEntry(2), previousOffset: 1 }])
  await late.until(() => late.entries.length > 0)
  expect(accountsOf(late)).toEqual(['ACC_2'])
})

await onRealParts(['redis'], 'boards over one Redis', () => {
  let redis: RedisPart

  beforeAll(async () => {
    redis = await startRedis()
  }, START_MS)

  afterAll(() => redis?.stop(), START_MS)

  test('SPEC B4: each shows nothing of an account that was erased', async () => {
    const open = () => RedisAlertStore.open(targetOf(redis.url))
    const store = await open()
    ending.push(async () => store.close())
    await erasedIsShownNoMore(store, open)
  })
})
