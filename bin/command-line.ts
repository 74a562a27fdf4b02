import { Command, CommanderError } from 'commander'
import { ConfigError } from '../platform/config.ts'
import { PortTakenError } from '../platform/port-owner.ts'
import { RegistryRefusedError, RegistryUnreachableError, SchemaUnknownError } from '../schemas/registry.ts'
import { StreamsError } from '../streams/errors.ts'
import { CommandError } from './commands/settings.ts'
import { RulesFileError } from './runtime/control/rules-file.ts'
import { DataFolderError } from './runtime/data-folder.ts'
import { KeysError } from './runtime/keys.ts'
import { complain } from './view/text.ts'

// kafkajs sets timers into the past, which run at once as it wants them to; Node would tell every user of it.
const { emitWarning } = process
process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
  if (rest[0] !== 'TimeoutNegativeWarning') Reflect.apply(emitWarning, process, [warning, ...rest])
}

/** Wrong use of the command line, as shells have it. */
const USAGE = 2

/** Each is loaded when it is asked for: together they take half a second. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./commands/up.ts')).upCommand(),
  worker: async () => (await import('./commands/worker.ts')).workerCommand(),
  alerter: async () => (await import('./commands/alerter.ts')).alerterCommand(),
  api: async () => (await import('./commands/api.ts')).apiCommand(),
  archive: async () => (await import('./commands/archive.ts')).archiveCommand(),
  board: async () => (await import('./commands/board.ts')).boardCommand(),
  hooks: async () => (await import('./commands/hooks.ts')).hooksCommand(),
  sql: async () => (await import('./commands/sql.ts')).sqlCommand(),
  subject: async () => (await import('./commands/subject.ts')).subjectCommand(),
  erase: async () => (await import('./commands/erase.ts')).eraseCommand(),
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand(),
  import: async () => (await import('./commands/import.ts')).importCommand(),
  decisions: async () => (await import('./commands/decisions.ts')).decisionsCommand(),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(),
  verify: async () => (await import('./commands/verify.ts')).verifyCommand(),
  dlq: async () => (await import('./commands/dlq.ts')).dlqCommand(),
  rules: async () => (await import('./commands/rules.ts')).rulesCommand(),
  accounts: async () => (await import('./commands/accounts.ts')).accountsCommand(),
  lists: async () => (await import('./commands/lists.ts')).listsCommand(),
  review: async () => (await import('./commands/review.ts')).reviewCommand(),
  otp: async () => (await import('./commands/otp.ts')).otpCommand(),
  topics: async () => (await import('./commands/topics.ts')).topicsCommand(),
  schemas: async () => (await import('./commands/schemas.ts')).schemasCommand(),
  checkpoint: async () => (await import('./commands/checkpoint.ts')).checkpointCommand(),
  'mask-keys': async () => (await import('./commands/mask-keys.ts')).maskKeysCommand(),
  keys: async () => (await import('./commands/keys.ts')).keysCommand(),
  token: async () => (await import('./commands/token.ts')).tokenCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  config: async () => (await import('./commands/config.ts')).configCommand(),
}

const program = new Command('sluice')
  .description('A streaming fraud-and-dedup pipeline for payments: exactly one decision for each accepted payment.')
  .option('--data <folder>', 'the data folder (SLUICE_DATA; default data/sluice)')
  .option('--json', 'print JSON, one value a line where there are many')
  .exitOverride()
  .addHelpText(
    'after',
    '\nSettings are environment variables that begin with SLUICE_; `sluice config` prints them. NO_COLOR is respected.\n' +
      'Exit codes: 0 done, 1 failed or a difference was found, 2 wrong use, 130 ended at once by a second Ctrl-C.\n',
  )
for (const load of askedFor(process.argv.slice(2))) {
  const command = await load()
  inheritSettings(command, program)
  program.addCommand(command)
}

// A reader that goes away (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

/** The command that the arguments name; all of them where they name none, so that help lists them. */
function askedFor(args: readonly string[]): readonly (() => Promise<Command>)[] {
  const words = args.filter((arg, i) => !arg.startsWith('-') && args[i - 1] !== '--data')
  const load = COMMANDS[words[0] ?? '']
  return load === undefined ? Object.values(COMMANDS) : [load]
}

/** Errors of nested commands come to this program as well. */
function inheritSettings(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent)
  for (const nested of command.commands) inheritSettings(nested, command)
}

/** Says what went wrong: the message alone when people can act on it, the trace when it is our bug. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE
  if (error instanceof CommandError) {
    complain(`sluice: ${error.message}`)
    return error.exitCode
  }
  const expected = [
    ConfigError,
    DataFolderError,
    KeysError,
    RulesFileError,
    PortTakenError,
    RegistryRefusedError,
    RegistryUnreachableError,
    SchemaUnknownError,
    StreamsError,
  ]
  const known = expected.some((kind) => error instanceof kind)
  complain(`sluice: ${known || !(error instanceof Error) ? (error as Error).message : error.stack}`)
  return error instanceof ConfigError ? USAGE : 1
}
