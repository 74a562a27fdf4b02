import type { Callback, ResponseParser } from '@platformatic/kafka'

/** One request from the call until its answer. */
export interface PendingRequest {
  readonly apiKey: number
  readonly apiVersion: number
  /** Head and payload as they go over the wire; the caller's bytes among them are not copied. */
  readonly pieces: readonly Uint8Array[]
  readonly parse: ResponseParser<unknown>
  readonly taggedResponse: boolean
  readonly done: Callback<unknown>
  readonly correlationId: number
  /** When it went out; not a number while it waits. */
  sentAtMs: number
}

/** Requests of one connection: some in flight, answered in the order in which they were sent, the others waiting behind. */
export class RequestQueue {
  private readonly inFlightMax: number
  private readonly waitingMax: number
  private readonly inFlight: PendingRequest[] = []
  private readonly waiting: PendingRequest[] = []

  constructor(inFlightMax: number, waitingMax: number) {
    this.inFlightMax = inFlightMax
    this.waitingMax = waitingMax
  }

  get full(): boolean {
    return this.waiting.length >= this.waitingMax
  }

  get empty(): boolean {
    return this.inFlight.length === 0 && this.waiting.length === 0
  }

  get oldestSentAtMs(): number | null {
    return this.inFlight[0]?.sentAtMs ?? null
  }

  add(request: PendingRequest): void {
    this.waiting.push(request)
  }

  /** The next request that may go out, now counted as in flight; null while none may. */
  takeToSend(nowMs: number): PendingRequest | null {
    if (this.inFlight.length >= this.inFlightMax) return null
    const request = this.waiting.shift()
    if (request === undefined) return null
    request.sentAtMs = nowMs
    this.inFlight.push(request)
    return request
  }

  /** The request that the next answer belongs to. */
  takeAnswered(): PendingRequest | null {
    return this.inFlight.shift() ?? null
  }

  /** Empties the queue: what was sent, and what was not. */
  drain(): { readonly sent: readonly PendingRequest[]; readonly unsent: readonly PendingRequest[] } {
    return { sent: this.inFlight.splice(0), unsent: this.waiting.splice(0) }
  }
}
