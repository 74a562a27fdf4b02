import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Keys of the requests whose answers tests lose. */
export const PRODUCE = 0
export const END_TXN = 26
export const TXN_OFFSET_COMMIT = 28

/** What becomes of one answer: it arrives; it is lost on an open connection; it is lost together with the connection. */
export type Fate = 'arrives' | 'lost' | 'cut'

/**
 * Stands between clients and one broker, knows requests from answers, and loses answers: the request was done, and its
 * sender never hears of it. The broker must advertise this proxy's port.
 */
export class AnswerProxy {
  /** Asked once for each answer, by the key of its request. */
  fate: (apiKey: number) => Fate = () => 'arrives'
  /** Answers that did not arrive. */
  lost = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(brokerPort: number) {
    this.#server = createServer((client) => this.#join(client, connect(brokerPort, '127.0.0.1')))
  }

  static async listen(brokerPort: number): Promise<AnswerProxy> {
    const proxy = new AnswerProxy(brokerPort)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #join(client: Socket, broker: Socket): void {
    const asked = new Map<number, number>()
    const cut = () => {
      client.destroy()
      broker.destroy()
    }
    for (const socket of [client, broker]) {
      this.#sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        cut()
      })
    }
    eachFrame(client, (frame) => {
      asked.set(frame.readInt32BE(8), frame.readInt16BE(4))
      broker.write(frame)
    })
    eachFrame(broker, (frame) => {
      const correlation = frame.readInt32BE(4)
      const fate = this.fate(asked.get(correlation) ?? -1)
      asked.delete(correlation)
      if (fate === 'arrives') return client.write(frame)
      this.lost++
      return fate === 'cut' && cut()
    })
  }
}

/** Calls `take` with each whole frame: four bytes of length, then as many. */
function eachFrame(socket: Socket, take: (frame: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      const end = rest.length < 4 ? Number.POSITIVE_INFINITY : 4 + rest.readInt32BE(0)
      if (rest.length < end) return
      take(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  })
}
