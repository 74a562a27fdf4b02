import { Redis } from 'ioredis'
import type { Redis as RedisPart } from '../../stack/redis/redis.ts'

/** Who serves a key, as the cluster itself tells it. */
export interface Shard {
  readonly slot: number
  readonly master: Node
  readonly replicas: readonly Node[]
}

interface Node {
  readonly address: string
  readonly id: string
}

type SlotRange = readonly [first: number, last: number, ...nodes: (readonly [host: string, port: number, id: string])[]]

/** The nodes of a cluster under test, each asked over a connection of its own, since any of them may be away. */
export class ClusterNodes {
  private readonly part: RedisPart

  constructor(part: RedisPart) {
    this.part = part
  }

  server(address: string) {
    return this.part.servers.find((server) => server.address === address)!
  }

  async call(address: string, ...[command, ...args]: readonly string[]): Promise<unknown> {
    const redis = new Redis(`redis://${address}`, { lazyConnect: true, retryStrategy: () => null })
    redis.on('error', () => {})
    try {
      await redis.connect()
      return await redis.call(command!, ...args)
    } finally {
      redis.disconnect()
    }
  }

  async shardOf(key: string): Promise<Shard> {
    const slot = (await this.ofAny('CLUSTER', 'KEYSLOT', key)) as number
    const ranges = (await this.ofAny('CLUSTER', 'SLOTS')) as readonly SlotRange[]
    const [, , ...nodes] = ranges.find(([first, last]) => first <= slot && slot <= last)!
    const [master, ...replicas] = nodes.map(([host, port, id]) => ({ address: `${host}:${port}`, id }))
    return { slot, master: master!, replicas }
  }

  private async ofAny(...command: readonly string[]): Promise<unknown> {
    for (const address of this.part.addresses) {
      const answer = await this.call(address, ...command).catch(() => null)
      if (answer !== null) return answer
    }
    throw new Error('no node of the cluster answers')
  }
}
