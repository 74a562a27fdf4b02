import { Cluster, Redis } from 'ioredis'
import { connectionOptions, type RedisAddress, type RedisTarget, redisOptions } from '../platform/redis-options.ts'
import type { StreamsError } from '../streams/errors.ts'
import { redisError } from './redis-errors.ts'

/** A command that the nodes send on to one another for longer finds a cluster that is being rebuilt. */
const REDIRECTIONS_MAX = 8
/** While a slot moves, some of its keys are here and some there. */
const SPLIT_SLOT_MS = 20

/** Connects and logs in; the owner closes it. @throws StreamsError as `redisError` has it. */
export async function connectRedis(target: RedisTarget): Promise<Redis | Cluster> {
  return target.clusterNodes === undefined ? connectServer(target) : connectCluster(target, target.clusterNodes)
}

async function connectServer(target: RedisTarget): Promise<Redis> {
  const redis = new Redis({ ...redisOptions(target), retryStrategy: () => null })
  // The connection's own end says less than what led to it.
  let cause: unknown = null
  redis.on('error', (error: unknown) => {
    cause ??= error
  })
  try {
    await redis.connect()
    return redis
  } catch (error) {
    redis.disconnect()
    throw redisError(cause ?? error)
  }
}

async function connectCluster(target: RedisTarget, others: readonly RedisAddress[]): Promise<Cluster> {
  const cluster = new Cluster([await nodeThatAnswers(target, others)], {
    redisOptions: connectionOptions(target),
    lazyConnect: true,
    enableOfflineQueue: false,
    // The first command says CLUSTERDOWN itself.
    enableReadyCheck: false,
    clusterRetryStrategy: () => null,
    maxRedirections: REDIRECTIONS_MAX,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: SPLIT_SLOT_MS,
    slotsRefreshTimeout: target.commandTimeoutMs,
    // Names are left to the socket, so that a certificate is held against the name and not the address.
    dnsLookup: (name, callback) => callback(null, name),
  })
  // Shows in the commands, and in the connecting.
  cluster.on('error', () => {})
  try {
    await cluster.connect()
    return cluster
  } catch (error) {
    cluster.disconnect()
    throw redisError(error)
  }
}

/** The cluster's client does not tell why a node cannot be had; one server's does. */
async function nodeThatAnswers(target: RedisTarget, others: readonly RedisAddress[]): Promise<RedisAddress> {
  const failures: StreamsError[] = []
  for (const { host, port } of [target, ...others]) {
    try {
      const redis = await connectServer({ ...target, host, port })
      const state = await redis.cluster('INFO').finally(() => redis.disconnect())
      if (state.includes('cluster_state:ok')) return { host, port }
      throw new Error(`CLUSTERDOWN ${host}:${port} sees slots that no node serves`)
    } catch (error) {
      failures.push(redisError(error))
    }
  }
  // What a node has answered says more than that another does not.
  const answered = failures.find(({ code }) => code === 'REDIS_CLUSTERDOWN')
  throw failures.find(({ next }) => next === 'stop') ?? answered ?? failures.at(-1)
}
