/**
 * What is kept of one-time codes. Two stores keep it: Redis, and LMDB in the data folder. In both each method is one atomic step,
 * whoever else calls at that moment; times are the store's own clock. Texts are hexadecimal or base64: a store sees no code.
 */

/** Which challenge, and what its code is bound to. */
export interface ChallengeKey {
  readonly challengeId: string
  readonly accountId: string
  /** Stands for the client in limits. */
  readonly client: string
  /** Keyed digest of challenge, amount, currency and receiver. */
  readonly binding: string
}

export interface IssueRequest extends ChallengeKey {
  /** The code that is to be kept if one may be made. */
  readonly mac: string
  readonly sealed: string
  /** Whether a code that lives is to be replaced. */
  readonly again: boolean
}

export interface TryRequest extends ChallengeKey {
  /** What the code given is kept as. */
  readonly mac: string
}

/**
 * Phases of a challenge; the first alone waits.
 *
 * - open:     a code may be made or tried.
 * - accepted: the right code was given.
 * - failed:   too many wrong codes, or its time ended with wrong ones.
 * - expired:  its time ended without.
 */
export const PHASES = ['open', 'accepted', 'failed', 'expired'] as const
export type Phase = (typeof PHASES)[number]

/** How a challenge stands after a step. */
export interface Standing {
  readonly phase: Phase
  /** Whether a code lives. */
  readonly hasCode: boolean
  readonly wrongCodes: number
  /** 0 once it is over. */
  readonly endsInMs: number
  /** Whether the end stands in the input already. */
  readonly isTold: boolean
}

export interface IssueReply {
  /** Whether the request's code is kept now. */
  readonly isMade: boolean
  /** Whether a code lives of which nobody has said that its delivery is queued. */
  readonly mustQueue: boolean
  /** Until another code may be made. */
  readonly waitMs: number
  readonly standing: Standing
}

export interface TryReply {
  /** As `CodeCheck` has it. */
  readonly kind: 'right' | 'wrong' | 'void' | 'limited' | 'late'
  readonly waitMs: number
  readonly standing: Standing
}

/** A code that is not sent yet. */
export interface SealedCode {
  readonly accountId: string
  readonly sealed: string
  readonly endsInMs: number
}

/** A challenge that is over and whose end the chain may not have. */
export interface EndedChallenge {
  readonly challengeId: string
  readonly accountId: string
  readonly phase: Exclude<Phase, 'open'>
  readonly wrongCodes: number
  /** Input offset of the control record that told of it; null where none did. */
  readonly toldAt: number | null
}

/** A challenge as whom it is about may see it: nothing that stands for its code. */
export interface HeldChallenge {
  readonly challengeId: string
  readonly accountId: string
  readonly phase: Phase
  readonly codes: number
  readonly wrongCodes: number
  readonly endsMs: number
}

/** Errors are StreamsError: `retry` for the world and for a full store, `stop` for what a person must set right. */
export interface OtpStore {
  /** Keeps the request's code if the limits allow one and none lives, or `again` is asked. Opens the challenge if it is new. */
  issue(request: IssueRequest): Promise<IssueReply>
  /** Compares, counts and consumes in one step. Null where nothing is known of the challenge. */
  tryCode(request: TryRequest): Promise<TryReply | null>
  /** The delivery of the code that lives now is queued. */
  queued(challengeId: string): Promise<void>
  /**
   * The code that waits to be sent; null where none does, or no longer. It is the sender's alone for `sendingMs` from each call on;
   * any other is told `busy`.
   */
  sealedCode(challengeId: string, sender: string): Promise<SealedCode | 'busy' | null>
  /** Forgets the sealed form of a code; one that reached nobody is void. Another code that came meanwhile stays. */
  delivered(challengeId: string, sealed: string, hasReached: boolean): Promise<void>
  /** Ends those whose time is over, forgets the oldest, and gives out at most `max` ended ones that are due; again after `retellMs`. */
  takeEnded(max: number): Promise<readonly EndedChallenge[]>
  /** The end stands in the input. */
  told(challengeId: string, offset: number): Promise<void>
  /** The chain has gone past it. */
  settled(challengeId: string): Promise<void>
  /** How long the account is locked for yet, ms. */
  lockedForMs(accountId: string): Promise<number>
  /** Ends a lock and forgets what counts against the account. */
  unlock(accountId: string): Promise<void>
  /** The challenges of the accounts that `isIt` names; looks at every one. */
  challengesOf(isIt: (accountId: string) => boolean): Promise<readonly HeldChallenge[]>
  /** Forgets challenges, however they stand. */
  forget(challengeIds: readonly string[]): Promise<void>
  /** Challenges that the store holds. */
  size(): Promise<number>
  close(): Promise<void>
}
