import { Command } from 'commander'
import { takeUntil } from 'rxjs'
import { listenForShutdown } from '../../platform/shutdown.ts'
import type { Decision } from '../../schemas/generated/decision.ts'
import { OUTCOME_SYMBOLS } from '../../schemas/generated/enums.ts'
import { lastAndLater } from '../view/decision-feed.ts'
import { schemaNamed } from '../view/field-names.ts'
import { fromAbort } from '../view/from-abort.ts'
import { decisionLine, print } from '../view/text.ts'
import { type LogOptions, onEitherLog, openLogSession } from './log-session.ts'
import { CommandError, configOf, wholeNumber } from './settings.ts'

interface DecisionsOptions extends LogOptions {
  readonly follow?: boolean
  readonly limit: string
  readonly outcome?: string
}

/** `sluice decisions` */
export function decisionsCommand(): Command {
  return onEitherLog(
    new Command('decisions')
      .description('print the last decisions, oldest first')
      .option('-f, --follow', 'go on with every new one until Ctrl-C')
      .option('--limit <n>', 'how many of those that stand in the log', '20')
      .option('--outcome <name>', `only ${OUTCOME_SYMBOLS.join(', ')}`)
      .addHelpText(
        'after',
        '\nWith --json each line holds every field of a decision, its input partition and offset among them.' +
          '\n\nExamples:\n  sluice decisions --outcome block\n  sluice decisions --json --follow | jq .fraud_score\n',
      )
      .action((_options, command: Command) => runDecisions(command.optsWithGlobals<DecisionsOptions>())),
  )
}

async function runDecisions(options: DecisionsOptions): Promise<void> {
  const { outcome } = options
  if (outcome !== undefined && !OUTCOME_SYMBOLS.some((symbol) => symbol === outcome)) {
    throw new CommandError(`--outcome ${outcome}: there are ${OUTCOME_SYMBOLS.join(', ')}`, 2)
  }
  const limit = wholeNumber(options.limit, '--limit', 0, 10_000_000)
  const session = await openLogSession(configOf(options), options)
  const isWanted = (decision: Decision) => decision.outcome === outcome
  const show = (decision: Decision) =>
    print(options.json ? JSON.stringify(schemaNamed('Decision', decision)) : decisionLine(decision))
  try {
    const { last, later } = await lastAndLater(session, limit, outcome === undefined ? null : isWanted)
    for (const decision of last) show(decision)
    if (options.follow !== true) return
    const shutdown = listenForShutdown()
    await later.pipe(takeUntil(fromAbort(shutdown.signal))).forEach(show)
  } finally {
    await session.log.close()
  }
}
