/** How to reach Redis, 7.0 or later: one server, or a cluster. */
export interface RedisTarget extends RedisAddress {
  /** Present means a Redis Cluster: its nodes besides `host`, of which one that answers tells of the rest. */
  readonly clusterNodes?: readonly RedisAddress[]
  readonly database: number
  readonly username?: string
  readonly password?: string
  /** Present means TLS; `ca` is PEM of the authorities to trust in place of Node's. */
  readonly tls?: { readonly ca?: string; readonly servername?: string }
  /** A command, or a connection, that takes longer has failed. */
  readonly commandTimeoutMs: number
}

export interface RedisAddress {
  readonly host: string
  readonly port: number
}

/**
 * Options of ioredis for one server. Errors come to the owner at once: nothing is queued, sent again or retried behind its back. Whether
 * and when the client connects anew is the owner's to add (`retryStrategy`).
 */
export function redisOptions(target: RedisTarget) {
  const { host, port, database } = target
  return { host, port, db: database, ...connectionOptions(target) }
}

/** The same for each node of a cluster, whose addresses the cluster itself tells. */
export function connectionOptions({ username, password, tls, commandTimeoutMs }: RedisTarget) {
  return {
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
