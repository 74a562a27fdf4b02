/**
 * One-time codes for challenged payments, as their callers see them (SPEC C4). Nothing here says that a payment went through: that is
 * the chain's resolution on `payments.decided` (SPEC S8), which a challenge's end asks for.
 */

/** A payment whose committed decision is `challenge`. A code is bound to challenge, amount, currency and receiver. */
export interface ChallengedPayment {
  /** `<input partition>-<input offset>`: names the challenge. */
  readonly decisionId: string
  readonly senderAccountId: string
  readonly receiverAccountId: string
  /** Minor units of `currency`. */
  readonly amountMinor: number
  /** ISO 4217. */
  readonly currency: string
}

/**
 * How a challenge stands. The first two wait; the others are over for good, and the resolution says how it ended.
 *
 * - open:    a code lives and may be given.
 * - unsent:  no code lives: the account or the client is over a limit, the account is locked, or a changed amount or receiver has
 *            voided the code. Another may be asked for after `waitMs`.
 * - locked:  five wrong codes; the challenge has failed, and the account gets no code until its lock ends.
 * - expired: its 300 s are over.
 * - passed:  the right code was given; CHALLENGE_PASSED is in the input or on its way there.
 */
export interface ChallengeState {
  readonly kind: 'open' | 'unsent' | 'locked' | 'expired' | 'passed'
  /** Wrong codes that may still be given; 0 once it is over. */
  readonly triesLeft: number
  /** Until the challenge is over, ms; 0 once it is. */
  readonly expiresInMs: number
  /** Until another code may be asked for, or the challenge is over, ms; 0 where it may be now, or is. */
  readonly waitMs: number
}

/**
 * What became of a code.
 *
 * - right:   it is the code, now or in a call before this one. CHALLENGE_PASSED is durable in the input; wait for the resolution.
 * - wrong:   it is not. The fifth makes the state `locked`, and CHALLENGE_FAILED is durable in the input.
 * - void:    no code lives, or it was bound to another amount or receiver and is void now. No try is counted; ask for another code.
 * - limited: the account or the client has tried too often; the code was not looked at. Again after `waitMs`.
 * - late:    the challenge was over before; `state` says how.
 */
export interface CodeCheck {
  readonly kind: 'right' | 'wrong' | 'void' | 'limited' | 'late'
  /** How long to wait before the next try, ms; 0 unless limited. */
  readonly waitMs: number
  readonly state: ChallengeState
}

/** What became of the wish for another code. */
export interface CodeResent {
  readonly kind: 'sent' | 'too-often' | 'over'
  /** How long to wait before the next wish, ms; 0 once it is over. */
  readonly waitMs: number
  readonly state: ChallengeState
}

/**
 * Safe to call at the same time from several requests and several processes: a code is good once, however many calls bring it.
 * `client` is who asks, such as the subject of its token: limits are counted for each client as for each account.
 *
 * Every method rejects with a StreamsError: `retry` when codes cannot be made, queued or checked now, `stop` when only a person can
 * set it right. Nothing is ever accepted then.
 */
export interface Challenges {
  /** Makes a code and queues its delivery, unless the challenge has one already; says how it stands. */
  issue(payment: ChallengedPayment, client: string): Promise<ChallengeState>
  /** Checks a code and counts the try. What is not 6 digits is wrong as well: refuse it before. */
  verify(payment: ChallengedPayment, code: string, client: string): Promise<CodeCheck>
  /** Makes another code in place of the one before; the tries stay counted, and the challenge ends when it would have. */
  resend(payment: ChallengedPayment, client: string): Promise<CodeResent>
}
