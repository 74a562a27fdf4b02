import { text } from 'node:stream/consumers'
import { Argument, Command } from 'commander'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { committedStores } from '../runtime/control/committed-state.ts'
import { ALL_PARTITIONS, type ControlPlace, sendControl } from '../runtime/control/control-records.ts'
import {
  LIST_FIELDS,
  ListEntryError,
  type ListField,
  listEntriesOf,
  tokenKeyOf,
} from '../runtime/control/list-entries.ts'
import type { Session } from '../runtime/session.ts'
import { print } from '../view/text.ts'
import { withAuditedSession } from './audited-session.ts'
import { type ChangeOptions, placesText, settled, WAITING, withReason } from './control-settings.ts'
import { TIME_FORM, timeToCome } from './given-times.ts'
import { type LogOptions, onEitherLog, withLogSession } from './log-session.ts'
import { CommandError } from './settings.ts'

interface UntilOptions extends ChangeOptions {
  readonly until?: string
}

/** As the audit names them. */
const ACTS = { LIST_ADDED: 'list.add', LIST_REMOVED: 'list.remove' } as const
type ListChange = keyof typeof ACTS

/** `sluice lists` */
export function listsCommand(): Command {
  return onEitherLog(
    new Command('lists')
      .description('block lists: every payment from, to or with what is listed is declined')
      .addCommand(
        new Command('show')
          .description('print every entry and its end')
          .action((_options, command: Command) => runShow(command.optsWithGlobals<LogOptions>())),
      )
      .addCommand(
        ofEntry('add', 'decline what comes from, goes to or has this value')
          .option('--until <time>', `end: ${TIME_FORM}, in the time of the payments; without end when left out`)
          .action((field: ListField, value: string, _options, command: Command) =>
            runChange('LIST_ADDED', field, value, command.optsWithGlobals<UntilOptions>()),
          ),
      )
      .addCommand(
        ofEntry('remove', 'take the value off the list').action(
          (field: ListField, value: string, _options, command: Command) =>
            runChange('LIST_REMOVED', field, value, command.optsWithGlobals<UntilOptions>()),
        ),
      )
      .addHelpText(
        'after',
        '\nCards, e-mail and IP addresses stand on the list as keyed tokens alone, one for each mask key. Give them as `-`, on standard' +
          '\ninput, so that they stand in no history of commands. Accounts and devices stand there in clear and may hold no card number;' +
          '\nof a device that does, list what the mask leaves: each digit but the last four as X. An entry ends by the time of the payments, so a replay meets its end' +
          '\nat the same place.\n\nExamples:\n  sluice lists add receiver acc-66 --reason "mule, case 41"' +
          '\n  echo ana@example.org | sluice lists add email - --until 2030-01-01 --reason "taken over"\n  sluice lists show\n',
      ),
  )
}

function ofEntry(name: string, what: string): Command {
  return withReason(new Command(name).description(what))
    .addArgument(new Argument('<field>', 'what the value is').choices(LIST_FIELDS))
    .argument('<value>', 'the value; - is standard input')
}

async function runChange(kind: ListChange, field: ListField, given: string, options: UntilOptions): Promise<void> {
  const value = given === '-' ? (await text(process.stdin)).trim() : given
  const until = options.until === undefined ? null : timeToCome(options.until, '--until', machineTime.nowMs())
  const by = { actor: options.as, reason: options.reason ?? null }
  // Other values may be personal; the control record has them, as tokens where they are.
  const subject = field === 'sender' || field === 'receiver' ? `${field}:${value}` : field
  await withAuditedSession(options, { act: ACTS[kind], subject, ...by }, async (session) => {
    const subjects = entriesOf(field, value, session.folder.keys.maskKeys)
    await requireAllKeys(session)
    const places: ControlPlace[] = []
    // A signer's serials rise with the clock.
    const nowMs = machineTime.nowMs()
    for (const [i, subject] of subjects.entries()) {
      const change = { kind, ...by, subject, until }
      places.push(...(await sendControl(session, 'admin', change, ALL_PARTITIONS, nowMs + i)))
    }
    const holds = await settled(session, places)
    if (options.json) print(JSON.stringify({ kind, entries: subjects, until, holds, places }))
    else print(`${subjects.join(', ')}: ${kind} from input ${placesText(places)} on${holds ? '' : `\n${WAITING}`}`)
  })
}

/** An entry that is missing under a key that others have would be missed, or left behind when the rest is removed. */
async function requireAllKeys(session: Session<Log>): Promise<void> {
  const ids = new Set(session.folder.keys.maskKeys.map(({ id }) => id))
  const { lists } = await committedStores(session, 0)
  for (const entry of lists.keys()) {
    const id = tokenKeyOf(entry)
    if (id === null || ids.has(id)) continue
    throw new CommandError(
      `entries stand under mask key ${id}, which ${session.folder.keys.folder} lacks; put it there`,
    )
  }
}

function entriesOf(...given: Parameters<typeof listEntriesOf>): string[] {
  try {
    return listEntriesOf(...given)
  } catch (error) {
    if (error instanceof ListEntryError) throw new CommandError(error.message, 2)
    throw error
  }
}

async function runShow(options: LogOptions): Promise<void> {
  await withLogSession(options, async (session) => {
    // An entry stands in every partition by one transaction, so any of them tells.
    const { lists } = await committedStores(session, 0)
    const entries = [...lists].map(([entry, untilMs]) => ({ entry, until: Number.isFinite(untilMs) ? untilMs : null }))
    for (const { entry, until } of entries) {
      if (options.json) print(JSON.stringify({ entry, until }))
      else print(`${entry}  ${until === null ? 'without end' : `until ${new Date(until).toISOString()}`}`)
    }
    if (entries.length === 0 && options.json !== true) print('nothing is listed')
  })
}
