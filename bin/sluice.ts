import { Command, CommanderError } from 'commander'
import { ConfigError } from '../platform/config.ts'
import { PortTakenError } from '../platform/port-owner.ts'
import { RegistryRefusedError, RegistryUnreachableError, SchemaUnknownError } from '../schemas/registry.ts'
import { StreamsError } from '../streams/errors.ts'
import { accountsCommand } from './commands/accounts.ts'
import { alerterCommand } from './commands/alerter.ts'
import { apiCommand } from './commands/api.ts'
import { archiveCommand } from './commands/archive.ts'
import { archiverCommand } from './commands/archiver.ts'
import { boardCommand } from './commands/board.ts'
import { checkpointCommand } from './commands/checkpoint.ts'
import { configCommand } from './commands/config.ts'
import { decisionsCommand } from './commands/decisions.ts'
import { dlqCommand } from './commands/dlq.ts'
import { doctorCommand } from './commands/doctor.ts'
import { explainCommand } from './commands/explain.ts'
import { hooksCommand } from './commands/hooks.ts'
import { importCommand } from './commands/import.ts'
import { keysCommand } from './commands/keys.ts'
import { otpCommand } from './commands/otp.ts'
import { reviewCommand } from './commands/review.ts'
import { rulesCommand } from './commands/rules.ts'
import { schemasCommand } from './commands/schemas.ts'
import { CommandError } from './commands/settings.ts'
import { simulateCommand } from './commands/simulate.ts'
import { sqlCommand } from './commands/sql.ts'
import { tokenCommand } from './commands/token.ts'
import { topicsCommand } from './commands/topics.ts'
import { upCommand } from './commands/up.ts'
import { verifyCommand } from './commands/verify.ts'
import { workerCommand } from './commands/worker.ts'
import { DataFolderError } from './runtime/data-folder.ts'
import { KeysError } from './runtime/keys.ts'
import { RulesFileError } from './runtime/rules-file.ts'
import { complain } from './view/text.ts'

/** Wrong use of the command line, as shells have it. */
const USAGE = 2

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
for (const command of [
  upCommand(),
  workerCommand(),
  alerterCommand(),
  apiCommand(),
  archiveCommand(),
  archiverCommand(),
  boardCommand(),
  hooksCommand(),
  sqlCommand(),
  simulateCommand(),
  importCommand(),
  decisionsCommand(),
  explainCommand(),
  verifyCommand(),
  dlqCommand(),
  rulesCommand(),
  accountsCommand(),
  reviewCommand(),
  otpCommand(),
  topicsCommand(),
  schemasCommand(),
  checkpointCommand(),
  keysCommand(),
  tokenCommand(),
  doctorCommand(),
  configCommand(),
]) {
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
