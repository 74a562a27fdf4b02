import type { Socket } from 'node:net'
import { type API, type Callback, type Connection, Reader, type ResponseParser, type Writer } from '@platformatic/kafka'
import type { StreamsError } from '../errors.ts'
import { FrameReader } from './frame-reader.ts'
import type { KafkaCounters } from './kafka-counters.ts'
import type { BrokerAddress } from './kafka-options.ts'
import { RequestQueue } from './request-queue.ts'
import { misfit, noAnswer, unreachable } from './transport-error.ts'

/** Requests on their way at once; a broker works on one at a time and keeps the last five of a producer apart. */
const IN_FLIGHT_MAX = 5
/** Requests that wait behind those; one more is refused. */
const WAITING_MAX = 1_024
/** No answer is larger: a longer frame is another protocol, TLS most likely. */
const FRAME_BYTES_MAX = 256 << 20
/** Up to this size the pieces of a request are copied together, since many small writes cost more. */
const COPY_BYTES_MAX = 4_096
const CORRELATION_BYTES = 4

export interface ConnectionSettings {
  readonly clientId: string
  readonly requestTimeoutMs: number
  /** All answers come in one buffer: an answer's bytes are valid only while its parser runs. */
  readonly reuseFrames: boolean
}

/**
 * One connection to one broker, behind the `send` that the request functions of `@platformatic/kafka` call. Requests are
 * answered in order; an answer that is late, out of order or no Kafka ends the connection, and with it all requests.
 */
export class BrokerConnection {
  readonly broker: BrokerAddress
  private readonly settings: ConnectionSettings
  private readonly counters: KafkaCounters
  private readonly socket: Socket
  private readonly clientId: Buffer
  private readonly requests = new RequestQueue(IN_FLIGHT_MAX, WAITING_MAX)
  private readonly frames: FrameReader
  private correlationId = 0
  private timer: NodeJS.Timeout | null = null
  /** Until then the broker asked for silence. */
  private mutedUntilMs = 0
  private unmute: NodeJS.Timeout | null = null
  private ended: StreamsError | null = null
  private drained: (() => void) | null = null

  constructor(socket: Socket, broker: BrokerAddress, settings: ConnectionSettings, counters: KafkaCounters) {
    this.socket = socket
    this.broker = broker
    this.settings = settings
    this.counters = counters
    this.clientId = Buffer.from(settings.clientId)
    this.frames = new FrameReader(settings.reuseFrames, FRAME_BYTES_MAX, (frame) => this.answer(frame))
    counters.connectionCount++
    counters.connectionCreationTotal++
    socket.on('error', (error) => this.end(noAnswer(broker, error.message, error)))
    socket.on('close', () => this.end(noAnswer(broker, 'the connection was closed')))
  }

  get open(): boolean {
    return this.ended === null
  }

  /**
   * Sends one request and waits for its answer.
   * @throws StreamsError KAFKA_UNREACHABLE (retry) when it was not sent, KAFKA_NO_ANSWER (abort) when it was; the library's
   *   ResponseError when the answer carries error codes.
   */
  call<Request extends unknown[], Response>(api: API<Request, Response>, ...request: Request): Promise<Response> {
    // The library names its own class; it calls nothing of it but `send`.
    return api.async(this as unknown as Connection, ...request)
  }

  /** The library's contract. `createPayload` runs at once; bytes that it appends belong to the request until it is done. */
  send<Response>(
    apiKey: number,
    apiVersion: number,
    createPayload: () => Writer | Promise<Writer>,
    parse: ResponseParser<Response>,
    taggedRequest: boolean,
    taggedResponse: boolean,
    done: Callback<Response>,
  ): void {
    const refused = this.refusal()
    if (refused !== null) {
      done(refused)
      return
    }
    this.correlationId = (this.correlationId + 1) & 0x7fffffff
    const { correlationId } = this
    const payload = createPayload() as Writer
    const pieces = [this.head(apiKey, apiVersion, correlationId, taggedRequest, payload.length), ...payload.buffers]
    this.requests.add({
      apiKey,
      apiVersion,
      pieces,
      parse,
      taggedResponse,
      done: done as Callback<unknown>,
      correlationId,
      sentAtMs: Number.NaN,
    })
    this.sendWaiting()
  }

  /** Why nothing more can be sent, if so. */
  private refusal(): StreamsError | null {
    if (this.ended !== null) return unreachable(this.broker, 'the connection is closed', this.ended)
    if (this.requests.full) return unreachable(this.broker, `${WAITING_MAX} requests are waiting already`)
    return null
  }

  /** The next bytes of the socket. */
  receive(chunk: Uint8Array): void {
    try {
      this.frames.push(chunk)
    } catch (error) {
      // A TLS alert begins with 0x15 0x03; read as a length it is 352 MB.
      const what = `${(error as Error).message} is no answer of Kafka; if the broker speaks TLS, configure it`
      this.end(misfit('KAFKA_PROTOCOL', this.broker, what, error))
    }
  }

  /** Resolves once nothing is in flight or waiting. The caller sends nothing more. */
  async drain(): Promise<void> {
    if (this.requests.empty || this.ended !== null) return
    await new Promise<void>((resolve) => {
      this.drained = resolve
    })
  }

  close(): void {
    this.end(noAnswer(this.broker, 'we closed the connection'))
  }

  private head(apiKey: number, apiVersion: number, correlationId: number, tagged: boolean, payloadBytes: number) {
    const head = Buffer.allocUnsafe(14 + this.clientId.length + (tagged ? 1 : 0))
    head.writeInt32BE(head.length - 4 + payloadBytes, 0)
    head.writeInt16BE(apiKey, 4)
    head.writeInt16BE(apiVersion, 6)
    head.writeInt32BE(correlationId, 8)
    head.writeInt16BE(this.clientId.length, 12)
    head.set(this.clientId, 14)
    if (tagged) head[head.length - 1] = 0
    return head
  }

  private sendWaiting(): void {
    const nowMs = performance.now()
    if (nowMs < this.mutedUntilMs) {
      this.unmute ??= setTimeout(() => {
        this.unmute = null
        this.sendWaiting()
      }, this.mutedUntilMs - nowMs)
      return
    }
    for (let request = this.requests.takeToSend(nowMs); request !== null; request = this.requests.takeToSend(nowMs)) {
      this.counters.requestTotal++
      this.write(request.pieces)
      this.timer ??= setTimeout(() => this.checkTime(), this.settings.requestTimeoutMs)
    }
  }

  private write(pieces: readonly Uint8Array[]): void {
    let length = 0
    for (const piece of pieces) length += piece.length
    if (length <= COPY_BYTES_MAX) {
      this.socket.write(Buffer.concat(pieces, length))
      return
    }
    this.socket.cork()
    for (const piece of pieces) this.socket.write(piece)
    this.socket.uncork()
  }

  /** One timer for the oldest request, set again only when it fires. */
  private checkTime(): void {
    this.timer = null
    const sentAtMs = this.requests.oldestSentAtMs
    if (sentAtMs === null) return
    const leftMs = sentAtMs + this.settings.requestTimeoutMs - performance.now()
    if (leftMs > 0) this.timer = setTimeout(() => this.checkTime(), leftMs)
    else this.end(noAnswer(this.broker, `no answer within ${this.settings.requestTimeoutMs} ms`))
  }

  private answer(frame: Buffer): void {
    const request = this.requests.takeAnswered()
    if (request === null || frame.readInt32BE() !== request.correlationId) {
      if (request !== null) request.done(noAnswer(this.broker, 'the answer was another one'))
      this.end(misfit('KAFKA_PROTOCOL', this.broker, 'an answer came out of order'))
      return
    }
    let failure: Error | null = null
    let response: unknown
    try {
      const from = CORRELATION_BYTES + (request.taggedResponse ? 1 : 0)
      const reader = Reader.from(frame.subarray(from))
      response = request.parse(request.correlationId, request.apiKey, request.apiVersion, reader)
    } catch (error) {
      failure = error as Error
    }
    this.respectThrottle(failure === null ? response : (failure as { response?: unknown }).response)
    if (failure === null) request.done(null, response)
    else request.done(failure)
    this.sendWaiting()
    if (this.requests.empty) this.drained?.()
  }

  private respectThrottle(response: unknown): void {
    const { throttleTimeMs } = (response ?? {}) as { readonly throttleTimeMs?: unknown }
    if (typeof throttleTimeMs !== 'number' || throttleTimeMs <= 0) return
    this.counters.throttleTimeMsTotal += throttleTimeMs
    this.mutedUntilMs = performance.now() + throttleTimeMs
  }

  private end(reason: StreamsError): void {
    if (this.ended !== null) return
    this.ended = reason
    this.counters.connectionCount--
    if (this.timer !== null) clearTimeout(this.timer)
    if (this.unmute !== null) clearTimeout(this.unmute)
    this.socket.destroy()
    const { sent, unsent } = this.requests.drain()
    for (const { done } of sent) done(reason)
    for (const { done } of unsent) done(unreachable(this.broker, 'the connection ended before it was sent', reason))
    this.drained?.()
  }
}
