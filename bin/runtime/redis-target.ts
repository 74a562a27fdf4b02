import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { type Config, ConfigError, variableOf } from '../../platform/config.ts'
import type { RedisAddress, RedisTarget } from '../../platform/redis-options.ts'
import { readSecretFile } from './keys.ts'

const PORT = 6379
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/

/**
 * The Redis that the settings name. The password is read from its file here; it stands in no setting.
 * @throws ConfigError for settings that are missing or contradict each other, KeysError for a password file that is missing or
 * open to others.
 */
export function redisTarget(config: Config): RedisTarget {
  const { redisUrl, redisClusterNodes, redisUser, redisPasswordFile, redisTlsCa, redisTimeoutMs } = config
  if (redisUrl === '') throw new ConfigError(`${variableOf('redisUrl')} is not set; name the Redis to write alerts to`)
  const { protocol, hostname, port, pathname } = new URL(redisUrl)
  const isTls = protocol === 'rediss:'
  if (redisTlsCa !== '' && !isTls) {
    throw new ConfigError(`${variableOf('redisTlsCa')} without rediss:// in ${variableOf('redisUrl')}; correct either`)
  }
  if (redisUser !== '' && redisPasswordFile === '') {
    throw new ConfigError(`${variableOf('redisUser')} without ${variableOf('redisPasswordFile')}; set it`)
  }
  const host = withoutBrackets(hostname)
  const clusterNodes = redisClusterNodes.map(addressOf)
  const isCluster = clusterNodes.length > 0
  const isNear = [host, ...clusterNodes.map((node) => node.host)].every((name) => LOOPBACK.test(name))
  if (redisPasswordFile !== '' && !isTls && !isNear) {
    const instead = `use rediss:// in ${variableOf('redisUrl')}`
    throw new ConfigError(`${variableOf('redisPasswordFile')} would send the password in clear; ${instead}`)
  }
  const database = Number(pathname.slice(1))
  if (isCluster && database !== 0) {
    throw new ConfigError(`a Redis Cluster has database 0 alone; take ${pathname} out of ${variableOf('redisUrl')}`)
  }
  return {
    host,
    port: port === '' ? PORT : Number(port),
    ...(isCluster && { clusterNodes }),
    database,
    ...(redisUser !== '' && { username: redisUser }),
    ...(redisPasswordFile !== '' && { password: passwordOf(redisPasswordFile) }),
    ...(isTls && {
      // Each node of a cluster is held against the name or address that the cluster tells of it.
      tls: {
        ...(isIP(host) === 0 && !isCluster && { servername: host }),
        ...(redisTlsCa !== '' && { ca: caOf(redisTlsCa) }),
      },
    }),
    commandTimeoutMs: redisTimeoutMs,
  }
}

/** The same where `what` needs one server. @throws ConfigError when the settings name a cluster, and as above. */
export function redisServer(config: Config, what: string): RedisTarget {
  const target = redisTarget(config)
  if (target.clusterNodes === undefined) return target
  throw new ConfigError(
    `${variableOf('redisClusterNodes')} is set, and ${what} stand on one Redis server alone; unset it here`,
  )
}

function addressOf(server: string): RedisAddress {
  const { hostname, port } = new URL(`redis://${server}`)
  return { host: withoutBrackets(hostname), port: Number(port) }
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function passwordOf(path: string): string {
  const remedy = `${variableOf('redisPasswordFile')} names a file that its owner alone can read`
  return readSecretFile(path, remedy).replace(/\r?\n$/, '')
}

function caOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError(`${variableOf('redisTlsCa')}=${path} cannot be read: ${(error as Error).message}`)
  }
}
