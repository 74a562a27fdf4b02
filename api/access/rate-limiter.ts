/** How a caller stands after one more call was asked for. */
export interface RateState {
  readonly allowed: boolean
  readonly limit: number
  readonly windowMs: number
  /** Calls that are left in the window. */
  readonly remaining: number
  /** Until the next call leaves the window, ms. */
  readonly resetMs: number
}

/** Counts a caller's calls over the last `windowMs`, at every moment (a sliding window). */
export interface RateLimiter {
  take(caller: string): Promise<RateState>
}

/** The RateLimit header fields (draft-ietf-httpapi-ratelimit-headers-10). */
export function rateHeaders({ limit, windowMs, remaining, resetMs }: RateState): Readonly<Record<string, string>> {
  return {
    'ratelimit-policy': `"confirm";q=${limit};w=${windowMs / 1_000}`,
    ratelimit: `"confirm";r=${remaining};t=${Math.max(0, Math.ceil(resetMs / 1_000))}`,
  }
}

/** Of a rate: so many calls in so long. */
export interface Rate {
  readonly limit: number
  readonly windowMs: number
}

/** Callers that one instance counts; a caller beyond them is refused until windows have passed. */
const CALLERS_MAX = 200_000

/** Counts the calls of one instance in memory, exactly. */
export class LocalRateLimiter implements RateLimiter {
  private readonly rate: Rate
  private readonly clock: { nowMs(): number }
  private readonly callersMax: number
  /** Times of the calls in each caller's window, oldest first; the caller of the oldest last call first. */
  private readonly calls = new Map<string, number[]>()

  constructor(rate: Rate, clock: { nowMs(): number }, callersMax: number = CALLERS_MAX) {
    this.rate = rate
    this.clock = clock
    this.callersMax = callersMax
  }

  async take(caller: string): Promise<RateState> {
    const { limit, windowMs } = this.rate
    const nowMs = this.clock.nowMs()
    const since = nowMs - windowMs
    const calls = (this.calls.get(caller) ?? []).filter((atMs) => atMs > since)
    const allowed = calls.length < limit && (this.calls.has(caller) || this.hasRoom(since))
    if (allowed) {
      calls.push(nowMs)
      this.calls.delete(caller)
      this.calls.set(caller, calls)
    }
    return {
      allowed,
      limit,
      windowMs,
      remaining: limit - calls.length,
      resetMs: (calls[0] ?? nowMs) + windowMs - nowMs,
    }
  }

  /** Forgets callers whose windows have passed, and says whether one more fits. */
  private hasRoom(since: number): boolean {
    if (this.calls.size < this.callersMax) return true
    for (const [caller, calls] of this.calls) {
      if ((calls.at(-1) ?? 0) > since) break
      this.calls.delete(caller)
    }
    return this.calls.size < this.callersMax
  }
}
