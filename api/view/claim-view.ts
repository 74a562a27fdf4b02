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

/**
 * The claims of the last day with what became of their payments: a fold of `api.claims` and `payments.decided`, the same in every
 * instance, whatever the order in which the two topics are read.
 */
export class ClaimView {
  private readonly store: ViewStore
  private readonly listeners = new Map<string, Set<() => void>>()

  constructor(store: ViewStore) {
    this.store = store
  }

  /** Claims held. */
  get size(): number {
    return this.store.get<number>(SIZE_KEY) ?? 0
  }

  /** The claim that holds (caller, route, key); null when nobody's lives. */
  claimOf(scope: string, nowMs: number): Claim | null {
    const id = this.store.get<string>(`s:${scope}`)
    const claim = id === undefined ? undefined : this.store.get<Claim>(`c:${id}`)
    return claim !== undefined && claim.appendTimeMs + KEY_LIFE_MS > nowMs ? claim : null
  }

  /** The claim on a payment of an account: the one that is decided, else the first; null when the view has none. */
  claimOfPayment(accountId: string, transactionId: string): Claim | null {
    const id = this.store.get<string>(`t:${accountId}/${transactionId}`)
    return (id === undefined ? undefined : this.store.get<Claim>(`c:${id}`)) ?? null
  }

  stateOf(claim: Claim): PaymentState {
    const { claimId } = claim
    const decision = this.store.get<CommittedDecision>(`d:${claimId}`) ?? this.linked(claimId)
    const resolution = decision === null ? undefined : this.store.get<ResolutionOutcome>(`r:${decision.decisionId}`)
    return { claim, decision, resolution: resolution ?? null }
  }

  /** The decision with that id, when the payment was posted for a claim. */
  decisionNamed(decisionId: string): CommittedDecision | null {
    const claimId = this.store.get<string>(`k:${decisionId}`)
    return (claimId === undefined ? undefined : this.store.get<CommittedDecision>(`d:${claimId}`)) ?? null
  }

  /** Calls `changed` whenever more is known of the claim; answers how to stop that. */
  listen(claimId: string, changed: () => void): () => void {
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
    if (decisionId !== null) {
      this.store.put(`l:${record.claimId}`, decisionId)
      this.tell(record.claimId)
      return
    }
    const scope = scopeOf(record)
    if (this.claimOf(scope, appendTimeMs) !== null) return
    this.store.put(`s:${scope}`, record.claimId)
    this.store.put(`c:${record.claimId}`, { ...record, appendTimeMs } satisfies Claim)
    if (this.keepUntilOld(record.claimId, appendTimeMs)) {
      // Nobody has named it before, so the disk need not be asked.
      for (const kind of 'dl') this.store.knowAbsent(`${kind}:${record.claimId}`)
    }
    this.showPayment(record)
    this.tell(record.claimId)
  }

  /** Of two decisions for one claim, which only a payment posted again after the horizon has, the first answers. */
  applyDecision(claimId: string, decision: CommittedDecision, appendTimeMs: number): void {
    if (this.store.get(`d:${claimId}`) !== undefined) return
    this.store.put(`d:${claimId}`, decision)
    this.store.put(`k:${decision.decisionId}`, claimId)
    this.store.knowAbsent(`r:${decision.decisionId}`)
    const claim = this.store.get<Claim>(`c:${claimId}`)
    if (claim !== undefined) this.showPayment(claim)
    this.keepUntilOld(claimId, appendTimeMs)
    this.tell(claimId)
  }

  applyResolution(decisionId: string, outcome: ResolutionOutcome): void {
    const claimId = this.store.get<string>(`k:${decisionId}`)
    if (claimId === undefined) return
    this.store.put(`r:${decisionId}`, outcome)
    this.tell(claimId)
  }

  /** Forgets what is older than a day and an hour; true when there may be more. */
  async expire(nowMs: number): Promise<boolean> {
    const old = await this.store.keys('a:', ageKey(nowMs - KEPT_MS, ''), EXPIRED_AT_ONCE_MAX)
    for (const key of old) this.forget(key, key.slice(`a:${'0'.repeat(TIME_DIGITS)}/`.length))
    return old.length === EXPIRED_AT_ONCE_MAX
  }

  private forget(key: string, claimId: string): void {
    if (this.store.get(key) === undefined) return // Forgotten a moment ago, and not yet on the disk.
    this.store.remove(key)
    this.store.put(SIZE_KEY, this.size - 1)
    const claim = this.store.get<Claim>(`c:${claimId}`)
    const decision = this.store.get<CommittedDecision>(`d:${claimId}`)
    if (claim !== undefined) {
      const { senderAccountId, transactionId } = claim
      for (const owned of [`s:${scopeOf(claim)}`, `t:${senderAccountId}/${transactionId}`]) {
        if (this.store.get(owned) === claimId) this.store.remove(owned)
      }
    }
    if (decision !== undefined) for (const kind of 'kr') this.store.remove(`${kind}:${decision.decisionId}`)
    for (const kind of 'cdlb') this.store.remove(`${kind}:${claimId}`)
  }

  /** Once a claim, by whichever of claim and decision came first; true for that one. */
  private keepUntilOld(claimId: string, appendTimeMs: number): boolean {
    if (this.store.get(`b:${claimId}`) !== undefined) return false
    this.store.put(`b:${claimId}`, appendTimeMs)
    this.store.put(ageKey(appendTimeMs, claimId), 1)
    this.store.put(SIZE_KEY, this.size + 1)
    return true
  }

  private showPayment({
    senderAccountId,
    transactionId,
    claimId,
  }: Pick<Claim, 'senderAccountId' | 'transactionId' | 'claimId'>) {
    const key = `t:${senderAccountId}/${transactionId}`
    const isDecided = this.store.get(`d:${claimId}`) !== undefined
    if (isDecided || this.store.get(key) === undefined) this.store.put(key, claimId)
  }

  private linked(claimId: string): CommittedDecision | null {
    const decisionId = this.store.get<string>(`l:${claimId}`)
    return decisionId === undefined ? null : this.decisionNamed(decisionId)
  }

  private tell(claimId: string): void {
    for (const changed of [...(this.listeners.get(claimId) ?? [])]) changed()
  }
}

function ageKey(timeMs: number, claimId: string): string {
  return `a:${String(Math.max(0, timeMs)).padStart(TIME_DIGITS, '0')}/${claimId}`
}
