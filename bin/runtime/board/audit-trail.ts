import { type ActView, ROLES, type ReviewView } from '../../../dashboards/board/views.ts'
import type { AuditEventReader } from '../../../schemas/generated/audit-event.ts'

/** How long a claim keeps others from ending a review. */
export const LEASE_MS = 600_000
const ACTS_MAX = 200
/** Claims that are remembered; past it the oldest go, and their reviews are free. */
const CLAIMS_MAX = 10_000

/** The act whose record is a claim. */
export const CLAIM_ACT = 'review.claim'

interface Claim {
  readonly actor: string
  readonly eventId: string
  readonly atMs: number
}

/**
 * What people did, folded from `audit.events`: so a claim that was made on the command line holds on the board, and one that was
 * made here is still there after a restart.
 */
export class AuditTrail {
  private readonly newest: ActView[] = []
  private readonly claims = new Map<string, Claim>()

  /** One record; `atMs` is when the log had it. */
  add(event: AuditEventReader, atMs: number): void {
    const { actor, role, act, subject, result, reason } = event
    // Calls of the API are in the audit too, and are no acts of people.
    if (!ROLES.some((known) => known === role)) return
    if (act === CLAIM_ACT && subject !== null && result === 'done') this.claim(subject, { actor, eventId: event.eventId, atMs })
    this.newest.push({ at: atMs, actor, role, act, subject, result, reason })
    this.newest.sort((a, b) => a.at - b.at)
    if (this.newest.length > ACTS_MAX) this.newest.shift()
  }

  /** Who has a review at this time. */
  claimOf(decisionId: string, nowMs: number): ReviewView['claim'] {
    const claim = this.claims.get(decisionId)
    if (claim === undefined || claim.atMs + LEASE_MS <= nowMs) return null
    return { actor: claim.actor, untilMs: claim.atMs + LEASE_MS }
  }

  /** Newest first. */
  acts(): ActView[] {
    return this.newest.toReversed()
  }

  /** The first of two holds, by the log's time, until its lease is over; its holder may take it again. */
  private claim(decisionId: string, claim: Claim): void {
    const held = this.claims.get(decisionId)
    const isFree = held === undefined || held.actor === claim.actor || held.atMs + LEASE_MS <= claim.atMs
    const isEarlier = held !== undefined && claim.atMs < held.atMs
    if (!isFree && !isEarlier) return
    this.claims.delete(decisionId)
    this.claims.set(decisionId, claim)
    const [oldest] = this.claims.keys()
    if (this.claims.size > CLAIMS_MAX && oldest !== undefined) this.claims.delete(oldest)
  }
}
