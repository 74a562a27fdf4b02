/** At most `max` times within any stretch of `withinMs`. */
export interface RateLimit {
  readonly max: number
  readonly withinMs: number
}

/** What bounds codes and tries (SPEC C4); docs/otp.md says which threat each answers. */
export interface OtpLimits {
  /** From the first code on; another code does not prolong it. */
  readonly challengeLifeMs: number
  /** Wrong codes of a challenge; the last one locks. */
  readonly triesMax: number
  /** Codes of a challenge, the first one included. */
  readonly codesMax: number
  /** Between two codes of a challenge. */
  readonly resendPauseMs: number
  /** How long a locked account gets no code and may try none. */
  readonly lockMs: number
  readonly codesPerAccount: RateLimit
  readonly codesPerClient: RateLimit
  readonly wrongPerAccount: RateLimit
  readonly triesPerClient: RateLimit
  /** A challenge's end is told to the chain again after so long without an answer. */
  readonly retellMs: number
  /** A sender that has taken a code and says nothing for so long is taken for dead. */
  readonly sendingMs: number
  /** How long a challenge is remembered once the chain has its end: as long as the API remembers its callers' keys. */
  readonly keptMs: number
  /** Challenges that the store holds at most; one more is refused until one is forgotten. */
  readonly challengesMax: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** What an operator may change of them. */
export type OtpLimitSettings = Pick<OtpLimits, 'lockMs'> & {
  readonly codesPerClientMax: number
  readonly triesPerClientMax: number
}

/** With 15 wrong codes an hour, a code of an account is guessed in an hour with a chance of 15 in a million at most. */
export function otpLimits({ lockMs, codesPerClientMax, triesPerClientMax }: OtpLimitSettings): OtpLimits {
  return {
    challengeLifeMs: 300_000,
    triesMax: 5,
    codesMax: 3,
    resendPauseMs: 30_000,
    lockMs,
    codesPerAccount: { max: 5, withinMs: 15 * MINUTE_MS },
    codesPerClient: { max: codesPerClientMax, withinMs: 15 * MINUTE_MS },
    wrongPerAccount: { max: 15, withinMs: HOUR_MS },
    triesPerClient: { max: triesPerClientMax, withinMs: 10 * MINUTE_MS },
    retellMs: 5_000,
    sendingMs: 15_000,
    keptMs: 24 * HOUR_MS,
    challengesMax: 131_072,
  }
}
