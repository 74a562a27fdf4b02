import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Alerter } from '../../redis-alerts/alerter.ts'
import { CLUSTER_KEYS } from '../../redis-alerts/keys.ts'
import { RedisAlertStore } from '../../redis-alerts/redis-store.ts'
import { type Redis as RedisPart, startRedis } from '../../stack/redis/redis.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { AlertLog } from './alert-log.ts'
import { ClusterNodes, type Shard } from './cluster-nodes.ts'
import { clusterTargetOf } from './redis-target.ts'
import { expectDrained } from './stream-check.ts'

const WITHIN = { timeout: 60_000, interval: 20 }
/** Their accounts have all their alerts before the fault: no later one makes good what it took. */
const BEFORE = [0, 1, 2, 3, 4, 5]
const MEANWHILE = [6, 7, 8]

interface Fault {
  readonly name: string
  /** How the alerter tells it. */
  readonly codes: readonly string[]
  /** `keys` is who serves some accounts' keys, `stream` who serves the stream: two masters. */
  begin(nodes: ClusterNodes, keys: Shard, stream: Shard): Promise<unknown>
  end(nodes: ClusterNodes, keys: Shard, stream: Shard): Promise<unknown>
}

const FAULTS: readonly Fault[] = [
  {
    name: 'a master is killed, and its replica takes over',
    codes: ['REDIS_UNREACHABLE', 'REDIS_CLOSED', 'REDIS_CLUSTERDOWN'],
    begin: (nodes, _keys, { master }) => nodes.server(master.address).kill(),
    end: async (nodes, _keys, { master }) => {
      await vi.waitFor(async () => {
        expect((await nodes.shardOf(CLUSTER_KEYS.stream)).master.address).not.toBe(master.address)
      }, WITHIN)
      await nodes.server(master.address).restart()
    },
  },
  {
    name: 'a master and its replica are killed, and come back empty while the positions stand on another',
    codes: ['REDIS_CLUSTERDOWN'],
    begin: async (nodes, { master, replicas }) => {
      for (const { address } of [...replicas, master]) await nodes.server(address).kill()
    },
    end: async (nodes, { master, replicas }) => {
      for (const { address } of [master, ...replicas]) await nodes.server(address).restart()
    },
  },
  {
    name: 'the slot of the stream moves, and half of its keys are here and half there',
    codes: ['REDIS_MOVING'],
    begin: async (nodes, { master: to }, { slot, master: from }) => {
      await nodes.call(to.address, 'CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', from.id)
      await nodes.call(from.address, 'CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', to.id)
      await nodes.call(from.address, ...migrate(to.address, [CLUSTER_KEYS.positions, CLUSTER_KEYS.offsets]))
    },
    end: async (nodes, { master: to }, { slot, master: from }) => {
      await nodes.call(from.address, ...migrate(to.address, [CLUSTER_KEYS.stream, CLUSTER_KEYS.masters]))
      for (const { address } of [to, from]) {
        await nodes.call(address, 'CLUSTER', 'SETSLOT', String(slot), 'NODE', to.id)
      }
    },
  },
]

await onRealParts(['redis'], 'an alerter whose Redis Cluster fails', () => {
  let part: RedisPart
  let nodes: ClusterNodes
  let alerts: AlertLog
  let alerter: Alerter
  let ended: Promise<void>
  const stop = new AbortController()

  beforeAll(async () => {
    part = await startRedis({ cluster: true, replicas: 1, settings: { 'cluster-node-timeout': '1000' } })
    nodes = new ClusterNodes(part)
    alerts = await AlertLog.open()
    const target = clusterTargetOf(part.addresses, { commandTimeoutMs: 1_000 })
    alerter = alerts.alerter(() => RedisAlertStore.open(target))
    ended = alerter.run(stop.signal)
  }, START_MS)

  afterAll(async () => {
    stop.abort()
    await ended
    await part?.stop()
    await alerts?.close()
  }, START_MS)

  test.each(FAULTS)(
    'SPEC A2: $name: alerts wait in the log and drain in order, each once, with every key',
    {
      timeout: START_MS,
    },
    async (fault) => {
      const send = async (partitions: readonly number[]) => {
        for (const partition of partitions) await alerts.send(partition, 10)
      }
      const drained = async () => {
        const store = await RedisAlertStore.open(clusterTargetOf(part.addresses))
        return expectDrained(store, alerts).finally(() => store.close())
      }
      const failures = () => fault.codes.reduce((sum, code) => sum + (alerter.counters.failures.get(code) ?? 0), 0)
      await send(BEFORE)
      await drained()
      const stream = await nodes.shardOf(CLUSTER_KEYS.stream)
      const keys = await elsewhere(nodes, stream)

      const before = failures()
      await fault.begin(nodes, keys, stream)
      await send(MEANWHILE)
      await vi.waitFor(() => expect(failures()).toBeGreaterThan(before), WITHIN)
      await fault.end(nodes, keys, stream)
      await vi.waitFor(() => expect(alerter.state).toBe('LIVE'), WITHIN)
      await send(MEANWHILE)
      const compared = await vi.waitFor(drained, WITHIN)
      process.stdout.write(`${fault.name}: ${failures() - before} failures seen, ${compared} alerts compared\n`)
    },
  )
})

/** The shard of an account's key that is not the stream's. */
async function elsewhere(nodes: ClusterNodes, stream: Shard): Promise<Shard> {
  for (const partition of BEFORE) {
    const shard = await nodes.shardOf(`fraud:alerts:sender:ACC_${partition}`)
    if (shard.master.address !== stream.master.address) return shard
  }
  throw new Error('every account has its keys beside the stream')
}

function migrate(address: string, keys: readonly string[]): readonly string[] {
  const [host = '', port = ''] = address.split(':')
  return ['MIGRATE', host, port, '', '0', '5000', 'KEYS', ...keys]
}
