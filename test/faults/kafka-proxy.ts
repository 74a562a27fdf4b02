import type { Socket } from 'node:net'
import { type Pair, TcpProxy } from './tcp-proxy.ts'

/** Keys of the requests that tests look for. */
export const PRODUCE = 0
export const FETCH = 1
export const OFFSET_FETCH = 9
export const INIT_PRODUCER_ID = 22
export const ADD_PARTITIONS_TO_TXN = 24
export const END_TXN = 26
export const TXN_OFFSET_COMMIT = 28
export const CONSUMER_GROUP_HEARTBEAT = 68

/** What a proxy knows of a request: who sent it, by client id, and what it asks. */
export interface KafkaRequest {
  readonly apiKey: number
  readonly clientId: string
  /** Its fate was `stray`. */
  stray: boolean
}

/**
 * What becomes of one request or answer. It arrives; it is lost on an open connection; it is lost together with the connection; it
 * is held with all that follow it that way on its connection, until `release`; or, for a request, it is `stray`: held, while its
 * client's end of the connection is cut at once, so that it comes to the broker when its sender has long given it up.
 */
export type Fate = 'arrives' | 'lost' | 'cut' | 'held' | 'stray'

/**
 * A proxy before one broker that knows requests from answers. The broker must advertise this proxy's port. All that networks do
 * (see TcpProxy) it does as well.
 */
export class KafkaProxy extends TcpProxy {
  /** Asked once for each request, before the broker has it. */
  requestFate: (request: KafkaRequest, frame: Buffer) => Fate = () => 'arrives'
  /** Asked once for each answer: the request was done. */
  fate: (request: KafkaRequest, frame: Buffer) => Fate = () => 'arrives'
  /** Answers that did not arrive. */
  lost = 0
  private readonly lines = new Map<Pair, Line>()

  static override async listen(brokerPort: number, host = '127.0.0.1'): Promise<KafkaProxy> {
    return new KafkaProxy({ host, port: brokerPort }).open()
  }

  /** Faultless from now on; what is held stays held. */
  arriveAll(): void {
    this.requestFate = () => 'arrives'
    this.fate = () => 'arrives'
  }

  /** What was held goes on its way, to a client that is still there and to the broker in any case. Returns how many. */
  release(): number {
    return [...this.lines.values()].reduce((sum, line) => sum + line.release(), 0)
  }

  protected override carry(pair: Pair): void {
    const line = new Line(
      (frame) => this.pass('requests', frame, pair.server),
      (frame) => this.pass('answers', frame, pair.client),
    )
    this.lines.set(pair, line)
    eachFrame(pair.client, (frame) => {
      const request = line.asked(frame)
      const fate = line.requests.length > 0 ? 'held' : this.requestFate(request, frame)
      if (fate === 'arrives') this.pass('requests', frame, pair.server)
      else if (fate === 'cut') this.cutPair(pair)
      else if (fate !== 'lost') line.requests.push(frame)
      if (fate === 'stray') {
        request.stray = true
        line.abandoned = true
        pair.client.resetAndDestroy()
      }
    })
    eachFrame(pair.server, (frame) => {
      const request = line.answered(frame)
      const fate = line.answers.length > 0 ? 'held' : this.fate(request, frame)
      if (fate === 'arrives') {
        this.pass('answers', frame, pair.client)
        return
      }
      if (fate === 'held') line.answers.push(frame)
      else this.lost++
      if (fate === 'cut') this.cutPair(pair)
    })
  }

  /** A broker's end stays while something that a client sent before it went is on its way. */
  protected override end(pair: Pair): void {
    const line = this.lines.get(pair)
    if (line !== undefined && line.requests.length > 0 && !pair.server.destroyed) {
      line.abandoned = true
      return
    }
    this.lines.delete(pair)
    super.end(pair)
  }

  private cutPair(pair: Pair): void {
    this.lines.delete(pair)
    super.end(pair)
  }
}

/** What is under way on one connection. */
class Line {
  readonly requests: Buffer[] = []
  readonly answers: Buffer[] = []
  /** The client is gone. */
  abandoned = false
  private readonly open = new Map<number, KafkaRequest>()
  private readonly toBroker: (frame: Buffer) => void
  private readonly toClient: (frame: Buffer) => void

  constructor(toBroker: (frame: Buffer) => void, toClient: (frame: Buffer) => void) {
    this.toBroker = toBroker
    this.toClient = toClient
  }

  asked(frame: Buffer): KafkaRequest {
    const nameLength = frame.readInt16BE(12)
    const clientId = nameLength < 0 ? '' : frame.toString('utf8', 14, 14 + nameLength)
    const request = { apiKey: frame.readInt16BE(4), clientId, stray: false }
    this.open.set(frame.readInt32BE(8), request)
    return request
  }

  answered(frame: Buffer): KafkaRequest {
    const correlation = frame.readInt32BE(4)
    const request = this.open.get(correlation) ?? { apiKey: -1, clientId: '', stray: false }
    this.open.delete(correlation)
    return request
  }

  release(): number {
    const requests = this.requests.splice(0)
    const answers = this.answers.splice(0)
    for (const frame of requests) this.toBroker(frame)
    if (!this.abandoned) for (const frame of answers) this.toClient(frame)
    return requests.length + answers.length
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
