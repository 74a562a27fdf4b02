import { connect, createServer, type Server, type Socket } from 'node:net'

/** Which way bytes go: requests to the server, answers to the client. */
export type Direction = 'requests' | 'answers'

/** The two ends of one connection. */
export interface Pair {
  readonly client: Socket
  readonly server: Socket
}

/**
 * A TCP proxy that does what networks do: is late, loses, cuts, falls silent, and flips bits. Faultless until told
 * otherwise; each fault counts how often it struck, so that a test can tell when its fault did not happen.
 */
export class TcpProxy {
  /** Bytes that were held back, and bytes that were thrown away, by direction. */
  readonly held: Record<Direction, number> = { requests: 0, answers: 0 }
  readonly dropped: Record<Direction, number> = { requests: 0, answers: 0 }
  flips = 0
  cuts = 0
  refusals = 0
  /** How late everything is that goes in a direction of `late`. */
  delayMs = 0
  readonly late: Set<Direction> = new Set<Direction>(['requests', 'answers'])
  private readonly target: { readonly host: string; readonly port: number }
  private readonly listener: Server
  private readonly pairs = new Set<Pair>()
  private readonly silent = new Set<Direction>()
  private readonly dropping = new Set<Direction>()
  private refusing = false
  private flipping: Uint8Array | null = null
  private flipsLeft = 0

  protected constructor(target: { readonly host: string; readonly port: number }) {
    this.target = target
    this.listener = createServer((client) => this.accept(client))
  }

  /** A proxy on a free port of 127.0.0.1. */
  static async listen(targetPort: number, host = '127.0.0.1'): Promise<TcpProxy> {
    return new TcpProxy({ host, port: targetPort }).open()
  }

  protected async open(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.listener.once('error', reject)
      this.listener.listen(0, '127.0.0.1', resolve)
    })
    return this
  }

  get port(): number {
    return (this.listener.address() as { port: number }).port
  }

  get connections(): number {
    return this.pairs.size
  }

  /** Ends every connection at once (reset, not an orderly end). */
  cut(): void {
    for (const { client, server } of this.pairs) {
      this.cuts++
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
    this.pairs.clear()
  }

  /** New connections are ended as soon as they are there; those that stand go on. */
  refuse(on: boolean): void {
    this.refusing = on
  }

  /** Half-open: connections stand and nothing comes through in that direction, now and for those that are made later. */
  silence(...directions: Direction[]): void {
    for (const direction of directions) this.silent.add(direction)
    for (const pair of this.pairs) for (const direction of directions) sourceOf(pair, direction).pause()
  }

  /** What was held back goes on its way. */
  speak(): void {
    this.silent.clear()
    for (const { client, server } of this.pairs) {
      client.resume()
      server.resume()
    }
  }

  /** From now on bytes of that direction are thrown away; a connection that has lost some is of no use any more. */
  drop(...directions: Direction[]): void {
    for (const direction of directions) this.dropping.add(direction)
  }

  /** Flips one bit in the first byte of the next `times` answers that hold `bytes` within one read of the socket. */
  flipIn(bytes: Uint8Array, times = 1): void {
    this.flipping = bytes
    this.flipsLeft = times
  }

  /** No fault any more; connections that were damaged are cut. */
  heal(): void {
    const damaged = this.dropping.size > 0
    this.dropping.clear()
    this.refusing = false
    this.flipping = null
    this.delayMs = 0
    this.speak()
    if (damaged) this.cut()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.listener.close(resolve))
  }

  private accept(client: Socket): void {
    if (this.refusing) {
      this.refusals++
      client.resetAndDestroy()
      return
    }
    const server = connect(this.target)
    const pair = { client, server }
    this.pairs.add(pair)
    const end = () => this.end(pair)
    for (const socket of [client, server]) socket.setNoDelay(true).on('error', end).on('close', end)
    this.carry(pair)
    for (const direction of this.silent) sourceOf(pair, direction).pause()
  }

  /** Either end is gone. */
  protected end(pair: Pair): void {
    this.pairs.delete(pair)
    pair.client.destroy()
    pair.server.destroy()
  }

  /** Carries bytes as they come; a proxy that knows the protocol carries messages. */
  protected carry({ client, server }: Pair): void {
    client.on('data', (chunk: Buffer) => this.pass('requests', chunk, server))
    server.on('data', (chunk: Buffer) => this.pass('answers', this.flip(chunk), client))
  }

  protected pass(direction: Direction, chunk: Buffer, to: Socket): void {
    if (this.dropping.has(direction)) {
      this.dropped[direction] += chunk.length
      return
    }
    if (this.delayMs === 0 || !this.late.has(direction)) {
      to.write(chunk)
      return
    }
    this.held[direction] += chunk.length
    setTimeout(() => to.write(chunk), this.delayMs)
  }

  private flip(chunk: Buffer): Buffer {
    const at = this.flipping === null ? -1 : chunk.indexOf(this.flipping)
    if (at < 0) return chunk
    if (--this.flipsLeft <= 0) this.flipping = null
    this.flips++
    const flipped = Buffer.from(chunk)
    flipped[at] = (flipped[at] as number) ^ 1
    return flipped
  }
}

function sourceOf({ client, server }: Pair, direction: Direction): Socket {
  return direction === 'requests' ? client : server
}
