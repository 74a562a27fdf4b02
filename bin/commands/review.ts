import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { Command } from 'commander'
import { cardFreeText } from '../../processors/mask/mask-payment.ts'
import type { Resolution } from '../../schemas/generated/resolution.ts'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { AuditLog, auditSchemaId } from '../runtime/board/audit-log.ts'
import { CLAIM_ACT, readTrail } from '../runtime/board/audit-trail.ts'
import { sendControl } from '../runtime/control/control-records.ts'
import { openReviews, resolutionOf } from '../runtime/control/open-reviews.ts'
import { decisionAt } from '../runtime/decision-search.ts'
import { type Coordinates, coordinatesOf } from '../runtime/record-coordinates.ts'
import type { Session } from '../runtime/session.ts'
import { schemaNamed } from '../view/field-names.ts'
import { decisionLine, print, styled } from '../view/text.ts'
import { withAuditedSession } from './audited-session.ts'
import { type ChangeOptions, placesText, settled, WAITING, withReason } from './control-settings.ts'
import { type LogOptions, onEitherLog, withLogSession } from './log-session.ts'
import { CommandError, wholeNumber } from './settings.ts'

interface ClaimOptions extends LogOptions {
  readonly as: string
}

interface ListOptions extends LogOptions {
  readonly limit: string
}

/** As the board's acts are named. */
const ACTS = { REVIEW_APPROVED: 'review.approve', REVIEW_DECLINED: 'review.decline' } as const
type ReviewEnd = keyof typeof ACTS

const DECISION = 'decision id <partition>-<offset>, as `review list` prints it'

/** `sluice review` */
export function reviewCommand(): Command {
  return onEitherLog(
    new Command('review')
      .description('payments that wait for a person: see them, approve or decline them')
      .addCommand(
        new Command('list')
          .description('print what waits, the longest first')
          .option('--limit <n>', 'so many', '50')
          .action((_options, command: Command) => runList(command.optsWithGlobals<ListOptions>())),
      )
      .addCommand(
        new Command('claim')
          .description('take a review for ten minutes, so that nobody else ends it on the board')
          .argument('<decision>', DECISION)
          .option('--as <name>', 'who; it is kept with the claim', userInfo().username)
          .action((id: string, _options, command: Command) => runClaim(id, command.optsWithGlobals<ClaimOptions>())),
      )
      .addCommand(ending('approve', 'REVIEW_APPROVED', 'let the payment through'))
      .addCommand(ending('decline', 'REVIEW_DECLINED', 'refuse the payment'))
      .addHelpText(
        'after',
        '\nThe first end of a review counts, whoever gives it; one that nobody ends is declined once its time is over.' +
          '\n\nExamples:\n  sluice review list\n  sluice review claim 3-1042\n  sluice review approve 3-1042 --reason "customer confirmed by phone"\n',
      ),
  )
}

function ending(name: string, kind: ReviewEnd, what: string): Command {
  return withReason(new Command(name).description(what))
    .argument('<decision>', DECISION)
    .action((id: string, _options, command: Command) => runEnd(kind, id, command.optsWithGlobals<ChangeOptions>()))
}

async function runList(options: ListOptions): Promise<void> {
  const limit = wholeNumber(options.limit, '--limit', 1)
  await withLogSession(options, async (session) => {
    const waiting = await openReviews(session)
    for (const decision of waiting.slice(0, limit)) {
      if (options.json) print(JSON.stringify(schemaNamed('Decision', decision)))
      else print(`${styled('bold', decision.decisionId)}  ${decision.senderAccountId}  ${decisionLine(decision)}`)
    }
    if (options.json) return
    if (waiting.length === 0) print('nothing waits for a review')
    else if (waiting.length > limit) print(`${waiting.length - limit} more; raise --limit`)
  })
}

async function runClaim(decisionId: string, options: ClaimOptions): Promise<void> {
  const at = decisionNamed(decisionId)
  // As the claim has it when it comes back from the log.
  const actor = cardFreeText(options.as)
  await withLogSession(options, async (session) => {
    await requireOpen(session, at, decisionId)
    const schemaId = await auditSchemaId(session.registry)
    const holder = async () => (await readTrail(session.log, schemaId)).claimOf(decisionId, machineTime.nowMs())
    const before = await holder()
    if (before !== null && before.actor !== actor) throw claimedBefore(decisionId, before)
    const audit = new AuditLog(session.log, schemaId)
    const act = { actor, role: 'admin', act: CLAIM_ACT, subject: decisionId, result: 'done' } as const
    await audit.append({ ...act, reason: null, requestId: randomUUID() }, machineTime.nowMs())
    await audit.close()
    const now = await holder()
    // Somebody else may have been first, a moment ago.
    if (now !== null && now.actor !== actor) throw claimedBefore(decisionId, now)
    if (options.json) print(JSON.stringify({ decision_id: decisionId, claimed_by: actor, until: now?.untilMs ?? null }))
    else print(`${decisionId}: yours${now === null ? '' : ` until ${new Date(now.untilMs).toISOString()}`}`)
  })
}

function claimedBefore(decisionId: string, { actor, untilMs }: { readonly actor: string; readonly untilMs: number }) {
  return new CommandError(`${decisionId} is claimed by ${actor} until ${new Date(untilMs).toISOString()}`)
}

/** What a decision id names. @throws CommandError when it is none. */
function decisionNamed(decisionId: string): Coordinates {
  const named = coordinatesOf(decisionId)
  if (named === null) throw new CommandError(`${decisionId} is no ${DECISION}`, 2)
  return named
}

/** Whose payment waits for this review. @throws CommandError when none does. */
async function requireOpen(session: Session<Log>, at: Coordinates, decisionId: string): Promise<string> {
  const found = await decisionAt(session, at)
  if (found === null) throw new CommandError(`no decision ${decisionId} stands in the log`)
  const { outcome, senderAccountId } = found.decision
  if (outcome !== 'review') throw new CommandError(`${decisionId} was decided ${outcome}; there is nothing to review`)
  const before = await resolutionOf(session, at.partition, decisionId)
  if (before !== null) throw endedBefore(decisionId, before)
  return senderAccountId
}

async function runEnd(kind: ReviewEnd, decisionId: string, options: ChangeOptions): Promise<void> {
  const at = decisionNamed(decisionId)
  const by = { actor: options.as, reason: options.reason ?? null }
  await withAuditedSession(options, { act: ACTS[kind], subject: decisionId, ...by }, async (session) => {
    const accountId = await requireOpen(session, at, decisionId)
    const change = { kind, ...by, accountId, decisionId }
    const places = await sendControl(session, 'board', change, [at.partition], machineTime.nowMs())
    const holds = await settled(session, places)
    const end = await resolutionOf(session, at.partition, decisionId)
    // Another end may have come first, and the first counts (SPEC S8).
    if (end !== null && !places.some(({ offset }) => offset === end.inputOffset)) throw endedBefore(decisionId, end)
    if (options.json) print(JSON.stringify({ kind, decision_id: decisionId, holds, places }))
    else print(`${decisionId}: ${kind} at input ${placesText(places)}${holds ? '' : `\n${WAITING}`}`)
  })
}

function endedBefore(decisionId: string, { outcome, actor }: Resolution): CommandError {
  return new CommandError(`the review of ${decisionId} has ended: ${outcome} by ${actor}`)
}
