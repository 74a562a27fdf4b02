/**
 * The port to one-time codes. The route asks it when the chain has decided `challenge` (SPEC S4), and answers SUCCESS only from the
 * resolution that the chain commits (SPEC S8), never from what this port says. bin hands in who implements it.
 */

/** A payment whose committed decision is `challenge`: a code is bound to all of it (SPEC C4). */
export interface ChallengedPayment {
  /** `<input partition>-<input offset>`: names the challenge. */
  readonly decisionId: string
  readonly transactionId: string
  readonly senderAccountId: string
  readonly receiverAccountId: string
  /** Minor units of `currency`. */
  readonly amountMinor: number
  /** ISO 4217. */
  readonly currency: string
}

/**
 * How a challenge stands.
 *
 * - open:    a code was sent and may be given.
 * - locked:  too many wrong codes; the challenge has failed.
 * - expired: its time is over.
 * - passed:  the right code was given; its resolution is in the log or on its way there.
 */
export interface ChallengeState {
  readonly kind: 'open' | 'locked' | 'expired' | 'passed'
  /** Wrong codes that may still be given; 0 unless open. */
  readonly triesLeft: number
  /** Until the code stops counting, ms; 0 unless open. */
  readonly expiresInMs: number
}

/**
 * What became of a code.
 *
 * - right:   it was the code. CHALLENGE_PASSED for the decision is committed in the input; the route waits for the resolution.
 * - wrong:   it was not, or it was used already; `state` has the tries that are left. The last try makes the state `locked`.
 * - late:    the challenge was over before: `state` says how (locked, expired, passed).
 */
export interface CodeCheck {
  readonly kind: 'right' | 'wrong' | 'late'
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
 * once, however many calls bring it.
 *
 * Every method rejects with a StreamsError: `retry` when codes cannot be made, sent or checked now (the route answers 503), `stop`
 * when only a person can set it right.
 */
export interface Challenges {
  /** Makes and sends a code unless the challenge has one already; says how it stands. Asked again, it sends nothing. */
  issue(payment: ChallengedPayment): Promise<ChallengeState>
  /** Checks a code of 6 digits. Counts a try unless the challenge is over. */
  verify(payment: ChallengedPayment, code: string): Promise<CodeCheck>
  /** Sends another code in place of the one before; the tries stay counted. */
  resend(payment: ChallengedPayment): Promise<CodeResent>
}
