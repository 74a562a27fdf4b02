import type { RedisTarget } from '../../platform/redis-options.ts'

/** How a store reaches the server at `redis://host:port`. */
export function targetOf(url: string, given: Partial<RedisTarget> = {}): RedisTarget {
  const { hostname: host, port } = new URL(url)
  return { host, port: Number(port), database: 0, commandTimeoutMs: 10_000, ...given }
}
