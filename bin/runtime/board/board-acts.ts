import { type ActBy, ActRefused, type AuditedAct, type BoardActs } from '../../../dashboards/board/sources.ts'
import type { ActResult, ReviewView } from '../../../dashboards/board/views.ts'
import { cardFreeText, holdsCardNumber } from '../../../processors/mask/mask-payment.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { controlOutcome } from '../control/control-outcome.ts'
import { type ControlChange, partitionOfAccount, sendControl } from '../control/control-records.ts'
import { resolutionOf } from '../control/open-reviews.ts'
import type { Session } from '../session.ts'
import type { AuditLog } from './audit-log.ts'
import { CLAIM_ACT } from './audit-trail.ts'
import { decisionView } from './decision-view.ts'
import type { EndOf } from './review-queue.ts'

/** How long an act waits for the chain to come to its record. */
const WAIT_MS = 3_000
/** How long a claim may take to come back from the log. */
const CLAIM_SEEN_MS = 5_000
const POLL_MS = 10

export interface ActsOptions {
  readonly session: Session<Log>
  readonly audit: AuditLog
  readonly claimOf: (decisionId: string) => ReviewView['claim']
  readonly endOf: EndOf
}

/** What people do on the board: signed control records in the account's own partition, and records of the audit. */
export function boardActs({ session, audit, claimOf, endOf }: ActsOptions): BoardActs {
  return {
    standing: async (kind, accountId, until, by) => {
      if (holdsCardNumber(accountId)) throw new ActRefused(404, 'a card number is no account')
      return change(session, { kind, accountId, until, ...by }, partitionOfAccount(accountId), accountId)
    },
    endReview: async (kind, decisionId, by) => {
      const accountId = await reviewedAccount(session, decisionId, endOf)
      const claim = claimOf(decisionId)
      if (claim !== null && claim.actor !== cardFreeText(by.actor)) {
        const until = new Date(claim.untilMs).toISOString()
        throw new ActRefused(409, `${claim.actor} has claimed ${decisionId} until ${until}`)
      }
      return endReview(session, { kind, accountId, decisionId, ...by })
    },
    claim: async (decisionId, name, role, requestId) => {
      // As the claim has it when it comes back from the log.
      const actor = cardFreeText(name)
      await reviewedAccount(session, decisionId, endOf)
      const held = claimOf(decisionId)
      if (held !== null && held.actor !== actor) throw new ActRefused(409, `${held.actor} has claimed ${decisionId}`)
      const act = { actor, role, act: CLAIM_ACT, subject: decisionId, result: 'done', reason: null, requestId }
      await audit.append(act, machineTime.nowMs())
      const holder = await seenClaim(claimOf, decisionId)
      if (holder !== actor) throw new ActRefused(409, `${holder} was first to claim ${decisionId}`)
      return { act: CLAIM_ACT, subject: decisionId, holds: true, place: null }
    },
    audit: async (act: AuditedAct) => {
      await audit.append(act, machineTime.nowMs())
    },
  }
}

/** Whose payment waits for this review. @throws ActRefused when nothing does. */
async function reviewedAccount(session: Session<Log>, decisionId: string, endOf: EndOf): Promise<string> {
  const found = await decisionView(session, decisionId, endOf)
  if (found === null) throw new ActRefused(404, `no decision ${decisionId} stands in the log`)
  const { payment, resolution } = found
  if (payment.outcome !== 'review') throw new ActRefused(409, `${decisionId} was decided ${payment.outcome}`)
  if (resolution !== null) throw ended(decisionId, resolution)
  return payment.accountId
}

async function endReview(
  session: Session<Log>,
  review: ControlChange & ActBy & { readonly accountId: string; readonly decisionId: string },
): Promise<ActResult> {
  const { decisionId, accountId } = review
  const result = await change(session, review, partitionOfAccount(accountId), decisionId)
  const end = result.holds ? await resolutionOf(session, partitionOfAccount(accountId), decisionId) : null
  // Another end may have come first, and the first counts (SPEC S8).
  if (end !== null && `${end.inputPartition}-${end.inputOffset}` !== result.place) throw ended(decisionId, end)
  return result
}

function ended(
  decisionId: string,
  { outcome, actor }: { readonly outcome: string; readonly actor: string },
): ActRefused {
  return new ActRefused(409, `the review of ${decisionId} has ended: ${outcome} by ${actor}`)
}

async function change(
  session: Session<Log>,
  wanted: ControlChange & ActBy,
  partition: number,
  subject: string,
): Promise<ActResult> {
  const [place] = await sendControl(session, 'board', wanted, [partition], machineTime.nowMs())
  if (place === undefined) throw new RangeError('one partition has one place')
  const outcome = await controlOutcome(session, place, machineTime.nowMs() + WAIT_MS)
  if (typeof outcome === 'object') throw new ActRefused(409, `the chain refused it: ${outcome.refused}`)
  return { act: wanted.kind, subject, holds: outcome === 'holds', place: `${place.partition}-${place.offset}` }
}

async function seenClaim(claimOf: ActsOptions['claimOf'], decisionId: string): Promise<string> {
  for (const untilMs = machineTime.nowMs() + CLAIM_SEEN_MS; machineTime.nowMs() < untilMs; ) {
    const claim = claimOf(decisionId)
    if (claim !== null) return claim.actor
    await machineTime.wait(POLL_MS)
  }
  throw new ActRefused(409, `the claim of ${decisionId} is written and not seen yet; look again`)
}
