/** How to reach one Redis server, 7.0 or later. */
export interface RedisTarget {
  readonly host: string
  readonly port: number
  readonly database: number
  readonly username?: string
  readonly password?: string
  /** Present means TLS; `ca` is PEM of the authorities to trust in place of Node's. */
  readonly tls?: { readonly ca?: string; readonly servername?: string }
  /** A command, or a connection, that takes longer has failed. */
  readonly commandTimeoutMs: number
}

/**
 * Options of ioredis for a target. Errors come to the owner at once: nothing is queued, sent again or retried behind its back. Whether
 * and when the client connects anew is the owner's to add (`retryStrategy`).
 */
export function redisOptions({ host, port, database, username, password, tls, commandTimeoutMs }: RedisTarget) {
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
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // The first command says LOADING itself.
    enableReadyCheck: false,
    disableClientInfo: true,
  }
}
