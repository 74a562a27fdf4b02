import { StreamsError } from '../streams/errors.ts'
import { type Answer, answerOf, codeRequired, invalidCode } from './answers.ts'
import type { ChallengeState, Challenges } from './challenge.ts'
import type { Deadline } from './deadline.ts'
import { ApiProblem, unavailable } from './problem.ts'
import type { PaymentState } from './view/claim.ts'
import type { ClaimView } from './view/claim-view.ts'

/** What a challenge without a maker of codes lasts, for the answer alone. */
const CHALLENGE_MS = 300_000

/** The answer to a challenged payment, with what is known of it then. */
interface Exchanged {
  readonly answer: Answer
  readonly state: PaymentState
}

/** Asks for codes and takes them. Nothing here is ever a stored answer: states of a challenge are told, not replayed (SPEC C2). */
export class CodeExchange {
  private readonly challenges: Challenges | null
  private readonly view: ClaimView

  constructor(challenges: Challenges | null, view: ClaimView) {
    this.challenges = challenges
    this.view = view
  }

  /** `code` null means that the caller has sent none. @throws ApiProblem */
  async answer(state: PaymentState, caller: string, code: string | null, deadline: Deadline): Promise<Exchanged> {
    if (this.challenges === null) return { answer: code === null ? codeRequired(CHALLENGE_MS) : invalidCode(0), state }
    const payment = { ...state.claim, decisionId: state.decision?.decisionId ?? '' }
    try {
      if (code === null) return await this.told(state, await this.challenges.issue(payment, caller), deadline)
      const check = await this.challenges.verify(payment, code, caller)
      if (check.kind === 'limited') throw tooOften(check.waitMs)
      if (check.kind === 'right') return await this.resolved(state, deadline)
      if (check.kind === 'late') return await this.told(state, check.state, deadline, true)
      return { answer: invalidCode(check.state.triesLeft), state }
    } catch (error) {
      if (error instanceof StreamsError && error.next === 'retry') throw unavailable('CODES_UNAVAILABLE', 'try again')
      throw error
    }
  }

  private async told(
    state: PaymentState,
    { kind, expiresInMs }: ChallengeState,
    deadline: Deadline,
    hasCode = false,
  ): Promise<Exchanged> {
    if (kind === 'passed') return this.resolved(state, deadline)
    if (kind === 'locked' || kind === 'expired' || hasCode) return { answer: invalidCode(0), state }
    return { answer: codeRequired(expiresInMs), state }
  }

  /** SUCCESS is the chain's to say. */
  private async resolved({ claim }: PaymentState, deadline: Deadline): Promise<Exchanged> {
    const state = await deadline.until(this.view, claim, ({ resolution }) => resolution !== null)
    const answer = answerOf(state)
    if (answer === null) throw unavailable('STREAM_LATE', 'the resolution has not come in time')
    return { answer, state }
  }
}

function tooOften(waitMs: number): ApiProblem {
  return new ApiProblem(429, 'CODES_LIMITED', 'Too many codes', 'wait before the next try', {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))) },
  })
}
