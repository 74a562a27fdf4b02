import { Redis } from 'ioredis'
import { redisError } from './redis-errors.ts'

/** How to reach one Redis server, 7.0 or later. */
export interface RedisTarget {
  readonly host: string
  readonly port: number
  readonly database: number
  readonly username?: string
  readonly password?: string
  /** Present means TLS; `ca` is PEM of the authorities to trust in place of Node's. */
  readonly tls?: { readonly ca?: string; readonly servername?: string }
  /** A command that takes longer has failed: the connection is given up, and its outcome does not matter. */
  readonly commandTimeoutMs: number
}

/** Connects and logs in; the owner closes it. @throws StreamsError as `redisError` has it. */
export async function connectRedis(target: RedisTarget): Promise<Redis> {
  const redis = new Redis(optionsOf(target))
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

function optionsOf({ host, port, database, username, password, tls, commandTimeoutMs }: RedisTarget) {
  return {
    host,
    port,
    db: database,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
    commandTimeout: commandTimeoutMs,
    connectTimeout: commandTimeoutMs,
    protocol: 2 as const,
    lazyConnect: true,
    // Errors come to the owner at once: nothing is queued, sent again or connected anew behind its back.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    // The first command says LOADING itself.
    enableReadyCheck: false,
    disableClientInfo: true,
  }
}
