/** One request as it reaches the double. */
export interface DoubleCall {
  readonly method:
    | 'CreateWriteStream'
    | 'AppendRows'
    | 'FinalizeWriteStream'
    | 'OpenUpload'
    | 'Upload'
    | 'JobStatus'
    | 'REST'
  /** The table, or the path of a REST request. */
  readonly on: string
}

/**
 * What happens to a request.
 *
 * - unavailable, exhausted, internal: refused with 503, 429 or 500, and nothing happens.
 * - unanswered: it takes effect, and the connection is cut instead of an answer.
 * - cut:        the connection is cut before it takes effect.
 * - silent:     it takes effect and is never answered.
 */
export type DoubleFault = 'unavailable' | 'exhausted' | 'internal' | 'unanswered' | 'cut' | 'silent'

/** Decides about each request, and counts what it did, so that a test without its fault can be told. */
export class DoubleFaults {
  readonly fired: DoubleFault[] = []
  private plan: (call: DoubleCall) => DoubleFault | null = () => null

  meet(call: DoubleCall): DoubleFault | null {
    const fault = this.plan(call)
    if (fault !== null) this.fired.push(fault)
    return fault
  }

  /** The `nth` call that fits meets the fault, once. */
  once(fault: DoubleFault, fits: Partial<DoubleCall>, nth = 1): void {
    let met = 0
    this.plan = (call) => {
      const isMeant = Object.entries(fits).every(([key, value]) => call[key as keyof DoubleCall] === value)
      return isMeant && ++met === nth ? fault : null
    }
  }

  always(fault: DoubleFault, fits: (call: DoubleCall) => boolean): void {
    this.plan = (call) => (fits(call) ? fault : null)
  }

  none(): void {
    this.plan = () => null
  }
}

/** As gRPC numbers it, and as REST does. */
export const STATUS_OF = {
  unavailable: { grpc: 14, http: 503, reason: 'backendError' },
  exhausted: { grpc: 8, http: 429, reason: 'rateLimitExceeded' },
  internal: { grpc: 13, http: 500, reason: 'internalError' },
} as const satisfies Partial<Record<DoubleFault, object>>
