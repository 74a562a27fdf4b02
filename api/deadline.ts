import { type ApiProblem, unavailable } from './problem.ts'
import type { Claim, PaymentState } from './view/claim.ts'
import type { ClaimView } from './view/claim-view.ts'

/** The time that one call may take for the stream. */
export class Deadline {
  private readonly timer: NodeJS.Timeout
  private readonly passed: PromiseWithResolvers<never> = Promise.withResolvers()
  private over = false

  constructor(timeoutMs: number) {
    // Somebody may race nothing against it.
    this.passed.promise.catch(() => {})
    this.timer = setTimeout(() => {
      this.over = true
      this.passed.reject(late())
    }, timeoutMs)
  }

  /** Settles as `work` does, or rejects when the time is over. @throws ApiProblem 503 */
  race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.passed.promise])
  }

  /** What nobody waits for any more is not begun. @throws ApiProblem 503 */
  check(): void {
    if (this.over) throw late()
  }

  /** Resolves with the claim's state once it `holds`. @throws ApiProblem 503 */
  async until(view: ClaimView, claim: Claim, holds: (state: PaymentState) => boolean): Promise<PaymentState> {
    const { reached, stop } = whenState(view, claim, holds)
    try {
      return await this.race(reached)
    } finally {
      stop()
    }
  }

  clear(): void {
    clearTimeout(this.timer)
  }
}

/** Resolves with the claim's state once it `holds`. The view tells of it until `stop`, which whoever asks calls in the end. */
export function whenState(view: ClaimView, claim: Claim, holds: (state: PaymentState) => boolean) {
  const { promise: reached, resolve } = Promise.withResolvers<PaymentState>()
  const look = () => {
    const state = view.stateOf(claim)
    if (holds(state)) resolve(state)
  }
  const stop = view.listen(claim.claimId, look)
  look()
  return { reached, stop }
}

function late(): ApiProblem {
  return unavailable('STREAM_LATE', 'the decision has not come in time; the same call again gets it')
}
