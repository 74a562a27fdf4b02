import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { type Config, ConfigError, variableOf } from '../../platform/config.ts'
import type { RedisTarget } from '../../platform/redis-options.ts'
import { readSecretFile } from './keys.ts'

const PORT = 6379
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/

/**
 * The Redis that the settings name. The password is read from its file here; it stands in no setting.
 * @throws ConfigError for settings that are missing or contradict each other, KeysError for a password file that is missing or
 * open to others.
 */
export function redisTarget(config: Config): RedisTarget {
  const { redisUrl, redisUser, redisPasswordFile, redisTlsCa, redisTimeoutMs } = config
  if (redisUrl === '') throw new ConfigError(`${variableOf('redisUrl')} is not set; name the Redis to write alerts to`)
  const { protocol, hostname, port, pathname } = new URL(redisUrl)
  const isTls = protocol === 'rediss:'
  if (redisTlsCa !== '' && !isTls) {
    throw new ConfigError(`${variableOf('redisTlsCa')} without rediss:// in ${variableOf('redisUrl')}; correct either`)
  }
  if (redisUser !== '' && redisPasswordFile === '') {
    throw new ConfigError(`${variableOf('redisUser')} without ${variableOf('redisPasswordFile')}; set it`)
  }
  const host = hostname.replace(/^\[|\]$/g, '')
  if (redisPasswordFile !== '' && !isTls && !LOOPBACK.test(host)) {
    const instead = `use rediss:// in ${variableOf('redisUrl')}`
    throw new ConfigError(`${variableOf('redisPasswordFile')} would send the password in clear; ${instead}`)
  }
  return {
    host,
    port: port === '' ? PORT : Number(port),
    database: Number(pathname.slice(1)),
    ...(redisUser !== '' && { username: redisUser }),
    ...(redisPasswordFile !== '' && { password: passwordOf(redisPasswordFile) }),
    ...(isTls && {
      tls: { ...(isIP(host) === 0 && { servername: host }), ...(redisTlsCa !== '' && { ca: caOf(redisTlsCa) }) },
    }),
    commandTimeoutMs: redisTimeoutMs,
  }
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
