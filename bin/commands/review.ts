import { Command } from 'commander'
import type { ControlKind } from '../../schemas/generated/enums.ts'
import type { Resolution } from '../../schemas/generated/resolution.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { sendControl } from '../runtime/control-records.ts'
import { findDecisions } from '../runtime/decision-search.ts'
import { openReviews, resolutionOf } from '../runtime/open-reviews.ts'
import { PARTITIONS } from '../runtime/session.ts'
import { schemaNamed } from '../view/field-names.ts'
import { decisionLine, print, styled } from '../view/text.ts'
import { type ChangeOptions, placesText, settled, WAITING, withReason } from './control-settings.ts'
import { type LogOptions, onEitherLog, withLogSession } from './log-session.ts'
import { CommandError, wholeNumber } from './settings.ts'

interface ListOptions extends LogOptions {
  readonly limit: string
}

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
      .addCommand(ending('approve', 'REVIEW_APPROVED', 'let the payment through'))
      .addCommand(ending('decline', 'REVIEW_DECLINED', 'refuse the payment'))
      .addHelpText(
        'after',
        '\nThe first end of a review counts, whoever gives it; one that nobody ends is declined once its time is over.' +
          '\n\nExamples:\n  sluice review list\n  sluice review approve 3-1042 --reason "customer confirmed by phone"\n',
      ),
  )
}

function ending(name: string, kind: ControlKind, what: string): Command {
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

async function runEnd(kind: ControlKind, decisionId: string, options: ChangeOptions): Promise<void> {
  const match = /^(\d{1,4})-(\d{1,16})$/.exec(decisionId)
  const partition = Number(match?.[1])
  if (match === null || partition >= PARTITIONS) throw new CommandError(`${decisionId} is no ${DECISION}`, 2)
  await withLogSession(options, async (session) => {
    const [found] = await findDecisions(session, decisionId)
    if (found === undefined) throw new CommandError(`no decision ${decisionId} stands in the log`)
    const { outcome, senderAccountId: accountId } = found.decision
    if (outcome !== 'review') throw new CommandError(`${decisionId} was decided ${outcome}; there is nothing to review`)
    const before = await resolutionOf(session, partition, decisionId)
    if (before !== null) throw endedBefore(decisionId, before)
    const change = { kind, actor: options.as, reason: options.reason ?? null, accountId, decisionId }
    const places = await sendControl(session, 'board', change, [partition], machineTime.nowMs())
    const holds = await settled(session, places)
    const end = await resolutionOf(session, partition, decisionId)
    // Another end may have come first, and the first counts (SPEC S8).
    if (end !== null && !places.some(({ offset }) => offset === end.inputOffset)) throw endedBefore(decisionId, end)
    if (options.json) print(JSON.stringify({ kind, decision_id: decisionId, holds, places }))
    else print(`${decisionId}: ${kind} at input ${placesText(places)}${holds ? '' : `\n${WAITING}`}`)
  })
}

function endedBefore(decisionId: string, { outcome, actor }: Resolution): CommandError {
  return new CommandError(`the review of ${decisionId} has ended: ${outcome} by ${actor}`)
}
