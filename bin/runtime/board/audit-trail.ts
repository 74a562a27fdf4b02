import { type ActView, type ReviewView, ROLES } from '../../../dashboards/board/views.ts'
import { FRAME_BYTES } from '../../../schemas/avro/framing.ts'
import { AuditEventReader } from '../../../schemas/generated/audit-event.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import type { VisitRecord } from '../../../streams/record/visit-batches.ts'
import { scanPartition } from '../partition-scan.ts'

const { name: TOPIC, partitions: AUDIT_PARTITIONS } = TOPICS.auditEvents

/** How long a claim keeps others from ending a review. */
export const LEASE_MS = 600_000
const ACTS_MAX = 200
/** Reviews whose claims are remembered; past it the oldest go, and are free. */
const CLAIMED_MAX = 10_000
/** Claims of one review that are: who loses one is told so, and makes no more. */
const CLAIMS_MAX = 16

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
  /** In the order of their time. */
  private readonly claims = new Map<string, readonly Claim[]>()

  /** One record; `atMs` is when the log had it. */
  add(event: AuditEventReader, atMs: number): void {
    const { actor, role, act, subject, result, reason } = event
    // Calls of the API are in the audit too, and are no acts of people.
    if (!ROLES.some((known) => known === role)) return
    if (act === CLAIM_ACT && subject !== null && result === 'done')
      this.claim(subject, { actor, eventId: event.eventId, atMs })
    this.newest.push({ at: atMs, actor, role, act, subject, result, reason })
    this.newest.sort((a, b) => a.at - b.at)
    if (this.newest.length > ACTS_MAX) this.newest.shift()
  }

  /**
   * Who has a review at this time: the first to claim it, until the lease is over; the holder may take it again. Partitions are read one after
   * the other, so a claim can be told before an earlier one.
   */
  claimOf(decisionId: string, nowMs: number): ReviewView['claim'] {
    let held: Claim | undefined
    for (const claim of this.claims.get(decisionId) ?? []) {
      if (held === undefined || held.actor === claim.actor || held.atMs + LEASE_MS <= claim.atMs) held = claim
    }
    if (held === undefined || held.atMs + LEASE_MS <= nowMs) return null
    return { actor: held.actor, untilMs: held.atMs + LEASE_MS }
  }

  /** Newest first. */
  acts(): ActView[] {
    return this.newest.toReversed()
  }

  private claim(decisionId: string, claim: Claim): void {
    const known = this.claims.get(decisionId) ?? []
    this.claims.delete(decisionId)
    this.claims.set(decisionId, [...known, claim].toSorted(byTime).slice(-CLAIMS_MAX))
    const [oldest] = this.claims.keys()
    if (this.claims.size > CLAIMED_MAX && oldest !== undefined) this.claims.delete(oldest)
  }
}

/** Of two at one time every board takes the same for the first. */
function byTime(a: Claim, b: Claim): number {
  return a.atMs - b.atMs || (a.eventId < b.eventId ? -1 : 1)
}

/** Adds each record of `audit.events` that it visits; `schemaId` tells them from what else may stand there. */
export function addToTrail(trail: AuditTrail, schemaId: number): VisitRecord {
  const event = new AuditEventReader()
  return ({ bytes, valueAt, valueLength, timestampMs }, view) => {
    if (valueLength < FRAME_BYTES || view.getInt32(valueAt + 1) !== schemaId) return
    const code = event.wrap(bytes, view, valueAt + FRAME_BYTES, valueAt + valueLength)
    if (code === 0) trail.add(event, timestampMs)
  }
}

/** What the log holds of it now. */
export async function readTrail(log: Log, schemaId: number): Promise<AuditTrail> {
  const trail = new AuditTrail()
  const visit = addToTrail(trail, schemaId)
  for (let partition = 0; partition < AUDIT_PARTITIONS; partition++) {
    const at = { topic: TOPIC, partition }
    const { startOffset, endOffset } = await log.bounds(at)
    await scanPartition(log, at, startOffset, endOffset, visit)
  }
  return trail
}
