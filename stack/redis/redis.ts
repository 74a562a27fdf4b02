import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { partEnvironment } from '../part-environment.ts'
import { PartError } from '../part-error.ts'
import { claimPort, freePorts } from '../ports.ts'
import { requirePrograms } from '../programs.ts'
import { untilAnswered } from '../ready.ts'
import { newRunFolder, type RunFolder } from '../run-folder.ts'
import { runProgram } from '../run-program.ts'
import { allReady, type RunningServers } from '../running-servers.ts'
import { Server } from '../server.ts'
import { askRedis, pingRedis } from './redis-request.ts'

export interface RedisOptions {
  /** Three masters that share the slots, instead of one server. */
  readonly cluster?: boolean
  /** Replicas of each master of a cluster; none by default. */
  readonly replicas?: 0 | 1
  /** The first server's port; free ones by default. */
  readonly port?: number
  /** Started as `nice -n` so much starts it: docs/alerts.md, "Beside decisions". */
  readonly nice?: number
  /** Settings of redis.conf, before the launcher's own: nothing is kept on disk, only 127.0.0.1 is listened on. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A running Redis. */
export interface Redis extends RunningServers {
  /** `redis://host:port`, of the first server where there are several. */
  readonly url: string
  /** `host:port` of each server. */
  readonly addresses: readonly string[]
}

/** What docs/alerts.md tells for a Redis that shares a machine with decisions. */
export const BESIDE_DECISIONS = { nice: 19 } as const

export const REDIS_PROGRAMS = ['redis-server', 'setpriv'] as const
/** The smallest number that Redis makes a cluster of. */
const CLUSTER_MASTERS = 3
const CLUSTER_WITHIN_MS = 30_000

/** Starts Debian's redis-server; resolves when it answers PING, and a cluster when every slot is served and copied. */
export async function startRedis(options: RedisOptions = {}): Promise<Redis> {
  const { cluster = false, replicas = 0, port, nice, settings = {} } = options
  requirePrograms('Redis', REDIS_PROGRAMS)
  const run = newRunFolder('redis')
  const count = cluster ? CLUSTER_MASTERS * (1 + replicas) : 1
  const ports = await freePorts(2 * count)
  if (port !== undefined) ports[0] = await claimPort(port, '--redis-port')
  const servers = ports.slice(0, count).map((own, index) => {
    const bus = {
      'cluster-enabled': 'yes',
      'cluster-port': String(ports[count + index]),
      'cluster-node-timeout': '2000',
      // A replica that waits for others before its first copy cannot take over until then.
      'repl-diskless-sync-delay': '0',
    }
    return redisServer(run, own, { ...(cluster && bus), ...settings }, nice)
  })
  const running = await allReady(run, servers)
  const addresses = servers.map(({ address }) => address)
  if (cluster) {
    await joinCluster(addresses, replicas).catch(async (error: unknown) => {
      await running.stop()
      throw error
    })
  }
  return { ...running, url: `redis://${addresses[0]}`, addresses }
}

function redisServer(
  run: RunFolder,
  port: number,
  settings: Readonly<Record<string, string>>,
  nice: number | undefined,
): Server {
  const address = `127.0.0.1:${port}`
  const data = join(run.data, String(port))
  mkdirSync(data)
  const all = { bind: '127.0.0.1', port: String(port), dir: data, save: '', appendonly: 'no', ...settings }
  return new Server({
    name: `Redis ${address}`,
    address,
    program: 'redis-server',
    args: Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]),
    folder: data,
    env: partEnvironment(),
    logFile: run.log(`redis-${port}`),
    ...(nice !== undefined && { nice }),
    ask: () => pingRedis(address),
  })
}

async function joinCluster(addresses: readonly string[], replicas: number): Promise<void> {
  const args = ['--cluster', 'create', ...addresses, '--cluster-replicas', String(replicas), '--cluster-yes']
  const { exitCode, stdout, stderr } = await runProgram('redis-cli', args, { env: partEnvironment() })
  if (exitCode !== 0) throw new PartError(`redis-cli cannot make a cluster: ${(stdout + stderr).trim()}`)
  for (const address of addresses) {
    await untilAnswered(`the Redis cluster at ${address}`, () => isWhole(address), CLUSTER_WITHIN_MS)
  }
}

async function isWhole(address: string): Promise<void> {
  const answer = await askRedis(address, 'CLUSTER INFO')
  if (!answer.includes('cluster_state:ok')) throw new Error('not every slot is served')
  const replication = await askRedis(address, 'INFO replication')
  if (replication.includes('master_link_status:down')) throw new Error('the replica has no copy of its master yet')
}
