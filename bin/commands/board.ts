import { Command } from 'commander'
import { ROLES } from '../../dashboards/board/views.ts'
import { newToken } from '../runtime/board/new-token.ts'
import { print } from '../view/text.ts'
import { openLogSession } from './log-session.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

interface BoardOptions extends CommonOptions {
  readonly kafka?: boolean
  readonly port?: string
}

interface TokenOptions extends CommonOptions {
  readonly role: string
}

/** `sluice board` */
export function boardCommand(): Command {
  return new Command('board')
    .description('the fraud board beside a cluster and Redis, until Ctrl-C; `sluice up` serves its own')
    .option('--kafka', 'of the cluster that SLUICE_KAFKA_BOOTSTRAP names, with the keys of a worker’s data folder')
    .option('--port <n>', 'port of the board (SLUICE_BOARD_PORT)')
    .addCommand(
      new Command('token')
        .description('make a token for a person: prints it once, and the entry for SLUICE_BOARD_USERS_FILE')
        .argument('<name>', 'who; it stands in the record of each act')
        .option('--role <role>', ROLES.join(', '), 'viewer')
        .action((name: string, _options, command: Command) => runToken(name, command.optsWithGlobals<TokenOptions>())),
    )
    .addHelpText(
      'after',
      '\nSLUICE_REDIS_URL names the Redis that `sluice alerter` writes to. Listening on more than loopback needs users who log in.' +
        '\n\nExamples:\n  SLUICE_REDIS_URL=redis://localhost:6379 sluice board --kafka\n  sluice board token ada --role analyst\n',
    )
    .action(async (_options, command: Command) => {
      // The web server and the Redis client take their time to load; no other command should wait for them.
      const { runBoard } = await import('../runtime/board/board-process.ts')
      const options = command.optsWithGlobals<BoardOptions>()
      const config = configOf(options, { ...(options.port !== undefined && { SLUICE_BOARD_PORT: options.port }) })
      await runBoard(config, () => openLogSession(config, options))
    })
}

function runToken(name: string, { role, json }: TokenOptions): void {
  const made = newToken(name, role)
  if (typeof made === 'string') throw new CommandError(made, 2)
  if (json) {
    print(JSON.stringify(made))
    return
  }
  print(`token of ${name}, shown this once: ${made.token}`)
  print(`entry for the list in SLUICE_BOARD_USERS_FILE: ${JSON.stringify(made.entry)}`)
}
