/**
 * The port to one-time codes: the types are those of `otp/challenges.ts`, which the service behind it has for its own, since edges never
 * import each other; bin hands it in and the compiler holds the two together. The route asks it when the chain has decided `challenge`
 * (SPEC S4), and answers SUCCESS only from the resolution that the chain commits (SPEC S8), never from what this port says.
 */

/** A payment whose committed decision is `challenge`: a code is bound to all of it (SPEC C4). */
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

/** How a challenge stands: `open` and `unsent` (no code lives, another may be asked for after `waitMs`) may still end well. */
export interface ChallengeState {
  readonly kind: 'open' | 'unsent' | 'locked' | 'expired' | 'passed'
  /** Wrong codes that may still be given; 0 once it is over. */
  readonly triesLeft: number
  /** Until the challenge is over, ms; 0 once it is. */
  readonly expiresInMs: number
  /** Until another code may be asked for, ms. */
  readonly waitMs: number
}

/**
 * What became of a code.
 *
 * - right:   it is the code. CHALLENGE_PASSED is durable in the input; the route waits for the resolution.
 * - wrong:   it is not; `state` has the tries that are left.
 * - void:    no code lives; another must be asked for.
 * - limited: tried too often; it was not looked at. Again after `waitMs`.
 * - late:    the challenge was over before; `state` says how.
 */
export interface CodeCheck {
  readonly kind: 'right' | 'wrong' | 'void' | 'limited' | 'late'
  readonly waitMs: number
  readonly state: ChallengeState
}

/** What became of the wish for another code; `waitMs` is how long to wait before the next wish. */
export interface CodeResent {
  readonly kind: 'sent' | 'too-often' | 'over'
  readonly waitMs: number
  readonly state: ChallengeState
}

/**
 * One-time codes for challenged payments. Safe to call at the same time from several requests and several instances: a code is good
 * once, however many calls bring it. `client` is the subject of the caller's token.
 *
 * Every method rejects with a StreamsError: `retry` when codes cannot be made, queued or checked now (the route answers 503), `stop`
 * when only a person can set it right.
 */
export interface Challenges {
  /** Makes and sends a code unless the challenge has one already; says how it stands. */
  issue(payment: ChallengedPayment, client: string): Promise<ChallengeState>
  verify(payment: ChallengedPayment, code: string, client: string): Promise<CodeCheck>
  /** Sends another code in place of the one before; the tries stay counted. */
  resend(payment: ChallengedPayment, client: string): Promise<CodeResent>
}
