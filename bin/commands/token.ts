import { Command } from 'commander'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { openDataFolder } from '../runtime/data-folder.ts'
import { print } from '../view/text.ts'
import { type CommonOptions, configOf, wholeNumber } from './settings.ts'

const LIFE_S = '900'

interface TokenOptions extends CommonOptions {
  readonly account: readonly string[]
  readonly subject: string
  readonly scope: string
  readonly life: string
}

/** `sluice token` */
export function tokenCommand(): Command {
  return new Command('token')
    .description('print an access token for the confirm API, signed with the key of the data folder')
    .requiredOption('--account <id...>', 'accounts that its holder may pay from')
    .option('--subject <id>', 'who holds it', 'usr-1')
    .option('--scope <words>', 'what it is for', 'payment.confirm')
    .option('--life <seconds>', 'until it expires', LIFE_S)
    .addHelpText(
      'after',
      '\nFor development: in production tokens come from your own issuer, and SLUICE_API_JWKS names its public keys.' +
        '\n\nExamples:\n  TOKEN=$(npx sluice token --account acc-1)\n  sluice token --account acc-1 acc-2 --subject usr-7 --life 60\n',
    )
    .action(async (_options, command: Command) => {
      // The key library takes its time to load; no other command should wait for it.
      const { signToken } = await import('../runtime/api/token-keys.ts')
      const options = command.optsWithGlobals<TokenOptions>()
      const config = configOf(options)
      const lifeS = wholeNumber(options.life, '--life', 1, config.apiTokenLifeMaxS)
      const { account: accounts, subject, scope } = options
      const { keys } = openDataFolder(config)
      const token = await signToken(keys.folder, config, { subject, accounts, scope, lifeS }, machineTime.nowMs())
      print(options.json ? JSON.stringify({ token, expires_in: lifeS }) : token)
    })
}
