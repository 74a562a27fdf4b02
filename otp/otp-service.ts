import { StreamsError } from '../streams/errors.ts'
import type { ChallengedPayment, ChallengeState, Challenges, CodeCheck, CodeResent } from './challenges.ts'
import type { CodeKeys } from './code-keys.ts'
import type { OtpLimits } from './limits.ts'
import type { EndedChallenge, IssueReply, OtpStore, Phase, Standing } from './otp-store.ts'

const KEEP_UP_MS = 1_000
const ENDED_MAX = 100

/** How a challenge ended, as the chain is to be told. */
export interface ChallengeEnd {
  readonly challengeId: string
  readonly accountId: string
  readonly end: 'passed' | 'failed' | 'expired'
  /** Wrong codes, which count against the sender (SPEC S1, OTP_FAILED); 0 unless failed. */
  readonly failedCodes: number
}

/** The chain as the service needs it. */
export interface ChallengeChain {
  /** Appends the signed end to the sender's partition; resolves with its input offset once it is durable. Safe to repeat. */
  tell(end: ChallengeEnd): Promise<number>
  /** Whether the task has committed that input offset: then the resolution stands, by this end or by one before it. */
  hasPassed(challengeId: string, offset: number): Promise<boolean>
}

export interface OtpServiceOptions {
  readonly store: OtpStore
  readonly keys: CodeKeys
  readonly limits: OtpLimits
  readonly chain: ChallengeChain
  /** Queues the delivery of a challenge's code. */
  readonly queueDelivery: (challengeId: string) => Promise<void>
  readonly clock: { sleep(delayMs: number, signal: AbortSignal): Promise<void> }
  /** What went wrong while it kept up, the first time in a row; it goes on. */
  readonly onSurvived: (error: StreamsError) => void
}

/** What metrics read. */
export interface OtpCounters {
  /** Codes that were checked, by what came of it. */
  readonly validations: Record<CodeCheck['kind'], number>
  readonly issued: { first: number; again: number }
  /** Ends that the chain was told of, by end. */
  readonly ends: Record<ChallengeEnd['end'], number>
}

const END: Readonly<Record<Exclude<Phase, 'open'>, ChallengeEnd['end']>> = {
  accepted: 'passed',
  failed: 'failed',
  expired: 'expired',
}

const OVER: Readonly<Record<Exclude<Phase, 'open'>, ChallengeState['kind']>> = {
  accepted: 'passed',
  failed: 'locked',
  expired: 'expired',
}

/**
 * Issues and checks one-time codes over a store that does each step atomically. An end is remembered in the store before the chain is
 * told of it, and told again until the chain has gone past it, so no crash between the two loses an accepted code (SPEC S8).
 */
export class OtpService implements Challenges {
  readonly counters: OtpCounters = {
    validations: { right: 0, wrong: 0, void: 0, limited: 0, late: 0 },
    issued: { first: 0, again: 0 },
    ends: { passed: 0, failed: 0, expired: 0 },
  }
  private readonly options: OtpServiceOptions

  constructor(options: OtpServiceOptions) {
    this.options = options
  }

  async issue(payment: ChallengedPayment, client: string): Promise<ChallengeState> {
    return this.stateOf(await this.make(payment, client, false))
  }

  async resend(payment: ChallengedPayment, client: string): Promise<CodeResent> {
    const reply = await this.make(payment, client, true)
    const kind = reply.isMade ? 'sent' : reply.standing.phase === 'open' ? 'too-often' : 'over'
    return { kind, waitMs: reply.waitMs, state: this.stateOf(reply) }
  }

  async verify(payment: ChallengedPayment, code: string, client: string): Promise<CodeCheck> {
    const { store, keys, limits } = this.options
    const reply = await store.tryCode({ ...this.keyOf(payment, client), mac: keys.macOf(payment, code) })
    const kind = reply?.kind ?? 'void'
    this.counters.validations[kind]++
    // Nothing is known of it: no code was ever issued, or the store was emptied.
    if (reply === null) {
      return { kind, waitMs: 0, state: { kind: 'unsent', triesLeft: limits.triesMax, expiresInMs: 0, waitMs: 0 } }
    }
    await this.tellOf(payment, reply.standing)
    return { kind, waitMs: reply.waitMs, state: this.stateOf({ standing: reply.standing, waitMs: reply.waitMs }) }
  }

  /** Tells the chain of ends that it may not have: of challenges whose time is over, and of those whose caller a crash has cut off. */
  async keepUp(signal: AbortSignal): Promise<void> {
    const { store, clock, onSurvived } = this.options
    let isFailing = false
    while (!signal.aborted) {
      try {
        await this.followAll(await store.takeEnded(ENDED_MAX))
        isFailing = false
      } catch (error) {
        if (!(error instanceof StreamsError)) throw error
        if (!isFailing) onSurvived(error)
        isFailing = true
      }
      await clock.sleep(KEEP_UP_MS, signal)
    }
  }

  /** One that cannot be told holds back no other. @throws the first failure, once all were tried */
  private async followAll(ended: readonly EndedChallenge[]): Promise<void> {
    const told = await Promise.allSettled(ended.map((one) => this.follow(one)))
    for (const one of told) if (one.status === 'rejected') throw one.reason
  }

  private async make(payment: ChallengedPayment, client: string, again: boolean): Promise<IssueReply> {
    const { store, keys, queueDelivery } = this.options
    const { decisionId } = payment
    const code = keys.newCode()
    const kept = { mac: keys.macOf(payment, code), sealed: keys.seal(payment, code) }
    const reply = await store.issue({ ...this.keyOf(payment, client), ...kept, again })
    if (reply.isMade) this.counters.issued[again ? 'again' : 'first']++
    if (reply.mustQueue) {
      await queueDelivery(decisionId)
      await store.queued(decisionId)
    }
    await this.tellOf(payment, reply.standing)
    return reply
  }

  private keyOf(payment: ChallengedPayment, client: string) {
    const { keys } = this.options
    return {
      challengeId: payment.decisionId,
      accountId: payment.senderAccountId,
      client: keys.clientOf(client),
      binding: keys.bindingOf(payment),
    }
  }

  private async tellOf({ decisionId, senderAccountId }: ChallengedPayment, standing: Standing): Promise<void> {
    const { phase, wrongCodes, isTold } = standing
    if (phase === 'open' || isTold) return
    await this.tell({ challengeId: decisionId, accountId: senderAccountId, phase, wrongCodes })
  }

  private async tell(ended: Omit<EndedChallenge, 'toldAt'>): Promise<void> {
    const { store, chain } = this.options
    const { challengeId, accountId, phase, wrongCodes } = ended
    const failedCodes = phase === 'failed' ? wrongCodes : 0
    const offset = await chain.tell({ challengeId, accountId, end: END[phase], failedCodes })
    await store.told(challengeId, offset)
    this.counters.ends[END[phase]]++
  }

  private async follow(ended: EndedChallenge): Promise<void> {
    const { store, chain } = this.options
    if (ended.toldAt === null) await this.tell(ended)
    else if (await chain.hasPassed(ended.challengeId, ended.toldAt)) await store.settled(ended.challengeId)
  }

  private stateOf({ standing, waitMs }: Pick<IssueReply, 'standing' | 'waitMs'>): ChallengeState {
    const { phase, hasCode, wrongCodes, endsInMs: expiresInMs } = standing
    if (phase !== 'open') return { kind: OVER[phase], triesLeft: 0, expiresInMs: 0, waitMs: 0 }
    const triesLeft = this.options.limits.triesMax - wrongCodes
    return { kind: hasCode ? 'open' : 'unsent', triesLeft, expiresInMs, waitMs }
  }
}
