import { framed } from '../schemas/avro/framing.ts'
import { type ApiClaim, encodeApiClaim } from '../schemas/generated/api-claim.ts'
import { encodeClaimRefusal } from '../schemas/generated/claim-refusal.ts'
import type { PaymentKind } from '../schemas/generated/enums.ts'
import type { PaymentSubmitted } from '../schemas/generated/payment-submitted.ts'
import { TOPICS, type Topic } from '../schemas/topics.ts'
import type { TopicPartition } from '../streams/log/log.ts'
import { partitionOf } from '../streams/record/partitioner.ts'
import type { EncodedHeaders } from '../streams/record/record-headers.ts'
import { type RateLimiter, type RateState, rateHeaders } from './access/rate-limiter.ts'
import type { Admission } from './admission.ts'
import { type Answer, answerOf, isFinal, statusOf } from './answers.ts'
import type { Challenges } from './challenge.ts'
import { CodeExchange } from './code-exchange.ts'
import { Deadline, whenState } from './deadline.ts'
import { agreesWith, asksFor, fingerprintOf, type Mask } from './fingerprint.ts'
import { ApiProblem, unavailable } from './problem.ts'
import { type ConfirmRequest, paymentOf } from './request/confirm-request.ts'
import { type Claim, claimId, type PaymentState, scopeOf } from './view/claim.ts'
import type { ClaimView } from './view/claim-view.ts'
import type { ReadBack, Undecided } from './view/read-back.ts'

/**
 * A payment without a decision is not posted again so long after its claim, nor so long after its own event time, from which stream time may
 * have come since the first post: past the horizon of dedup it would be decided anew (SPEC D1).
 */
const POST_AGAIN_MS = 30 * 60_000
const RANDOM_BYTES = 16

/** Where a record stands. */
interface Coordinates {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** One authenticated, validated call. */
export interface ConfirmCall {
  /** The subject of the token. */
  readonly caller: string
  /** The accounts that it may pay from. */
  readonly accounts: ReadonlySet<string>
  /** Method and path. */
  readonly route: string
  readonly request: ConfirmRequest
  /** Travels with the payment's record; null for nothing. */
  readonly headers: EncodedHeaders | null
}

/** The answer to a call, and what else is told of it. */
export interface Confirmed {
  readonly answer: Answer
  /** The first answer again, to a call that came later. */
  readonly replayed: boolean
  readonly state: PaymentState
  /** How the caller's rate stands after the call; absent when the call was not counted. */
  readonly rate?: RateState
}

export interface ConfirmOptions {
  readonly view: ClaimView
  readonly readBack: Pick<ReadBack, 'reached' | 'ask' | 'reachedEnd' | 'caughtUp'>
  readonly payments: { deliver(payment: PaymentSubmitted, headers: EncodedHeaders | null): Promise<Coordinates> }
  readonly claims: { deliverValue(key: string, value: Uint8Array): Promise<Coordinates> }
  readonly claimSchemaId: number
  readonly refusalSchemaId: number
  /** With the key in force. */
  readonly mask: Mask
  /** With each other key that is held, to compare with what was claimed under it. */
  readonly otherMasks: readonly Mask[]
  readonly settlementOf: (kind: PaymentKind) => string
  /** Null where nobody makes codes: a challenge is then answered OTP_REQUIRED, and no code is right. */
  readonly challenges: Challenges | null
  readonly limiter: RateLimiter
  readonly clock: { nowMs(): number }
  readonly random: (bytes: number) => Uint8Array
  /** How long a call waits for the stream. */
  readonly timeoutMs: number
  /** How many calls may be on their way; past it new ones are refused at once. */
  readonly admission: Admission
  /** Keys that the view may hold; past it no new one is taken. */
  readonly claimsMax: number
}

/** One call under way. */
interface Work extends ConfirmCall {
  readonly scope: string
  readonly deadline: Deadline
  /** Masked; null when the call has a code and left out what was claimed before. */
  readonly payment: PaymentSubmitted | null
}

/**
 * `POST /payment/confirm`: claims the key, posts the payment, reads the decision back and answers from what is committed (SPEC C3).
 * It decides nothing.
 */
export class Confirmation {
  private readonly options: ConfirmOptions
  private readonly codes: CodeExchange
  private readonly running = new Set<string>()
  /** Calls with keys whose first call runs here. */
  private besides = 0

  constructor(options: ConfirmOptions) {
    this.options = options
    this.codes = new CodeExchange(options.challenges, options.view)
  }

  /** Calls on their way, and those whose callers have been told to come again while the log still owes an answer. */
  get inFlight(): number {
    return this.running.size + this.besides
  }

  /** Refuses at once what would only wait (SPEC C2). @throws ApiProblem 503 */
  requireRoom(): void {
    if (!this.options.admission.hasRoom(this.inFlight)) {
      throw unavailable('OVERLOADED', 'as many calls are on their way as are answered in time')
    }
    this.requireView()
  }

  /** An instance that still reads the log, or reads it no more, knows of no payment whether it is there. @throws ApiProblem 503 */
  requireView(): void {
    if (!this.options.readBack.caughtUp) throw unavailable('STARTING', 'this instance still reads the log')
  }

  /** @throws ApiProblem */
  async confirm(call: ConfirmCall): Promise<Confirmed> {
    const scope = scopeOf(keyed(call))
    const payment = this.maskedOf(call)
    const deadline = new Deadline(this.options.timeoutMs)
    const work = { ...call, scope, payment, deadline }
    const confirmed = this.running.has(scope) ? this.beside(work) : this.first(work)
    confirmed.catch(() => {})
    try {
      return await deadline.race(confirmed)
    } finally {
      deadline.clear()
    }
  }

  /** However late it settles, until then its key is taken here and its place counts. */
  private async first(work: Work): Promise<Confirmed> {
    const { running } = this
    const { admission } = this.options
    const takenMs = admission.taken()
    running.add(work.scope)
    try {
      return await this.work(work)
    } finally {
      running.delete(work.scope)
      admission.answered(takenMs)
    }
  }

  /** The first call with the key runs here, but another instance may have answered it already. */
  private async beside(work: Work): Promise<Confirmed> {
    const { view, clock } = this.options
    this.besides++
    try {
      await this.reachEnds(work, [[TOPICS.apiClaims, keyOf(keyed(work))]])
      const held = view.claimOf(work.scope, clock.nowMs())
      if (held === null) throw stillRunning()
      const state = await this.stateNow(held, work)
      if (state.decision === null) throw state.refusal === null ? stillRunning() : refused(state.refusal)
      return await this.answered(state, work, true)
    } finally {
      this.besides--
    }
  }

  private async work(work: Work): Promise<Confirmed> {
    const { view, readBack, claims, claimsMax, clock, limiter } = this.options
    const { scope, payment, deadline } = work
    const held = view.claimOf(scope, clock.nowMs())
    if (held !== null) return this.again(held, work)
    if (payment === null) return this.claimedElsewhere(work)
    requireOwned(payment.senderAccountId, work)
    if (view.size >= claimsMax) throw unavailable('CLAIMS_FULL', 'as many keys live as this instance holds')
    const rate = await limiter.take(work.caller)
    if (!rate.allowed) throw tooMany(rate)
    const claim = this.claimFor(work, payment)
    view.expect(claim.claimId)
    const place = await claims.deliverValue(keyOf(claim), this.encoded(claim))
    deadline.check()
    await readBack.reached(place, place.offset)
    deadline.check()
    const winner = view.claimOf(scope, clock.nowMs())
    if (winner === null) throw unavailable('CLAIM_LOST', 'the claim is not in the log')
    if (winner.claimId !== claim.claimId) return this.again(winner, work)
    return { ...(await this.answered(await this.posted(winner, payment, work), work, false)), rate }
  }

  /** A code alone confirms what was claimed: if this view does not hold it, by a call that another instance has taken. */
  private async claimedElsewhere(work: Work): Promise<Confirmed> {
    const { view, clock } = this.options
    await this.reachEnds(work, [[TOPICS.apiClaims, keyOf(keyed(work))]])
    const held = view.claimOf(work.scope, clock.nowMs())
    if (held !== null) return this.again(held, work)
    throw new ApiProblem(400, 'MISSING_FIELD', 'Missing field: amount', 'no call has claimed this key')
  }

  /** A call whose key was claimed before. */
  private async again(claim: Claim, work: Work): Promise<Confirmed> {
    const { clock, timeoutMs, view, limiter } = this.options
    const { payment, deadline, request } = work
    const state = await this.stateNow(claim, work)
    if (state.decision !== null) return this.answered(state, work, true)
    if (state.refusal !== null) throw refused(state.refusal)
    const ageMs = clock.nowMs() - claim.appendTimeMs
    // The first call waits no longer than that, wherever it runs; past it nobody does.
    if (payment === null || ageMs < timeoutMs) throw stillRunning()
    const eventTime = request.body.event_time === undefined ? claim.eventTime : payment.eventTime
    if (Math.max(ageMs, clock.nowMs() - eventTime) > POST_AGAIN_MS) {
      return this.answered(await deadline.until(view, claim, isDecided), work, false)
    }
    // A record of the input is a post to whoever counts posts, however often its key has come before.
    const rate = await limiter.take(work.caller)
    if (!rate.allowed) throw tooMany(rate)
    return { ...(await this.answered(await this.posted(claim, { ...payment, eventTime }, work), work, false)), rate }
  }

  /**
   * How the claim's payment stands in the log, not only in this view: no call is told less than another instance has told before it.
   * @throws ApiProblem when the call may not know
   */
  private async stateNow(claim: Claim, work: Work): Promise<PaymentState> {
    const { view } = this.options
    requireOwned(claim.senderAccountId, work)
    if (!this.isSame(claim, work)) throw otherContent()
    const state = view.stateOf(claim)
    // A refusal ends the payment too, but a decision that came of another post goes before it.
    if (state.decision !== null && isFinal(statusOf(state))) return state
    await this.reachEnds(work, [
      [TOPICS.apiClaims, keyOf(claim)],
      [TOPICS.paymentsDecided, claim.senderAccountId],
    ])
    return view.stateOf(claim)
  }

  /** Resolves when the view has all that the partitions of those keys hold now. */
  private async reachEnds({ deadline }: Work, keys: readonly (readonly [Topic, string])[]): Promise<void> {
    const reached = keys.map(([topic, key]) => this.options.readBack.reachedEnd(placeOf(topic, key)))
    await deadline.race(Promise.all(reached))
  }

  /** Posts the payment, which dedup ends if it stands in the log already, and waits for what the chain makes of it. */
  private async posted(claim: Claim, payment: PaymentSubmitted, { headers, deadline }: Work): Promise<PaymentState> {
    const { view, readBack, payments } = this.options
    const decided = whenState(view, claim, isDecided)
    const undecided = Promise.withResolvers<Undecided>()
    let stopAsking = () => {}
    try {
      const { partition, offset } = await payments.deliver({ ...payment, idempotencyKey: claim.claimId }, headers)
      stopAsking = readBack.ask(partition, offset, undecided.resolve)
      const end = await deadline.race(Promise.race([decided.reached, undecided.promise]))
      if ('claim' in end) return end
      if (end.kind === 'refused') return await this.endedRefused(claim, end.reason, deadline)
      return await this.answeredByFirst(claim, end.firstDecisionId, deadline)
    } finally {
      decided.stop()
      stopAsking()
    }
  }

  /** The log is told first, so that every later call gets the same end, from every instance, and none posts the payment again. */
  private async endedRefused(claim: Claim, reason: string, deadline: Deadline): Promise<PaymentState> {
    const { view, readBack, claims, refusalSchemaId } = this.options
    const value = framed(refusalSchemaId, encodeClaimRefusal({ claimId: claim.claimId, reason }))
    const place = await claims.deliverValue(keyOf(claim), value)
    await deadline.race(readBack.reached(place, place.offset))
    // Another post of it may have been decided, and another refusal may have come first.
    const state = view.stateOf(claim)
    if (state.decision === null) throw refused(state.refusal ?? reason)
    return state
  }

  /** The chain knows the payment already. The claim is told which decision is its own too, so that every later call gets it. */
  private async answeredByFirst(claim: Claim, decisionId: string, deadline: Deadline): Promise<PaymentState> {
    const { view, readBack, claims } = this.options
    const [partition] = decisionId.split('-').map(Number)
    await deadline.race(readBack.reachedEnd({ topic: TOPICS.paymentsDecided.name, partition: partition ?? 0 }))
    const state = view.stateOf(claim)
    if (state.decision !== null) return state
    if (view.decisionNamed(decisionId) === null) return this.endedRefused(claim, 'ID_CONFLICT', deadline)
    const { appendTimeMs: _, ...record } = claim
    const place = await claims.deliverValue(keyOf(claim), this.encoded({ ...record, decisionId }))
    await deadline.race(readBack.reached(place, place.offset))
    return view.stateOf(claim)
  }

  private async answered(state: PaymentState, work: Work, later: boolean): Promise<Confirmed> {
    const answer = answerOf(state)
    if (answer !== null) return { answer, replayed: later && isFinal(statusOf(state)), state }
    const { caller, request, deadline } = work
    return { ...(await this.codes.answer(state, caller, request.otpCode, deadline)), replayed: false }
  }

  private isSame(claim: Claim, { request, payment }: Work): boolean {
    if (request.otpCode !== null || payment === null) return agreesWith(claim, request)
    return asksFor(claim, payment, request, this.options.otherMasks)
  }

  private maskedOf({ request }: ConfirmCall): PaymentSubmitted | null {
    const { body, amountMinor, otpCode } = request
    const isWhole = amountMinor !== null && body.from_account !== undefined && body.to_account !== undefined
    if (otpCode !== null && !isWhole) return null
    return this.options.mask(paymentOf(request, this.options.clock.nowMs()))
  }

  private claimFor({ caller, route, request }: Work, payment: PaymentSubmitted): ApiClaim {
    const { random, settlementOf, clock } = this.options
    return {
      claimId: claimId(random(RANDOM_BYTES)),
      caller,
      route,
      idempotencyKey: request.idempotencyKey,
      fingerprint: fingerprintOf(payment, request),
      transactionId: payment.transactionId,
      senderAccountId: payment.senderAccountId,
      receiverAccountId: payment.receiverAccountId,
      amountMinor: payment.amountMinor,
      currency: payment.currency,
      settlementMethod: settlementOf(payment.kind),
      eventTime: clock.nowMs(),
      decisionId: null,
    }
  }

  private encoded(claim: ApiClaim): Uint8Array {
    return framed(this.options.claimSchemaId, encodeApiClaim(claim))
  }
}

function keyOf({ caller, route, idempotencyKey }: Pick<ApiClaim, 'caller' | 'route' | 'idempotencyKey'>): string {
  return `${caller} ${route} ${idempotencyKey}`
}

/** The partition of a key's records: a payment's decision stands in that of its sender. */
function placeOf({ name: topic, partitions }: Topic, key: string): TopicPartition {
  const bytes = new TextEncoder().encode(key)
  return { topic, partition: partitionOf(bytes, 0, bytes.length, partitions) }
}

function keyed({ caller, route, request }: ConfirmCall) {
  return { caller, route, idempotencyKey: request.idempotencyKey }
}

function isDecided({ decision }: PaymentState): boolean {
  return decision !== null
}

function requireOwned(accountId: string, { accounts }: ConfirmCall): void {
  if (accounts.has(accountId)) return
  throw new ApiProblem(403, 'NOT_YOUR_ACCOUNT', 'Forbidden', 'the token does not own from_account')
}

function stillRunning(): ApiProblem {
  const details = 'the first call with this key is still running'
  return new ApiProblem(409, 'IN_PROGRESS', 'Conflict', details, { headers: { 'retry-after': '1' } })
}

function tooMany(rate: RateState): ApiProblem {
  const headers = { ...rateHeaders(rate), 'retry-after': String(Math.max(1, Math.ceil(rate.resetMs / 1_000))) }
  return new ApiProblem(429, 'RATE_LIMITED', 'Too many requests', 'new payments a minute; repeats do not count', {
    headers,
  })
}

function otherContent(): ApiProblem {
  return new ApiProblem(422, 'KEY_REUSED', 'Idempotency key reused', 'this key stands for a call with other content')
}

/** The chain has refused the payment; its dead letter has the same reason. */
function refused(reason: string): ApiProblem {
  const isConflict = reason === 'ID_CONFLICT'
  const details = isConflict ? 'transaction_id stands for another payment' : 'the payment cannot be processed'
  return new ApiProblem(422, reason, isConflict ? 'Transaction id reused' : 'Payment refused', details)
}
