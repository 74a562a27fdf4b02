import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import type { Log } from '../../streams/log/log.ts'
import { ListEntryError } from '../runtime/control/list-entries.ts'
import { SUBJECT, subjectOf } from '../runtime/erasure/subject.ts'
import { recordsOf } from '../runtime/erasure/subject-records.ts'
import { accountOf, accountsWith } from '../runtime/erasure/subject-search.ts'
import type { Session } from '../runtime/session.ts'
import { print } from '../view/text.ts'
import { type LogOptions, onEitherLog, withLogSession } from './log-session.ts'
import { CommandError } from './settings.ts'

interface SubjectOptions extends LogOptions {
  readonly subject: string
}

const ACCOUNT = /^[A-Za-z0-9._:-]{1,64}$/
/** A card number as people write it. */
const CARD = /^[0-9][0-9 .-]{10,30}$/
const SECRET_INPUT = 'give a card number, an e-mail address or an account on standard input, not as an argument'

/** `sluice subject` */
export function subjectCommand(): Command {
  return onEitherLog(
    new Command('subject')
      .description('a person: find the token that names one, show all that is held of one')
      .addCommand(
        new Command('find')
          .description(
            'print the subject of an account, or of who paid with a card or e-mail address, read from standard input',
          )
          .action((_options, command: Command) => runFind(command.optsWithGlobals<LogOptions>())),
      )
      .addCommand(
        new Command('show')
          .description('print all that is held of a subject, a JSON object a line (right to know)')
          .requiredOption('--subject <token>', 'as `sluice subject find` prints it')
          .action((_options, command: Command) => runShow(command.optsWithGlobals<SubjectOptions>())),
      )
      .addHelpText(
        'after',
        '\nA subject is an account’s keyed token: it can stand in tickets and receipts, and tells nobody without the key whose it is.' +
          '\nOf payments that others made to the subject, `show` leaves out what is theirs.' +
          '\n\nExamples:\n  echo ana@example.org | sluice subject find\n  sluice subject show --subject v1:mask-1:5f…c2\n',
      ),
  )
}

async function runFind(options: LogOptions): Promise<void> {
  if (process.stdin.isTTY) throw new CommandError(SECRET_INPUT, 2)
  const value = (await text(process.stdin)).trim()
  await withLogSession(options, async (session) => {
    const [key] = session.folder.keys.maskKeys
    if (key === undefined) throw new CommandError('there is no mask key')
    const accounts = await accountsOf(session, value)
    if (accounts.length === 0) throw new CommandError('nobody is known by that')
    for (const account of accounts) {
      const subject = subjectOf(account, key)
      print(options.json ? JSON.stringify({ subject }) : subject)
    }
  })
}

/** No message shows the value. */
async function accountsOf(session: Session<Log>, value: string): Promise<string[]> {
  try {
    if (value.includes('@')) return await accountsWith(session, 'email', value)
    if (CARD.test(value)) return await accountsWith(session, 'card', value)
  } catch (error) {
    // An account may look like a card number and be none.
    if (!(error instanceof ListEntryError)) throw error
  }
  if (!ACCOUNT.test(value)) throw new CommandError('that is no card number, no e-mail address and no account', 2)
  const [key] = session.folder.keys.maskKeys
  if (key === undefined) return []
  const account = await accountOf(session, subjectOf(value, key))
  return account === null ? [] : [account]
}

async function runShow(options: SubjectOptions): Promise<void> {
  const { subject } = options
  if (!SUBJECT.test(subject)) throw new CommandError('--subject: not a subject; `sluice subject find` prints one', 2)
  await withLogSession(options, async (session) => {
    const account = await accountOf(session, subject)
    if (account === null) throw new CommandError('nothing is held of this subject')
    for await (const held of recordsOf(session, account)) print(JSON.stringify(held))
  })
}
