import type { RedisTarget } from '../../platform/redis-options.ts'

/** How a store reaches the server at `redis://host:port`. */
export function targetOf(url: string, given: Partial<RedisTarget> = {}): RedisTarget {
  const { hostname: host, port } = new URL(url)
  return { host, port: Number(port), database: 0, commandTimeoutMs: 10_000, ...given }
}

/** How a store reaches the cluster of these nodes, of which it is told all. */
export function clusterTargetOf(addresses: readonly string[], given: Partial<RedisTarget> = {}): RedisTarget {
  const [first, ...others] = addresses.map((address) => targetOf(`redis://${address}`))
  return { ...first!, clusterNodes: others.map(({ host, port }) => ({ host, port })), ...given }
}
