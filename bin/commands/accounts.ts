import { Command } from 'commander'
import { holdsCardNumber } from '../../processors/mask/mask-payment.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { partitionOfAccount, sendControl } from '../runtime/control/control-records.ts'
import { type Standing, standingOf } from '../runtime/control/standing.ts'
import { print, styled } from '../view/text.ts'
import { withAuditedSession } from './audited-session.ts'
import { type ChangeOptions, placesText, settled, WAITING, withReason } from './control-settings.ts'
import { TIME_FORM, timeToCome } from './given-times.ts'
import { type LogOptions, onEitherLog, withLogSession } from './log-session.ts'
import { CommandError } from './settings.ts'

interface UntilOptions extends ChangeOptions {
  readonly until?: string
}

/** As the board's acts are named. */
const ACTS = {
  ACCOUNT_BLOCKED: 'account.block',
  ACCOUNT_LIFTED: 'account.unblock',
  ACCOUNT_ALLOWED: 'account.allow',
} as const
type StandingChange = keyof typeof ACTS

const ACCOUNT = /^[A-Za-z0-9._:-]{1,64}$/

/** `sluice accounts` */
export function accountsCommand(): Command {
  return onEitherLog(
    new Command('accounts')
      .description(
        'standings of single accounts: blocked by an operator, allowed in spite of the rules, blocked by the rules',
      )
      .addCommand(
        new Command('show')
          .description('print how an account stands now')
          .argument('<account>')
          .action((account: string, _options, command: Command) =>
            runShow(account, command.optsWithGlobals<LogOptions>()),
          ),
      )
      .addCommand(
        withReason(new Command('block').description('decline every payment of the account'))
          .argument('<account>')
          .option('--until <time>', `end: ${TIME_FORM}, in the time of the payments; without end when left out`)
          .action((account: string, _options, command: Command) =>
            runChange('ACCOUNT_BLOCKED', account, command.optsWithGlobals<UntilOptions>()),
          ),
      )
      .addCommand(
        withReason(new Command('unblock').description("lift a block, an operator's or the rules', and end its episode"))
          .argument('<account>')
          .action((account: string, _options, command: Command) =>
            runChange('ACCOUNT_LIFTED', account, command.optsWithGlobals<UntilOptions>()),
          ),
      )
      .addCommand(
        withReason(
          new Command('allow').description(
            "approve the account's payments in spite of the rules; a block of an operator or a list still wins",
          ),
        )
          .argument('<account>')
          .requiredOption('--until <time>', `end: ${TIME_FORM}, in the time of the payments`)
          .action((account: string, _options, command: Command) =>
            runChange('ACCOUNT_ALLOWED', account, command.optsWithGlobals<UntilOptions>()),
          ),
      )
      .addHelpText(
        'after',
        "\nA change is a signed record in the account's partition: it holds for the payments behind it, and `sluice verify` meets it" +
          '\nat the same place.\n\nExamples:\n  sluice accounts show acc-17\n  sluice accounts block acc-17 --reason "reported stolen"\n  sluice accounts allow acc-17 --until 2030-01-01 --reason "known traveller"\n',
      ),
  )
}

async function runChange(kind: StandingChange, account: string, options: UntilOptions): Promise<void> {
  const accountId = accountOf(account)
  const until = options.until === undefined ? null : timeToCome(options.until, '--until', machineTime.nowMs())
  const by = { actor: options.as, reason: options.reason ?? null }
  await withAuditedSession(options, { act: ACTS[kind], subject: accountId, ...by }, async (session) => {
    const change = { kind, ...by, accountId, until }
    const places = await sendControl(session, 'admin', change, [partitionOfAccount(accountId)], machineTime.nowMs())
    const holds = await settled(session, places)
    if (options.json) print(JSON.stringify({ kind, account_id: accountId, until, holds, places }))
    else print(`${accountId}: ${kind} from input ${placesText(places)} on${holds ? '' : `\n${WAITING}`}`)
  })
}

async function runShow(account: string, options: LogOptions): Promise<void> {
  const accountId = accountOf(account)
  await withLogSession(options, async (session) => {
    const standing = await standingOf(session, accountId)
    if (options.json) print(JSON.stringify({ account_id: accountId, ...standing }))
    else for (const line of linesOf(accountId, standing)) print(line)
  })
}

function linesOf(accountId: string, standing: Standing): string[] {
  if (!standing.known) return [`${accountId} has never paid, and nobody has said anything of it`]
  const row = (name: string, ms: number | 'forever' | null) =>
    `  ${styled('dim', name.padEnd(20))}${ms === null ? 'no' : ms === 'forever' ? 'without end' : new Date(ms).toISOString()}`
  return [
    `${accountId}: ${standing.payments} payments in its baseline`,
    row('blocked until', standing.hardBlockUntil),
    row('allowed until', standing.allowedUntil),
    row('blocked by rules until', standing.automaticBlockUntil),
  ]
}

function accountOf(text: string): string {
  if (holdsCardNumber(text)) throw new CommandError('a card number is no account; to list a card: sluice lists', 2)
  if (ACCOUNT.test(text)) return text
  throw new CommandError(`${text} is no account: 1 to 64 of [A-Za-z0-9._:-]`, 2)
}
