import type { ApiClaim } from '../../schemas/generated/api-claim.ts'
import type { ResolutionOutcome } from '../../schemas/generated/enums.ts'
import { type Claim, type CommittedDecision, KEY_LIFE_MS, type PaymentState, scopeOf } from './claim.ts'
import type { ViewStore } from './view-store.ts'

/** Claims are shown for a while after their keys have died, so that no instance forgets one that another still counts. */
const KEPT_MS = KEY_LIFE_MS + 3_600_000
/** Claims that one call of `expire` forgets at most. */
const EXPIRED_AT_ONCE_MAX = 1_000
const TIME_DIGITS = 13
/** Under it stands how many claims are held: counting them would take a start seconds. */
const SIZE_KEY = 'm:size'

/** What the log has said of one claim. */
interface Told {
  /** Absent while only its decision has been read. */
  readonly claim?: Claim
  readonly decision?: CommittedDecision
  /** The end of the decision's challenge or review. */
  readonly resolution?: ResolutionOutcome
  /** The decision of another claim that answers this one. */
  readonly answeredBy?: string
  /** Why the chain has refused its payment. */
  readonly refusal?: string
}

/**
 * The claims of the last day with what became of their payments: a fold of `api.claims` and `payments.decided`, the same in every
 * instance, whatever the order in which the two topics are read.
 *
 * Under `c:` and its id stands what was told of a claim; its id under `s:` and its scope, `t:` and its payment, `k:` and its decision; and
 * under `a:` and a time what is to be forgotten.
 */
export class ClaimView {
  private readonly store: ViewStore
  private readonly listeners = new Map<string, Set<() => void>>()
  private held: number

  constructor(store: ViewStore) {
    this.store = store
    this.held = store.get<number>(SIZE_KEY) ?? 0
  }

  /** Claims held. */
  get size(): number {
    return this.held
  }

  /** Claims of which somebody waits to be told more. */
  get listened(): number {
    return this.listeners.size
  }

  /** The claim that holds (caller, route, key); null when nobody's lives. */
  claimOf(scope: string, nowMs: number): Claim | null {
    const claim = this.claimUnder(`s:${scope}`)
    return claim !== null && claim.appendTimeMs + KEY_LIFE_MS > nowMs ? claim : null
  }

  /** The claim on a payment of an account: the one that is decided, else the first; null when the view has none. */
  claimOfPayment(accountId: string, transactionId: string): Claim | null {
    return this.claimUnder(`t:${accountId}/${transactionId}`)
  }

  stateOf(claim: Claim): PaymentState {
    const own = this.told(claim.claimId)
    const told = own?.decision === undefined && own?.answeredBy !== undefined ? this.decided(own.answeredBy) : own
    return {
      claim,
      decision: told?.decision ?? null,
      resolution: told?.resolution ?? null,
      refusal: own?.refusal ?? null,
    }
  }

  /** The decision with that id, when the payment was posted for a claim. */
  decisionNamed(decisionId: string): CommittedDecision | null {
    return this.decided(decisionId)?.decision ?? null
  }

  /** Says that an id is new in the world, so that the disk is not asked for it. */
  expect(claimId: string): void {
    this.store.knowAbsent(`c:${claimId}`)
  }

  /** Calls `changed` whenever more is known of the claim, or of the one that answers it; answers how to stop that. */
  listen(claimId: string, changed: () => void): () => void {
    const stops = new Map<string, () => void>()
    const follow = () => {
      const answeredBy = this.told(claimId)?.answeredBy
      const answering = answeredBy && this.store.get<string>(`k:${answeredBy}`)
      for (const id of [claimId, answering]) {
        if (id !== undefined && !stops.has(id)) stops.set(id, this.listenTo(id, told))
      }
    }
    const told = () => {
      follow()
      changed()
    }
    follow()
    return () => {
      for (const stop of stops.values()) stop()
    }
  }

  private listenTo(claimId: string, changed: () => void): () => void {
    const listeners = this.listeners.get(claimId) ?? new Set()
    this.listeners.set(claimId, listeners)
    listeners.add(changed)
    return () => {
      listeners.delete(changed)
      if (listeners.size === 0) this.listeners.delete(claimId)
    }
  }

  /** Of the claims of one key that live, the lowest offset wins; a repeat of one changes nothing. */
  applyClaim({ decisionId, ...record }: ApiClaim, appendTimeMs: number): void {
    const { claimId } = record
    if (decisionId !== null) {
      this.tell(claimId, { answeredBy: decisionId }, appendTimeMs)
      return
    }
    const scope = scopeOf(record)
    if (this.claimOf(scope, appendTimeMs) !== null) return
    this.store.put(`s:${scope}`, claimId)
    this.tell(claimId, { claim: { ...record, appendTimeMs } }, appendTimeMs)
  }

  /** Of two decisions for one claim, which only a payment posted again after the horizon has, the first answers. */
  applyDecision(claimId: string, decision: CommittedDecision, appendTimeMs: number): void {
    if (this.told(claimId)?.decision !== undefined) return
    this.store.put(`k:${decision.decisionId}`, claimId)
    this.tell(claimId, { decision }, appendTimeMs)
  }

  applyResolution(decisionId: string, outcome: ResolutionOutcome, appendTimeMs: number): void {
    const claimId = this.store.get<string>(`k:${decisionId}`)
    if (claimId !== undefined) this.tell(claimId, { resolution: outcome }, appendTimeMs)
  }

  /** Of two refusals of one claim, which two calls at once may have, the first answers. */
  applyRefusal(claimId: string, reason: string, appendTimeMs: number): void {
    if (this.told(claimId)?.refusal === undefined) this.tell(claimId, { refusal: reason }, appendTimeMs)
  }

  /** Forgets what is older than a day and an hour; true when there may be more. */
  async expire(nowMs: number): Promise<boolean> {
    const old = await this.store.keys('a:', ageKey(nowMs - KEPT_MS, ''), EXPIRED_AT_ONCE_MAX)
    for (const key of old) this.forget(key, key.slice(`a:${'0'.repeat(TIME_DIGITS)}/`.length))
    return old.length === EXPIRED_AT_ONCE_MAX
  }

  private forget(key: string, claimId: string): void {
    if (this.store.get(key) === undefined) return // Forgotten a moment ago, and not yet on the disk.
    const { claim, decision } = this.told(claimId) ?? {}
    if (claim !== undefined) {
      for (const owned of [`s:${scopeOf(claim)}`, paymentKey(claim)]) {
        if (this.store.get(owned) === claimId) this.store.remove(owned)
      }
    }
    if (decision !== undefined) this.store.remove(`k:${decision.decisionId}`)
    this.store.remove(`c:${claimId}`)
    this.store.remove(key)
    this.count(-1)
  }

  private told(claimId: string): Told | undefined {
    return this.store.get<Told>(`c:${claimId}`)
  }

  private decided(decisionId: string): Told | undefined {
    const claimId = this.store.get<string>(`k:${decisionId}`)
    return claimId === undefined ? undefined : this.told(claimId)
  }

  private claimUnder(key: string): Claim | null {
    const claimId = this.store.get<string>(key)
    return (claimId === undefined ? undefined : this.told(claimId)?.claim) ?? null
  }

  /** Adds to what is told of a claim, and tells those who listen. It is held from whatever came first on. */
  private tell(claimId: string, more: Told, appendTimeMs: number): void {
    const before = this.told(claimId)
    const told = { ...before, ...more }
    this.store.put(`c:${claimId}`, told)
    if (before === undefined) {
      this.store.put(ageKey(appendTimeMs, claimId), 1)
      this.count(1)
    }
    if (told.claim !== undefined) this.showPayment(told.claim, told.decision !== undefined)
    for (const changed of [...(this.listeners.get(claimId) ?? [])]) changed()
  }

  private showPayment(claim: Claim, isDecided: boolean): void {
    const key = paymentKey(claim)
    const shown = this.store.get<string>(key)
    if (shown === undefined || (isDecided && shown !== claim.claimId)) this.store.put(key, claim.claimId)
  }

  private count(more: number): void {
    this.held += more
    this.store.put(SIZE_KEY, this.held)
  }
}

function paymentKey({ senderAccountId, transactionId }: Claim): string {
  return `t:${senderAccountId}/${transactionId}`
}

function ageKey(timeMs: number, claimId: string): string {
  return `a:${String(Math.max(0, timeMs)).padStart(TIME_DIGITS, '0')}/${claimId}`
}
